/** Trusted profiles that were deleted so that they can be had back: taken apart, and put together again. */
import {
  MAX_PROFILES_PER_ACCOUNT,
  withTrustTaken,
  type TrustedProfile,
} from "../../identity/trusted-profile.ts";
import { PROFILE, type ProfileParts } from "../../identity/removed-profile.ts";
import { broughtBack } from "../../items/item.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { belongingsOf, bringBack, bringBackTrust } from "../identity/belongings.ts";
import { assertRoom } from "../identity/find.ts";
import { assertRemoved, evenRemoved, locateItem } from "../items/find.ts";
import { setAside } from "../items/versions.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { versionedOf, type ProfileItem } from "./versions.ts";

/** Before it is deleted, with all that goes with it. */
export async function setProfileAside(
  profile: TrustedProfile,
  context: Context<Transaction>,
): Promise<ProfileItem> {
  const { profiles } = context.store;
  const { account, id } = profile;
  const parts: ProfileParts = {
    profile,
    rules: await profiles.profileRules(account, id),
    links: await profiles.profileLinks(account, id),
    identities: await profiles.profileIdentities(account, id),
    belongings: await belongingsOf(profile, context.store),
  };
  return setAside(PROFILE, await versionedOf(profile, {}, context.store), { parts, context });
}

/** By its name, or by its id. */
export interface RestoreProfileInput {
  readonly name: string;
}

/** With whom it trusts, its policies and memberships. Whoever acted as it before logs in anew. */
export const restoreProfile = changeOperation<RestoreProfileInput, ProfileItem, TrustedProfile>({
  name: "profile.restore",
  async locate({ name }, context) {
    const located = await locateItem({ kind: PROFILE, service: "iam-identity", name }, context);
    return evenRemoved(located);
  },
  async run(_input, { subject: item }, context) {
    assertRemoved(item);
    const { parts, shown } = item.content;
    invariant(parts !== null, "what can be had back is kept with its parts");
    const { store } = context;
    const profile = withTrustTaken(parts.profile, context.now);
    await assertFree(profile, context);
    await store.profiles.putProfile(profile);
    for (const rule of parts.rules) await store.profiles.putProfileRule(rule);
    for (const link of parts.links) await store.profiles.putProfileLink(link);
    await store.items.putItem({ ...broughtBack(item), content: { shown, parts: null } });
    for (const identity of parts.identities) await bringBackTrust(identity, context);
    await bringBack(parts.belongings, context);
    return profile;
  },
});

async function assertFree(
  { account, id, name }: TrustedProfile,
  { store }: Context<Transaction>,
): Promise<void> {
  if (await store.profiles.otherProfileNamed(account, { id, name })) {
    throw new Refusal("conflict", "A trusted profile with this name exists in the account.");
  }
  const one = { offset: 0, limit: 1 };
  const { totalCount } = await store.profiles.profiles(account, undefined, one);
  assertRoom(totalCount, MAX_PROFILES_PER_ACCOUNT, "trusted profiles in an account");
}
