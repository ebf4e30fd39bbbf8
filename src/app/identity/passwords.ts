/** Passwords of users: set by whom they belong to or by an administrator, and taken away. */
import {
  isLockedOut,
  noCredentials,
  type UserCredentials,
} from "../../identity/user-credentials.ts";
import { HOME_REALM, type User } from "../../identity/user.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { inAccount, targetOf } from "./find.ts";
import { locateKnownUser } from "./find-known-user.ts";
import { countGuess } from "./lock-out.ts";
import { userCalled } from "./principal-names.ts";
import {
  assertOwnersOwn,
  endSessions,
  findUser,
  isOwn,
  type EndedSessions,
  type OfUser,
} from "./find-user.ts";

export interface SetPasswordInput {
  /** Whose it is: by the IAM id, or by what the user is called. */
  readonly iamId?: string | undefined;
  readonly userName?: string | undefined;
  readonly password: Sensitive<string>;
  /** Users who have a password bring it to set another one; an administrator need not. */
  readonly current?: Sensitive<string>;
  readonly checked?: CheckedChange;
}

/** What the slow hashes gave, before there was a transaction. */
interface CheckedChange {
  /** Of the new password: what to keep. */
  readonly next: string;
  /** What was kept when the current one was checked, and whether it was the one. */
  readonly kept: string | null;
  readonly isCurrent: boolean;
}

interface Owned {
  readonly user: User;
  readonly credentials: UserCredentials;
}

/** Ends every session of the user: whoever had learnt the old password is out. */
export const setPassword = changeOperation<SetPasswordInput, Owned, object>({
  name: "user-password.set",
  async prepare(input, { view, call, capabilities: { credentials } }) {
    const next = await credentials.keptPassword(input.password);
    const { account } = call.place;
    const iamId = await iamIdOf(input, account, view);
    const found = await view.logins.userCredentials(account, iamId);
    const kept = found?.password ?? null;
    const isCurrent =
      input.current !== undefined &&
      (await credentials.isPassword(input.current, kept ?? undefined));
    return { ...input, checked: { next, kept, isCurrent } };
  },
  async locate({ iamId = "", userName }, context) {
    const { call, store } = context;
    if (userName === undefined) {
      return inAccount("user-password.set", call, await aboutUser(iamId, { call, store }));
    }
    const located = await locateKnownUser("user-password.set", { userName }, context);
    return { ...located, subject: await ownedBy(located.subject.user, store) };
  },
  async run({ checked, current }, { subject }, context) {
    const { user, credentials } = subject;
    const { caller, now } = context;
    invariant(checked !== undefined, "the password has been prepared");
    assertOwnersOwn(user, caller);
    assertLogsInHere(user);
    if (credentials.password !== null && isOwn(user, caller)) {
      if (!current) throw bringTheCurrentOne();
      if (credentials.password !== checked.kept) {
        throw new Refusal("conflict", "The password was set by somebody else meanwhile.");
      }
      // A user who is locked out is told nothing else: guessing here is guessing too.
      if (!checked.isCurrent || isLockedOut(credentials, now)) {
        await countGuess(subject, context);
        const sentence = "The current password is not right.";
        return new Refusal("forbidden", sentence, { reason: "wrong-current-password" });
      }
    }
    await putPassword({ user, credentials }, checked.next, context);
    return {};
  },
});

/** Where a password is set together with something else of the user: an event of its own beside that. */
export async function setPasswordToo(
  user: User,
  kept: string,
  context: Context<Transaction>,
): Promise<EndedSessions> {
  const { call, store, caller } = context;
  const { target, subject, owner: iamId } = await aboutUser(user.iamId, { call, store });
  assertOwnersOwn(user, caller);
  assertLogsInHere(user);
  if (subject.credentials.password !== null && isOwn(user, caller)) throw bringTheCurrentOne();
  context.also({
    operation: "user-password.set",
    target: targetOf(call, target),
    input: { iamId },
    output: {},
  });
  return putPassword({ ...subject, user }, kept, context);
}

async function putPassword(
  { user, credentials }: Owned,
  kept: string,
  context: Context<Transaction>,
): Promise<EndedSessions> {
  const { store, now } = context;
  const set = { ...credentials, password: kept, passwordSetAt: now };
  await store.logins.putUserCredentials(set);
  return endSessions(user, context);
}

function assertLogsInHere({ realm }: User): void {
  if (realm === HOME_REALM) return;
  throw new Refusal("conflict", "This user logs in with an identity provider, and only there.");
}

function bringTheCurrentOne(): Refusal {
  const sentence = "To set another password, bring the one you have.";
  return new Refusal("invalid_request", sentence, { field: "current_password" });
}

/** Not for users themselves: with the password would go the need to know it. */
export const deletePassword = changeOperation<OfUser, Owned, object>({
  name: "user-password.delete",
  async locate({ iamId }, { call, store }) {
    const { target, subject } = await aboutUser(iamId, { call, store });
    return inAccount("user-password.delete", call, { target, subject });
  },
  async run(_input, { subject: { user, credentials } }, context) {
    assertOwnersOwn(user, context.caller);
    if (credentials.password === null) throw new Refusal("not_found", "There is no password.");
    const without = { ...credentials, password: null, passwordSetAt: null };
    await context.store.logins.putUserCredentials(without);
    await endSessions(user, context);
    return {};
  },
});

async function aboutUser(
  iamId: string,
  { call, store }: Pick<Context<Transaction>, "call" | "store">,
) {
  const { user, target } = await findUser(iamId, call, store);
  return { target, subject: await ownedBy(user, store), owner: iamId };
}

async function ownedBy(user: User, { logins }: Pick<View, "logins">): Promise<Owned> {
  const { account, iamId } = user;
  const kept = await logins.userCredentials(account, iamId);
  return { user, credentials: kept ?? noCredentials(account, iamId) };
}

/** Empty for somebody whom there is not: then there is no password to compare with. */
async function iamIdOf(
  { iamId, userName = "" }: SetPasswordInput,
  account: string,
  view: View,
): Promise<string> {
  return iamId ?? (await userCalled(account, userName, view))?.iamId ?? "";
}
