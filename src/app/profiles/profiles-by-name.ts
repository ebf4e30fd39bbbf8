/** Trusted profiles as wires without ids have them: by name, with whom they trust as a part of them. */
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import { MAX_LIST_LIMIT } from "../../identity/store.ts";
import { attachedTo } from "../identity/attached-policies.ts";
import { inAccount, placeOf } from "../identity/find.ts";
import { stillHas } from "../identity/users-by-name.ts";
import { changeInTerms } from "../in-other-terms.ts";
import { readOperation } from "../operation.ts";
import type { View } from "../state.ts";
import { profileCalled, profileCallName } from "./call-names.ts";
import { locatedIn } from "./find.ts";
import { setProfileIdentities } from "./identities.ts";
import {
  identitiesOf,
  principalsOf,
  type PrincipalName,
  type TrustedPrincipal,
} from "./principals.ts";
import { createProfile, deleteProfile, updateProfile } from "./profiles.ts";

export interface NamedProfile {
  readonly roleName: string;
}

/** A profile with whom it trusts, and the name it is called by. */
export interface ProfileWithTrust {
  /** Both recorded of one that was made. */
  readonly id: string;
  readonly iamId: string;
  readonly profile: TrustedProfile;
  readonly callName: string;
  readonly trust: readonly TrustedPrincipal[];
}

export interface GivenTrust {
  readonly principals: readonly PrincipalName[];
}

export interface CreateProfileByNameInput extends NamedProfile {
  readonly description?: string | undefined;
  readonly maxSessionDuration?: number | undefined;
  readonly trust: GivenTrust;
  /** The same as it was written; recorded. */
  readonly assumeRolePolicyDocument: string;
}

export const createProfileByName = changeInTerms(createProfile, {
  async understood(given: CreateProfileByNameInput, { store, call }) {
    const { roleName: name, description, maxSessionDuration: maxSessionS, trust } = given;
    const found = await identitiesOf(trust.principals, placeOf(call).account, store);
    return { name, description, maxSessionS, ...found };
  },
  shown: (profile, { store }) => withTrust(profile, store),
});

export const readProfileByName = readOperation<NamedProfile, TrustedProfile, ProfileWithTrust>({
  name: "profile.read",
  async locate({ roleName }, context) {
    const profile = await profileCalled(roleName, context);
    return locatedIn("profile.read", { profile, subject: profile }, context);
  },
  run: (_input, { subject: profile }, { store }) => withTrust(profile, store),
});

export interface ListProfilesWithTrustInput {
  readonly limit: number;
  readonly after?: ProfilePosition | undefined;
}

export interface ProfilePosition {
  readonly createdAt: number;
  readonly id: string;
}

export interface ListedProfilesWithTrust {
  readonly profiles: readonly ProfileWithTrust[];
  readonly totalCount: number;
  /** Where the list goes on. */
  readonly next: ProfilePosition | null;
}

/** In the order of their making. */
export const listProfilesWithTrust = readOperation<
  ListProfilesWithTrustInput,
  null,
  ListedProfilesWithTrust
>({
  name: "profile.list",
  async locate(_input, { call }) {
    return inAccount("profile.list", call, { target: null, subject: null });
  },
  async run({ limit: asked, after }, _located, { store, call }) {
    const limit = Math.min(asked, MAX_LIST_LIMIT);
    const window = { offset: 0, limit: limit + 1, after };
    const { account } = placeOf(call);
    const { items, totalCount } = await store.profiles.profiles(account, undefined, window);
    const part = items.slice(0, limit);
    const last = part.at(-1);
    const next = last && items.length > limit ? { createdAt: last.createdAt, id: last.id } : null;
    const profiles: ProfileWithTrust[] = [];
    for (const profile of part) profiles.push(await withTrust(profile, store));
    return { profiles, totalCount, next };
  },
});

export interface UpdateProfileByNameInput extends NamedProfile {
  readonly description?: string | undefined;
  readonly maxSessionDuration?: number | undefined;
}

export const updateProfileByName = changeInTerms(updateProfile, {
  async understood(given: UpdateProfileByNameInput, context) {
    const { id } = await profileCalled(given.roleName, context);
    const { description, maxSessionDuration: maxSessionS } = given;
    return { id, ifMatch: "*", description, maxSessionS };
  },
  shown: (profile, { store }) => withTrust(profile, store),
});

export interface SetTrustInput extends NamedProfile {
  readonly trust: GivenTrust;
  /** The same as it was written; recorded. */
  readonly policyDocument: string;
}

/** Trusts these and no others by who they are; its rules and links stay. */
export const setTrustByName = changeInTerms(setProfileIdentities, {
  async understood({ roleName, trust }: SetTrustInput, context) {
    const { id, account } = await profileCalled(roleName, context);
    const found = await identitiesOf(trust.principals, account, context.store);
    return { id, ifMatch: "*", ...found };
  },
  shown: async (output) => output,
});

export const deleteProfileByName = changeInTerms(deleteProfile, {
  async understood({ roleName }: NamedProfile, context) {
    const { id } = await profileCalled(roleName, context);
    return { id };
  },
  async refusal({ id }, { store, call }) {
    const profile = await store.profiles.profile(placeOf(call).account, id);
    if (!profile || (await attachedTo(profile, store)).length === 0) return undefined;
    return stillHas("policies", "Cannot delete entity, must detach all policies first.");
  },
  shown: async (output) => output,
});

/** Instance profiles are no part of a profile here: there are none, and a role need not be taken out of any. */
export const listHostsByName = readOperation<
  NamedProfile,
  TrustedProfile,
  { readonly totalCount: number }
>({
  name: "profile.hosts.list",
  async locate({ roleName }, context) {
    const profile = await profileCalled(roleName, context);
    return locatedIn("profile.hosts.list", { profile, subject: profile }, context);
  },
  run: async () => ({ totalCount: 0 }),
});

async function withTrust(profile: TrustedProfile, view: View): Promise<ProfileWithTrust> {
  const { id, iamId } = profile;
  const trust = await principalsOf(profile, view);
  return { id, iamId, profile, callName: profileCallName(profile), trust };
}
