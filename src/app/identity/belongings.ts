/** What goes with an identity that is deleted and comes back with it: policies, groups that it is in, who trusts it. */
import type { Principal } from "../../identity/api-key.ts";
import type { Belongings } from "../../identity/belongings.ts";
import { CLIENT } from "../../identity/client.ts";
import { PROFILE } from "../../identity/removed-profile.ts";
import { USER } from "../../identity/removed-user.ts";
import { isActingServiceId, managedIdOf } from "../../identity/service-id.ts";
import type { ProfileIdentity } from "../../identity/trusted-profile.ts";
import { bringBackMember } from "../groups/bring-back-member.ts";
import type { Context } from "../operation.ts";
import { profileTarget } from "../profiles/find.ts";
import type { Transaction, View } from "../state.ts";
import { targetOf } from "./find.ts";
import { whole } from "./removal.ts";

/** As they are now: to be asked for before they are taken away. */
export async function belongingsOf(
  { account, iamId }: Pick<Principal, "account" | "iamId">,
  { identity, groups, profiles }: Pick<View, "identity" | "groups" | "profiles">,
): Promise<Belongings> {
  const memberships = await groups.membershipsOf(account, iamId);
  return {
    policies: await whole((offset, limit) => identity.policies(account, iamId, { offset, limit })),
    memberships: memberships.filter(({ rule }) => rule === null),
    trust: await profiles.profilesTrusting(account, iamId),
  };
}

/**
 * To an identity that is there again, each with an event of its own. What it was given in groups and by profiles that
 * have gone since is gone with them.
 */
export async function bringBack(
  { policies, memberships, trust }: Belongings,
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, also } = context;
  for (const policy of policies) {
    const { id, subject, roles, resource, description } = policy;
    await store.identity.putPolicy(policy);
    const input = { subject, roles, resource, description };
    const target = targetOf(call, { kind: "policy", id, name: "" });
    also({ operation: "policy.create", target, input, output: { id } });
  }
  for (const member of memberships) await bringBackMember(member, context);
  for (const one of trust) await bringBackTrust(one, context);
}

/**
 * Of a profile and an identity that are both there; while one of the two is deleted and can be had back, it is for that
 * to bring the trust back with it.
 */
export async function bringBackTrust(
  trust: ProfileIdentity,
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, also } = context;
  const { account, kind: identityType, identifier } = trust;
  const profile = await store.profiles.profile(account, trust.profile);
  if (!profile) return leaveToProfile(trust, context);
  const isThere = identityType === "crn" || (await store.identity.principal(account, identifier));
  if (!isThere) return leaveToIdentity(trust, context);
  await store.profiles.putProfileIdentity(trust);
  also({
    operation: "profile-identity.add",
    target: targetOf(call, profileTarget(profile)),
    input: { id: profile.id, identityType, identifier },
    output: {},
  });
}

async function leaveToProfile(
  trust: ProfileIdentity,
  { store: { items } }: Context<Transaction>,
): Promise<void> {
  const item = await items.item(PROFILE, trust.account, trust.profile);
  const parts = item?.content.parts;
  if (!item || !parts) return;
  const identities = [...parts.identities, trust];
  await items.putItem({ ...item, content: { ...item.content, parts: { ...parts, identities } } });
}

interface WithBelongings {
  readonly parts: { readonly belongings: Belongings } | null;
}

async function leaveToIdentity(
  trust: ProfileIdentity,
  { store: { items } }: Context<Transaction>,
): Promise<void> {
  const { account, identifier } = trust;
  const item = isActingServiceId(identifier)
    ? await items.item<WithBelongings>(CLIENT, account, managedIdOf(identifier))
    : await items.item<WithBelongings>(USER, account, identifier);
  const parts = item?.content.parts;
  if (!item || !parts) return;
  const belongings = { ...parts.belongings, trust: [...parts.belongings.trust, trust] };
  await items.putItem({ ...item, content: { ...item.content, parts: { ...parts, belongings } } });
}
