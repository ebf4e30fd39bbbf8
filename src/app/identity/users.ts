/** Users: invited, read, changed, disabled, listed, deleted with their keys and policies. */
import { HOME_REALM, MAX_USERS_PER_ACCOUNT, newUserId, type User } from "../../identity/user.ts";
import { checkedLoginName, checkedName } from "../../identity/text.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { USER } from "../../identity/removed-user.ts";
import type { UserCredentials } from "../../identity/user-credentials.ts";
import { forgetVersions } from "../items/versions.ts";
import { callerId, changeOperation, readOperation, type Context } from "../operation.ts";
import { renameHome } from "../secrets/homes.ts";
import { removeHome } from "../secrets/remove-home.ts";
import type { View } from "../state.ts";
import {
  assertOwnersOwn,
  endSessions,
  findUser,
  isOwn,
  type EndedSessions,
  type OfUser,
} from "./find-user.ts";
import { assertRoom, inAccount, placeOf, targetOf, windowOf, type ListInput } from "./find.ts";
import { keepAdministered } from "./administration.ts";
import { setPasswordToo } from "./passwords.ts";
import { removeWithIdentity } from "./removal.ts";
import { forgetKey } from "./second-factor.ts";
import { keepUserVersion } from "./user-versions.ts";
import { linkTo, voucherOf, type GivenVoucher, type Voucher } from "./voucher.ts";

/** A first password, or another one: recorded beside the change that it comes with. */
interface WithPassword {
  readonly password?: Sensitive<string> | undefined;
  /** What is kept of it. */
  readonly kept?: string | undefined;
}

async function withKept<Input extends WithPassword>(
  input: Input,
  { capabilities: { credentials } }: Context<View>,
): Promise<Input> {
  const { password } = input;
  return password ? { ...input, kept: await credentials.keptPassword(password) } : input;
}

export interface CreateUserInput extends WithPassword, GivenVoucher {
  /** What the user logs in with: an e-mail address, or a plain name. */
  readonly email: string;
  readonly name: string;
  /** Of the user that an account is made with: stands for the account itself. Nobody's to ask for but the server's. */
  readonly isOwner?: boolean;
}

/**
 * One user of an account to an e-mail address or login name. The new user may do nothing until a policy says so.
 */
export const createUser = changeOperation<CreateUserInput, NewUser, User>({
  name: "user.create",
  async locate(input, context) {
    const { email, name, isOwner = false } = input;
    const { call, caller, now } = context;
    const voucher = await voucherOf(input, context);
    invariant(!isOwner || caller.kind === "internal", "an account is owned from the beginning");
    const user: User = {
      kind: "user",
      iamId: newUserId(),
      account: call.place.account,
      email: checkedLoginName(email),
      name: checkedName(name),
      state: "active",
      isOwner,
      realm: voucher?.provider.realm ?? HOME_REALM,
      sessionsSince: now,
      createdAt: now,
      createdBy: callerId(caller),
    };
    const target = { kind: "user", id: user.iamId, name: user.email } as const;
    return inAccount("user.create", call, { target, subject: { user, voucher } });
  },
  work: (input, _subject, context) => withKept(input, context),
  async run({ kept }, { subject: { user, voucher } }, context) {
    const { store } = context;
    await assertFree(user, store);
    const { totalCount } = await store.identity.users(user.account, { offset: 0, limit: 1 });
    assertRoom(totalCount, MAX_USERS_PER_ACCOUNT, "users in an account");
    await store.identity.putUser(user);
    if (voucher) await linkTo(voucher, user, context);
    await keepUserVersion(user, context);
    if (kept === undefined) return user;
    return (await setPasswordToo(user, kept, context)).user;
  },
});

export interface NewUser {
  readonly user: User;
  /** Who vouches for it, if not the account itself. */
  readonly voucher: Voucher | null;
}

async function assertFree({ account, iamId, email }: User, { identity }: View): Promise<void> {
  const other = await identity.userByEmail(account, email);
  if (!other || other.iamId === iamId) return;
  throw new Refusal("conflict", "A user with this e-mail address or name exists in the account.");
}

export interface ListedUsers {
  readonly users: readonly User[];
  readonly totalCount: number;
  readonly offset: number;
  readonly limit: number;
}

export const listUsers = readOperation<ListInput, null, ListedUsers>({
  name: "user.list",
  async locate(_input, { call }) {
    return inAccount("user.list", call, { target: null, subject: null });
  },
  async run(input, _located, { store, call }) {
    const window = windowOf(input);
    const { items, totalCount } = await store.identity.users(placeOf(call).account, window);
    return { users: items, totalCount, ...window };
  },
});

/** A user with what it logs in with, as far as that may be shown. */
export interface UserStanding {
  readonly user: User;
  readonly credentials: UserCredentials | null;
}

/** Everyone may see themselves. */
export const readUser = readOperation<OfUser, User, UserStanding>({
  name: "user.read",
  async locate({ iamId }, { call, store }) {
    const { user, target } = await findUser(iamId, call, store);
    return inAccount("user.read", call, { target, subject: user, owner: iamId });
  },
  async run({ iamId }, { subject: user }, { store }) {
    return { user, credentials: (await store.logins.userCredentials(user.account, iamId)) ?? null };
  },
});

export interface UpdateUserInput extends OfUser, WithPassword {
  /** What the user logs in with from now on. */
  readonly email?: string;
  readonly name?: string;
  readonly state?: User["state"];
}

/**
 * A user who is disabled is out at once, and stays out of those sessions when enabled again. Refused for the last one
 * who administers the account.
 */
export const updateUser = changeOperation<UpdateUserInput, User, EndedSessions>({
  name: "user.update",
  async locate({ iamId, email }, { call, store }) {
    const { user, target } = await findUser(iamId, call, store);
    const located = inAccount("user.update", call, { target, subject: user });
    if (email === undefined) return located;
    const becomes = targetOf(call, { ...target, name: checkedLoginName(email) });
    return { ...located, becomes };
  },
  work: (input, _subject, context) => withKept(input, context),
  async run({ email, name, state, kept }, { subject: user }, context) {
    assertOwnersOwn(user, context.caller);
    const { store, caller } = context;
    if (state === "disabled" && isOwn(user, caller)) {
      const sentence = "Nobody disables themselves: another administrator has to.";
      throw new Refusal("conflict", sentence);
    }
    const updated: User = {
      ...user,
      ...(email === undefined ? {} : { email: renamed(user, email) }),
      ...(name === undefined ? {} : { name: checkedName(name) }),
      ...(state === undefined ? {} : { state }),
    };
    await assertFree(updated, store);
    await keepAdministered(context, () => store.identity.putUser(updated));
    await renameHome(updated, context);
    await keepUserVersion(updated, context, user);
    if (kept !== undefined) return setPasswordToo(updated, kept, context);
    if (updated.state === "active") return { user: updated, endedSessions: 0 };
    return endSessions(updated, context);
  },
});

/** Whom an identity provider vouches for is called as it says. */
function renamed({ realm }: User, email: string): string {
  if (realm === HOME_REALM) return checkedLoginName(email);
  const sentence = "A user of an identity provider is called as that says.";
  throw new Refusal("conflict", sentence, { reason: "called-by-provider" });
}

/** Ends the user's sessions at once. Refused for the last one who administers the account. */
export const deleteUser = changeOperation<OfUser, User, object>({
  name: "user.delete",
  async locate({ iamId }, { call, store }) {
    const { user, target } = await findUser(iamId, call, store);
    return inAccount("user.delete", call, { target, subject: user });
  },
  async run(_input, { subject: user }, context) {
    assertOwnersOwn(user, context.caller);
    await removeWithIdentity(user, context);
    await removeHome(user, context);
    await forgetKey(user, context);
    const { account, iamId } = user;
    await context.store.identity.deleteUser(account, iamId);
    await forgetVersions(USER, { account, id: iamId }, context);
    return {};
  },
});
