/** Users with their versions, by what policy documents call them: read, listed, made, changed. */
import { USER } from "../../identity/removed-user.ts";
import type { UserOrder, UserSearch } from "../../identity/store.ts";
import { checkedLoginName } from "../../identity/text.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation, readOperation } from "../operation.ts";
import { locateKnownUser, type FoundUser, type NamedKnownUser } from "./find-known-user.ts";
import { inAccount, placeOf } from "./find.ts";
import { knownUser, type KnownUser } from "./user-versions.ts";
import { createUser, updateUser, type CreateUserInput, type NewUser } from "./users.ts";

export const createKnownUser = changeOperation<CreateUserInput, NewUser, KnownUser>({
  ...createUser,
  async run(input, located, context) {
    const user = await createUser.run(input, located, context);
    if (user instanceof Refusal) return user;
    return knownUser(user, context.store);
  },
});

/** Everyone may see themselves. */
export const readKnownUser = readOperation<NamedKnownUser, FoundUser, KnownUser>({
  name: "user.read",
  locate: (input, context) => locateKnownUser("user.read", input, context),
  run: (_input, { subject: { user } }, { store }) => knownUser(user, store),
});

export interface ReadUserVersionInput extends NamedKnownUser {
  readonly version: number;
}

/** What the user is now, and was in that version. */
export interface UserVersions {
  readonly current: KnownUser;
  readonly asked: KnownUser;
}

export const readUserVersion = readOperation<ReadUserVersionInput, FoundUser, UserVersions>({
  name: "user.version.read",
  locate: (input, context) => locateKnownUser("user.version.read", input, context),
  async run({ version }, { subject: { user } }, { store }) {
    const current = await knownUser(user, store);
    if (version === current.version) return { current, asked: current };
    const at = { id: user.iamId, version };
    const kept = await store.items.itemVersion(USER, user.account, at);
    if (!kept) throw new Refusal("not_found", "There is no such version of the user.");
    const { content, at: modifiedAt, by: modifiedBy } = kept;
    return { current, asked: { ...current, ...content.shown, version, modifiedAt, modifiedBy } };
  },
});

export interface ListKnownUsersInput {
  readonly search?: UserSearch | undefined;
  readonly sortBy: UserOrder["by"];
  readonly order: UserOrder["direction"];
  readonly offset: number;
  readonly limit: number;
}

export interface ListedKnownUsers {
  readonly users: readonly KnownUser[];
  readonly totalCount: number;
}

export const listKnownUsers = readOperation<ListKnownUsersInput, null, ListedKnownUsers>({
  name: "user.list",
  async locate(_input, { call }) {
    return inAccount("user.list", call, { target: null, subject: null });
  },
  async run({ search, sortBy: by, order: direction, offset, limit }, _located, { store, call }) {
    const { account } = placeOf(call);
    const order = { by, direction };
    const found = await store.identity.users(account, { offset, limit }, { search, order });
    const users: KnownUser[] = [];
    for (const user of found.items) users.push(await knownUser(user, store));
    return { users, totalCount: found.totalCount };
  },
});

export interface UpdateKnownUserInput extends NamedKnownUser {
  readonly newUserName?: string | undefined;
  readonly name?: string | undefined;
  /** Of somebody who has one, and changes itself, only `setPassword` sets another. */
  readonly password?: Sensitive<string> | undefined;
  readonly kept?: string | undefined;
}

/** A new password ends the user's sessions, and is an event of its own beside this one. */
export const updateKnownUser = changeOperation<UpdateKnownUserInput, FoundUser, KnownUser>({
  name: "user.update",
  async locate(input, context) {
    const located = await locateKnownUser("user.update", input, context);
    const { newUserName } = input;
    if (newUserName === undefined) return located;
    const name = checkedLoginName(newUserName);
    return { ...located, becomes: { ...located.target, name } };
  },
  work: async (input, { user }, context) => ({
    ...input,
    ...(await updateUser.work?.({ iamId: user.iamId, password: input.password }, user, context)),
  }),
  async run({ userName, newUserName, name, password, kept }, located, context) {
    const { user } = located.subject;
    const refusal =
      password && context.judge({ permission: "user-password.set", located, input: { userName } });
    if (refusal) throw refusal;
    const input = {
      iamId: user.iamId,
      kept,
      ...(newUserName === undefined ? {} : { email: newUserName }),
      ...(name === undefined ? {} : { name }),
    };
    const ended = await updateUser.run(input, { ...located, subject: user }, context);
    if (ended instanceof Refusal) return ended;
    return knownUser(ended.user, context.store);
  },
});
