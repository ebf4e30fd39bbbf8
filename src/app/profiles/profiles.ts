/** Trusted profiles: made, listed, read, renamed, deleted. What a profile may do is for policies and groups to say. */
import { assertEntityTag, newEntityTag } from "../../identity/entity-tag.ts";
import type { ProfileReader } from "../../identity/profile-store.ts";
import { checkedDescription, checkedEmail, checkedName } from "../../identity/text.ts";
import {
  actingProfileOf,
  MAX_PROFILE_SESSION_S,
  MAX_PROFILES_PER_ACCOUNT,
  MIN_PROFILE_SESSION_S,
  newProfileId,
  type TrustedProfile,
} from "../../identity/trusted-profile.ts";
import { PROFILE, type GivenOutside } from "../../identity/removed-profile.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { assertRoom, inAccount, targetOf } from "../identity/find.ts";
import { assertOwnAccount } from "../identity/own-account.ts";
import { removeWithIdentity } from "../identity/removal.ts";
import { forgetVersions } from "../items/versions.ts";
import { callerId, changeOperation } from "../operation.ts";
import { renameHome } from "../secrets/homes.ts";
import { removeHome } from "../secrets/remove-home.ts";
import { locatedIn, findProfile, inProfile, profileTarget } from "./find.ts";
import { trustFromTheBeginning, type GivenIdentity } from "./identities.ts";
import { setProfileAside } from "./restore-profile.ts";
import { keepProfileVersion } from "./versions.ts";

export interface CreateProfileInput {
  readonly name: string;
  readonly description?: string | undefined;
  readonly email?: string | undefined;
  readonly maxSessionS?: number | undefined;
  readonly outside?: GivenOutside | undefined;
  /** Whom it trusts from the beginning. */
  readonly identities?: readonly GivenIdentity[] | undefined;
  /** Where the wire names one: it must be the caller's own. */
  readonly account?: string | undefined;
}

/** One profile of an account to a name. The new one may do nothing, and trusts nobody if nothing else is said. */
export const createProfile = changeOperation<CreateProfileInput, TrustedProfile, TrustedProfile>({
  name: "profile.create",
  async locate(input, { call, caller, now }) {
    const { name, description = "", email = "", account, maxSessionS } = input;
    assertOwnAccount(account, call);
    const id = newProfileId();
    const profile: TrustedProfile = {
      kind: "profile",
      id,
      iamId: actingProfileOf(id),
      account: call.place.account,
      name: checkedName(name),
      description: checkedDescription(description),
      email: optionalEmail(email),
      maxSessionS: checkedMaxSession(maxSessionS ?? MIN_PROFILE_SESSION_S),
      entityTag: newEntityTag(),
      sessionsSince: now,
      createdAt: now,
      createdBy: callerId(caller),
      modifiedAt: now,
    };
    return inAccount("profile.create", call, {
      target: profileTarget(profile),
      subject: profile,
      facts: { instance_name: profile.name },
    });
  },
  async run({ identities = [], outside = {} }, { subject: profile }, context) {
    const { store } = context;
    await assertNameFree(profile, store.profiles);
    const one = { offset: 0, limit: 1 };
    const { totalCount } = await store.profiles.profiles(profile.account, undefined, one);
    assertRoom(totalCount, MAX_PROFILES_PER_ACCOUNT, "trusted profiles in an account");
    await store.profiles.putProfile(profile);
    await keepProfileVersion(profile, outside, context);
    await trustFromTheBeginning(profile, identities, context);
    return profile;
  },
});

export interface UpdateProfileInput {
  readonly id: string;
  /** The entity tag that the profile had when it was read, or `*`. */
  readonly ifMatch: string;
  /** What is left out stays. */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly email?: string | undefined;
  readonly maxSessionS?: number | undefined;
  readonly outside?: GivenOutside | undefined;
}

export interface Update {
  readonly before: TrustedProfile;
  readonly after: TrustedProfile;
}

/** Changes what the profile is called and how long later sessions of it last, and nothing of whom it trusts: its sessions go on. */
export const updateProfile = changeOperation<UpdateProfileInput, Update, TrustedProfile>({
  name: "profile.update",
  async locate({ id, name, description, email, maxSessionS }, context) {
    const before = await findProfile(id, context);
    const after: TrustedProfile = {
      ...before,
      name: name === undefined ? before.name : checkedName(name),
      description: description === undefined ? before.description : checkedDescription(description),
      email: email === undefined ? before.email : optionalEmail(email),
      maxSessionS: checkedMaxSession(maxSessionS ?? before.maxSessionS),
      entityTag: newEntityTag(),
      modifiedAt: context.now,
    };
    const facts = { prev_instance_name: before.name, instance_name: after.name };
    return {
      ...locatedIn(
        "profile.update",
        { profile: before, subject: { before, after }, facts },
        context,
      ),
      becomes: targetOf(context.call, profileTarget(after)),
    };
  },
  async run({ ifMatch, outside = {} }, { subject: { before, after } }, context) {
    const { store } = context;
    assertEntityTag(before, ifMatch);
    await assertNameFree(after, store.profiles);
    // Of one that was made before versions were kept, what it was until now is the first.
    await keepProfileVersion(before, {}, context);
    await store.profiles.putProfile(after);
    await renameHome(after, context);
    await keepProfileVersion(after, outside, context);
    return after;
  },
});

/** Policy documents call a profile by its name in lower case: no other one is to be called by it as well. */
export async function assertNameFree({ account, id, name }: TrustedProfile, store: ProfileReader) {
  if (!(await store.otherProfileNamed(account, { id, name }))) return;
  throw new Refusal("conflict", "A trusted profile with this name already exists in the account.");
}

function checkedMaxSession(seconds: number): number {
  if (seconds >= MIN_PROFILE_SESSION_S && seconds <= MAX_PROFILE_SESSION_S) return seconds;
  const sentence = `Sessions of a profile last between ${MIN_PROFILE_SESSION_S} and ${MAX_PROFILE_SESSION_S} seconds at most.`;
  throw new Refusal("invalid_request", sentence, { field: "maxSessionS" });
}

function optionalEmail(email: string): string {
  return email === "" ? "" : checkedEmail(email);
}

export interface DeleteProfileInput {
  readonly id: string;
  /** Whether it can be had back for a while. */
  readonly recoverable?: true | undefined;
}

export interface DeletedProfile {
  /** Until when it can be had back; null of one that is gone for good. */
  readonly dueAt: Millis | null;
}

/**
 * Its rules, links and identities go with it, and so do its policies and memberships, each with an event. Whoever acts
 * as the profile is refused from the commit on.
 */
export const deleteProfile = changeOperation<DeleteProfileInput, TrustedProfile, DeletedProfile>({
  name: "profile.delete",
  locate: (input, context) => inProfile("profile.delete", input, context),
  async run({ recoverable = false }, { subject: profile }, context) {
    const item = recoverable ? await setProfileAside(profile, context) : undefined;
    await removeWithIdentity(profile, context);
    if (!item) await removeHome(profile, context);
    await context.store.profiles.deleteProfile(profile.account, profile.id);
    if (!item) await forgetVersions(PROFILE, profile, context);
    return { dueAt: item?.removal?.dueAt ?? null };
  },
});
