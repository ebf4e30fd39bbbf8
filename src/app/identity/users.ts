/** Users: invited, listed, deleted with their keys and policies. */
import { HOME_REALM, MAX_USERS_PER_ACCOUNT, newUserId, type User } from "../../identity/user.ts";
import { checkedEmail, checkedName } from "../../identity/text.ts";
import { Refusal } from "../../kernel/errors.ts";
import { callerId, changeOperation, readOperation } from "../operation.ts";
import { assertRoom, inAccount, placeOf, windowOf, type ListInput } from "./find.ts";
import { removeWithIdentity } from "./removal.ts";

export interface CreateUserInput {
  readonly email: string;
  readonly name: string;
}

/** One user of an account to an e-mail address. The new user may do nothing until a policy says so. */
export const createUser = changeOperation<CreateUserInput, User, User>({
  name: "user.create",
  async locate({ email, name }, { call, caller, now }) {
    const user: User = {
      kind: "user",
      iamId: newUserId(),
      account: call.place.account,
      email: checkedEmail(email),
      name: checkedName(name),
      state: "active",
      realm: HOME_REALM,
      sessionsSince: now,
      createdAt: now,
      createdBy: callerId(caller),
    };
    const target = { kind: "user", id: user.iamId, name: user.email } as const;
    return inAccount("user.create", call, { target, subject: user });
  },
  async run(_input, { subject: user }, { store }) {
    if (await store.identity.userByEmail(user.account, user.email)) {
      throw new Refusal("conflict", "A user with this e-mail address exists in the account.");
    }
    const { totalCount } = await store.identity.users(user.account, { offset: 0, limit: 1 });
    assertRoom(totalCount, MAX_USERS_PER_ACCOUNT, "users in an account");
    await store.identity.putUser(user);
    return user;
  },
});

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

export interface DeleteUserInput {
  readonly iamId: string;
}

/** Ends the user's sessions at once. Refused for the last one who administers the account. */
export const deleteUser = changeOperation<DeleteUserInput, User, object>({
  name: "user.delete",
  async locate({ iamId }, { call, store }) {
    const user = await store.identity.principal(call.place.account, iamId);
    if (user?.kind !== "user") throw new Refusal("not_found", "There is no such user.");
    const target = { kind: "user", id: user.iamId, name: user.email } as const;
    return inAccount("user.delete", call, { target, subject: user });
  },
  async run(_input, { subject: user }, context) {
    await removeWithIdentity(user, context);
    await context.store.identity.deleteUser(user.account, user.iamId);
    return {};
  },
});
