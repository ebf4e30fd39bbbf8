/** Users who were deleted so that they can be had back: taken apart, and put together again. */
import { asKept, fromKept, USER, type UserParts } from "../../identity/removed-user.ts";
import { MAX_USERS_PER_ACCOUNT, type User } from "../../identity/user.ts";
import { broughtBack } from "../../items/item.ts";
import type { Millis } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { evenRemoved } from "../items/find.ts";
import { endNow, setAside } from "../items/versions.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { belongingsOf, bringBack } from "./belongings.ts";
import { locateKnownUser, type FoundUser, type NamedKnownUser } from "./find-known-user.ts";
import { assertOwnersOwn } from "./find-user.ts";
import { assertRoom } from "./find.ts";
import { removeWithIdentity } from "./removal.ts";
import { deleteUser } from "./users.ts";
import { versionedUser, type UserItem } from "./user-versions.ts";

export interface DeleteKnownUserInput extends NamedKnownUser {
  /** For good, also of one who could still be had back. */
  readonly force?: boolean | undefined;
}

export interface DeletedUser {
  readonly email: string;
  /** Until when the user can be had back; null of one who is gone for good. */
  readonly dueAt: Millis | null;
}

/**
 * Ends the user's sessions at once; API keys are gone for good. Without `force` everything else comes back with the user.
 * Refused for the last one who administers the account.
 */
export const deleteKnownUser = changeOperation<DeleteKnownUserInput, FoundUser, DeletedUser>({
  name: "user.delete",
  async locate(input, context) {
    const located = await locateKnownUser("user.delete", input, context);
    return input.force ? evenRemoved(located) : located;
  },
  async run({ force = false }, located, context) {
    const { user, removed } = located.subject;
    const { email } = user;
    if (removed) await endNow(removed, context);
    else if (force) await deleteUser.run(user, { ...located, subject: user }, context);
    else return { email, dueAt: (await setUserAside(user, context)).removal?.dueAt ?? null };
    return { email, dueAt: null };
  },
});

async function setUserAside(user: User, context: Context<Transaction>): Promise<UserItem> {
  assertOwnersOwn(user, context.caller);
  const { store } = context;
  const { account, iamId } = user;
  const credentials = await store.logins.userCredentials(account, iamId);
  const parts: UserParts = {
    user,
    credentials: credentials ? asKept(credentials) : null,
    links: await store.logins.federatedLinksOf(account, iamId),
    belongings: await belongingsOf(user, store),
  };
  const isOld = !(await store.items.item(USER, account, iamId));
  const versioned = await versionedUser(user, store, isOld);
  await removeWithIdentity(user, context);
  await store.identity.deleteUser(account, iamId);
  return setAside(USER, versioned, { parts, context });
}

/** With password, second factor, policies and memberships. Sessions from before stay over. */
export const restoreUser = changeOperation<NamedKnownUser, FoundUser, User>({
  name: "user.restore",
  async locate(input, context) {
    const located = await locateKnownUser("user.restore", input, context);
    if (located.subject.removed) return evenRemoved(located);
    // Of one who was deleted and lost the name to this one, nothing is left.
    const sentence = "There is a user of this name: nobody is to be restored.";
    return { ...located, refusal: new Refusal("conflict", sentence) };
  },
  async run(_input, { subject: { removed } }, context) {
    const parts = removed?.content.parts;
    invariant(
      removed !== null && parts !== null && parts !== undefined,
      "who can be had back is kept with its parts",
    );
    const { store, now } = context;
    const user: User = { ...parts.user, sessionsSince: now };
    const { totalCount } = await store.identity.users(user.account, { offset: 0, limit: 1 });
    assertRoom(totalCount, MAX_USERS_PER_ACCOUNT, "users in an account");
    await store.identity.putUser(user);
    if (parts.credentials) await store.logins.putUserCredentials(fromKept(parts.credentials));
    await bringBackLinks(parts, context);
    const { shown } = removed.content;
    await store.items.putItem({ ...broughtBack(removed), content: { shown, parts: null } });
    await bringBack(parts.belongings, context);
    return user;
  },
});

/** To providers that are still there, and do not vouch for somebody else by the same subject by now. */
async function bringBackLinks(
  { links, user: { account } }: UserParts,
  { store: { logins } }: Context<Transaction>,
): Promise<void> {
  for (const link of links) {
    const { provider, subject } = link;
    if (!(await logins.identityProvider(account, provider))) continue;
    if (!(await logins.federatedLink(provider, subject))) await logins.putFederatedLink(link);
  }
}
