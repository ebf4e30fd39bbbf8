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
import type { Transaction } from "../state.ts";
import { inAccount } from "./find.ts";
import { countGuess } from "./lock-out.ts";
import { assertOwnersOwn, endSessions, findUser, isOwn, type OfUser } from "./find-user.ts";

export interface SetPasswordInput extends OfUser {
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
    const found = await view.logins.userCredentials(call.place.account, input.iamId);
    const kept = found?.password ?? null;
    const isCurrent =
      input.current !== undefined &&
      (await credentials.isPassword(input.current, kept ?? undefined));
    return { ...input, checked: { next, kept, isCurrent } };
  },
  async locate({ iamId }, { call, store }) {
    return inAccount("user-password.set", call, await aboutUser(iamId, { call, store }));
  },
  async run({ checked, current }, { subject }, context) {
    const { user, credentials } = subject;
    const { store, caller, now } = context;
    invariant(checked !== undefined, "the password has been prepared");
    assertOwnersOwn(user, caller);
    if (user.realm !== HOME_REALM) {
      throw new Refusal("conflict", "This user logs in with an identity provider, and only there.");
    }
    if (credentials.password !== null && isOwn(user, caller)) {
      if (!current) {
        const sentence = "To set another password, bring the one you have.";
        throw new Refusal("invalid_request", sentence, { field: "current_password" });
      }
      if (credentials.password !== checked.kept) {
        throw new Refusal("conflict", "The password was set by somebody else meanwhile.");
      }
      // A user who is locked out is told nothing else: guessing here is guessing too.
      if (!checked.isCurrent || isLockedOut(credentials, now)) {
        await countGuess(subject, context);
        return new Refusal("forbidden", "The current password is not right.");
      }
    }
    const set = { ...credentials, password: checked.next, passwordSetAt: now };
    await store.logins.putUserCredentials(set);
    await endSessions(user, context);
    return {};
  },
});

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
  const { account } = user;
  const kept = await store.logins.userCredentials(account, iamId);
  const subject: Owned = { user, credentials: kept ?? noCredentials(account, iamId) };
  return { target, subject, owner: iamId };
}
