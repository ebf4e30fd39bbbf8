/** Which user a person is whom an identity provider vouches for; somebody new may become one. */
import { HOME_REALM, MAX_USERS_PER_ACCOUNT, newUserId, type User } from "../../identity/user.ts";
import { USER } from "../../identity/removed-user.ts";
import type { IdentityProvider, Person } from "../../identity/identity-provider.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Refusal } from "../../kernel/errors.ts";
import { nameOf } from "../identity/caller.ts";
import { targetOf } from "../identity/find.ts";
import { keepUserVersion } from "../identity/user-versions.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { federationRefusal } from "./federation.ts";

/** The user, and what is to be kept of this login for the next one. */
export interface FederatedUser {
  readonly user: User;
  readonly isNew: boolean;
  readonly isLinked: boolean;
}

/** Who makes the users that a login brings with it. */
const SERVER = { kind: "internal", job: "federation" } as const;

/**
 * By the link that an earlier login left. Else by the address, if the provider has verified it: of a user whom no
 * provider has vouched for yet, or the realm's own. Else, where the provider makes users, a new one.
 */
export async function federatedUser(
  person: Person,
  provider: IdentityProvider,
  { store, now }: { readonly store: View; readonly now: Millis },
): Promise<FederatedUser | Refusal> {
  const { account } = provider;
  const link = await store.logins.federatedLink(provider.id, person.subject);
  const linked = link && (await store.identity.principal(account, link.iamId));
  if (linked?.kind === "user") return { user: linked, isNew: false, isLinked: true };
  if (person.email === null) {
    return notKnown("The identity provider does not say that it has verified an e-mail address.");
  }
  const user = await store.identity.userByEmail(account, person.email);
  if (user) {
    // Whoever may name providers would become the owner by one of their own, who is nobody else's to become.
    if (user.isOwner) return notKnown("No provider vouches for the owner of the account.");
    const links = await store.logins.federatedLinksOf(account, user.iamId);
    const isOfOthers = user.realm !== HOME_REALM && user.realm !== provider.realm;
    if (links.length > 0 || isOfOthers) {
      return notKnown("The user with this address logs in as somebody else at a provider.");
    }
    return { user, isNew: false, isLinked: false };
  }
  const deleted = await store.items.itemNamed(USER, account, person.email);
  if (deleted?.removal) return notKnown("The user with this address was deleted.");
  if (!provider.createsUsers) return notKnown("There is no user with this address in the account.");
  const { totalCount } = await store.identity.users(account, { offset: 0, limit: 1 });
  if (totalCount >= MAX_USERS_PER_ACCOUNT) return notKnown("The account has no room for a user.");
  return { user: newUser(person, person.email, { provider, now }), isNew: true, isLinked: false };
}

/** Keeps who is who; of a new user also the user, with an event of the server's. */
export async function keepFederated(
  { user, isNew, isLinked }: FederatedUser,
  of: { readonly person: Person; readonly provider: IdentityProvider },
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, also } = context;
  const { account, iamId, email, name } = user;
  const inItsAccount = { ...call, place: { ...call.place, account } };
  const byServer = { ...context, call: inItsAccount, caller: SERVER };
  if (isNew) {
    await store.identity.putUser(user);
    const target = targetOf(inItsAccount, { kind: "user", id: iamId, name: nameOf(user) });
    also({
      operation: "user.create",
      target,
      input: { email, name },
      output: user,
      caller: SERVER,
    });
  }
  if (isLinked) return;
  if (!isNew) await keepUserVersion(user, byServer, user);
  const { person, provider } = of;
  await store.logins.putFederatedLink({
    provider: provider.id,
    subject: person.subject,
    account,
    iamId,
  });
  await keepUserVersion(user, byServer);
}

function newUser(
  { name }: Person,
  email: string,
  { provider, now }: { readonly provider: IdentityProvider; readonly now: Millis },
): User {
  return {
    kind: "user",
    iamId: newUserId(),
    account: provider.account,
    email,
    name: name ?? email,
    state: "active",
    isOwner: false,
    realm: provider.realm,
    sessionsSince: now,
    createdAt: now,
    createdBy: provider.id,
  };
}

function notKnown(sentence: string): Refusal {
  return federationRefusal("user-not-known", sentence);
}
