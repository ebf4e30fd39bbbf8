/** Trusted profiles as they are seen: one, with what the trail says of it, or many. */
import type { OperationName } from "../../audit/catalogue.ts";
import type { ProfileOrder, TrustedProfile } from "../../identity/trusted-profile.ts";
import { inAccount, placeOf } from "../identity/find.ts";
import {
  activityOfIdentity,
  toldOf,
  type Lived,
  type Telling,
  type Told,
} from "../identity/history.ts";
import { walkOf, type ListPart, type WalkInput } from "../identity/list-parts.ts";
import { assertOwnAccount } from "../identity/own-account.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { inProfile, profileTarget } from "./find.ts";

/** What changes a profile, and what changes whom it trusts. */
const PROFILE_CHANGES: readonly OperationName[] = [
  "profile.create",
  "profile.update",
  "profile.delete",
  "profile-rule.create",
  "profile-rule.update",
  "profile-rule.delete",
  "profile-link.create",
  "profile-link.delete",
  "profile-identity.add",
  "profile-identity.set",
  "profile-identity.delete",
];

export interface ListProfilesInput extends WalkInput<ProfileOrder> {
  /** The one of exactly this name. */
  readonly name?: string | undefined;
  readonly account?: string | undefined;
  readonly includeHistory?: boolean | undefined;
}

/** A profile with what the trail says of it, where that was asked for. */
export interface ShownProfile extends Told {
  readonly profile: TrustedProfile;
}

export interface ListedProfiles extends ListPart<ProfileOrder> {
  readonly profiles: readonly ShownProfile[];
}

export const listProfiles = readOperation<ListProfilesInput, null, ListedProfiles>({
  name: "profile.list",
  async locate({ account }, { call }) {
    assertOwnAccount(account, call);
    return inAccount("profile.list", call, { target: null, subject: null });
  },
  async run(input, _located, context) {
    const { store, call } = context;
    const walk = walkOf(input);
    const { account } = placeOf(call);
    const { items, ...part } = await store.profiles.walkProfiles(account, input.name, walk);
    const profiles: ShownProfile[] = [];
    for (const profile of items) profiles.push(await shown(profile, input, context));
    return { profiles, ...part, order: walk, offset: walk.offset, limit: walk.limit };
  },
});

export interface ReadProfileInput extends Telling {
  readonly id: string;
}

export const readProfile = readOperation<ReadProfileInput, TrustedProfile, ShownProfile>({
  name: "profile.read",
  locate: (input, context) => inProfile("profile.read", input, context),
  run: (input, { subject: profile }, context) => shown(profile, input, context),
});

async function shown(
  profile: TrustedProfile,
  asked: Telling,
  context: Context<View>,
): Promise<ShownProfile> {
  const lived: Lived = {
    target: profileTarget(profile),
    changes: PROFILE_CHANGES,
    activity: (seen) => activityOfIdentity(profile, seen),
  };
  return { profile, ...(await toldOf(lived, asked, context)) };
}
