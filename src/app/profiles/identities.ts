/**
 * The identities that a trusted profile trusts by their ids: users and service IDs of the account, who may act as it
 * from then on. Cloud Resource Names are kept and shown; nothing here proves that a call comes from one (see
 * `trust.ts`).
 */
import { CLIENT } from "../../identity/client.ts";
import { assertEntityTag } from "../../identity/entity-tag.ts";
import {
  checkedIdentity,
  identitiesTag,
  isSameIdentity,
  type IdentityRef,
} from "../../identity/profile-identity.ts";
import { managedIdOf } from "../../identity/service-id.ts";
import { checkedDescription } from "../../identity/text.ts";
import {
  MAX_IDENTITIES_PER_PROFILE,
  withTrustTaken,
  type ProfileIdentity,
  type ProfileIdentityKind,
  type TrustedProfile,
} from "../../identity/trusted-profile.ts";
import { Refusal } from "../../kernel/errors.ts";
import { assertRoom } from "../identity/find.ts";
import { callerId, changeOperation, readOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { locatedIn, findProfile, inProfile, type PartOf } from "./find.ts";

/** Somebody to be trusted. */
export interface GivenIdentity {
  readonly identityType: ProfileIdentityKind;
  /** The IAM id of a user, either id of a service ID, or a CRN. */
  readonly identifier: string;
  /** Of a user: the accounts from which it may act as the profile, which can only be the one there is for it. */
  readonly accounts?: readonly string[] | undefined;
  readonly description?: string | undefined;
}

export interface AddProfileIdentityInput extends GivenIdentity {
  /** Of the profile. */
  readonly id: string;
}

/** Trusts one more identity; of one that is trusted already, the description is replaced. */
export const addProfileIdentity = changeOperation<
  AddProfileIdentityInput,
  PartOf<IdentityRef>,
  ProfileIdentity
>({
  name: "profile-identity.add",
  async locate(input, context) {
    const profile = await findProfile(input.id, context);
    const part = checkedIdentity(input.identityType, input.identifier);
    const facts = { identifier: part.identifier };
    return locatedIn(
      "profile-identity.add",
      { profile, subject: { profile, part }, facts },
      context,
    );
  },
  async run(input, { subject: { profile } }, context) {
    const { store } = context;
    const identities = await store.profiles.profileIdentities(profile.account, profile.id);
    const identity = await trusted(input, { profile, identities }, context);
    if (!identities.some((one) => isSameIdentity(one, identity))) {
      assertRoomForIdentity((await byHand(profile, identities, store)).length);
    }
    await store.profiles.putProfileIdentity(identity);
    return identity;
  },
});

export interface SetProfileIdentitiesInput {
  /** Of the profile. */
  readonly id: string;
  /** The tag that the list had when it was read, or `*`. */
  readonly ifMatch: string;
  readonly identities: readonly GivenIdentity[];
}

export interface ListedProfileIdentities {
  readonly entityTag: string;
  readonly identities: readonly ProfileIdentity[];
  readonly totalCount: number;
}

/** Trusts these and no others. If that takes away the trust in one of them, sessions of the profile are over. */
export const setProfileIdentities = changeOperation<
  SetProfileIdentitiesInput,
  PartOf<readonly ProfileIdentity[]>,
  ListedProfileIdentities
>({
  name: "profile-identity.set",
  async locate({ id, identities: given }, context) {
    const profile = await findProfile(id, context);
    const next = given.map(({ identityType, identifier }) =>
      checkedIdentity(identityType, identifier),
    );
    assertNoneTwice(next);
    const before = await context.store.profiles.profileIdentities(profile.account, profile.id);
    const facts = { identities: next.map(refFacts), previous: before.map(refFacts) };
    const subject = { profile, part: before };
    return locatedIn("profile-identity.set", { profile, subject, facts }, context);
  },
  async run({ ifMatch, identities: given }, { subject: { profile, part: before } }, context) {
    const { profiles } = context.store;
    assertEntityTag({ entityTag: identitiesTag(before) }, ifMatch);
    // The one that would be too many finds no room beside the others.
    if (given.length > 0) assertRoomForIdentity(given.length - 1);
    const next: ProfileIdentity[] = [];
    for (const one of given) {
      next.push(await trusted(one, { profile, identities: before }, context));
    }
    const gone = before.filter((one) => !next.some((other) => isSameIdentity(one, other)));
    for (const one of gone) {
      await profiles.deleteProfileIdentity(one, one.kind, one.identifier);
    }
    if (gone.length > 0) await profiles.putProfile(withTrustTaken(profile, context.now));
    for (const one of next) await profiles.putProfileIdentity(one);
    return listed(await profiles.profileIdentities(profile.account, profile.id));
  },
});

/** All of them: a profile trusts few. */
export const listProfileIdentities = readOperation<
  { readonly id: string },
  TrustedProfile,
  ListedProfileIdentities
>({
  name: "profile-identity.list",
  locate: (input, context) => inProfile("profile-identity.list", input, context),
  async run(_input, { subject: { account, id } }, { store }) {
    return listed(await store.profiles.profileIdentities(account, id));
  },
});

export interface ProfileIdentityInput {
  /** Of the profile. */
  readonly id: string;
  readonly identityType: ProfileIdentityKind;
  readonly identifier: string;
}

export const readProfileIdentity = readOperation<
  ProfileIdentityInput,
  PartOf<ProfileIdentity>,
  ProfileIdentity
>({
  name: "profile-identity.read",
  async locate(input, context) {
    const subject = await findIdentity(input, context);
    return locatedIn("profile-identity.read", { profile: subject.profile, subject }, context);
  },
  run: async (_input, { subject: { part: identity } }) => identity,
});

/** Sessions of the profile are over with it, whoever acts in them. */
export const deleteProfileIdentity = changeOperation<
  ProfileIdentityInput,
  PartOf<ProfileIdentity>,
  object
>({
  name: "profile-identity.delete",
  async locate(input, context) {
    const subject = await findIdentity(input, context);
    const { profile, part } = subject;
    const facts = { identifier: part.identifier };
    return locatedIn("profile-identity.delete", { profile, subject, facts }, context);
  },
  async run(_input, { subject: { profile, part } }, { store, now }) {
    await store.profiles.deleteProfileIdentity(part, part.kind, part.identifier);
    await store.profiles.putProfile(withTrustTaken(profile, now));
    return {};
  },
});

/** Of a profile that has just been made, and trusts nobody yet. */
export async function trustFromTheBeginning(
  profile: TrustedProfile,
  given: readonly GivenIdentity[],
  context: Context<Transaction>,
): Promise<void> {
  assertNoneTwice(given.map((one) => checkedIdentity(one.identityType, one.identifier)));
  if (given.length > 0) assertRoomForIdentity(given.length - 1);
  for (const one of given) {
    const identity = await trusted(one, { profile, identities: [] }, context);
    await context.store.profiles.putProfileIdentity(identity);
  }
}

/** Clients of the profile as a role have a limit of their own. */
async function byHand(
  { account, id }: TrustedProfile,
  identities: readonly ProfileIdentity[],
  { items }: Pick<View, "items">,
): Promise<readonly ProfileIdentity[]> {
  const others: ProfileIdentity[] = [];
  for (const one of identities) {
    const isServiceId = one.kind === "serviceid";
    const client = isServiceId
      ? await items.item(CLIENT, account, managedIdOf(one.identifier))
      : undefined;
    if (client?.content.role?.id !== id) others.push(one);
  }
  return others;
}

function assertRoomForIdentity(count: number): void {
  assertRoom(count, MAX_IDENTITIES_PER_PROFILE, "identities that a trusted profile trusts");
}

interface Trusting {
  readonly profile: TrustedProfile;
  /** Those that are trusted already: of them only the description may change. */
  readonly identities: readonly ProfileIdentity[];
}

/** Refuses users and service IDs that the account does not have: an id that comes to be later is not theirs to fill. */
async function trusted(
  given: GivenIdentity,
  { profile, identities }: Trusting,
  { store, now, caller }: Context<Transaction>,
): Promise<ProfileIdentity> {
  const { account, id } = profile;
  const ref = checkedIdentity(given.identityType, given.identifier);
  assertHome(given, account);
  let description = given.description ?? "";
  if (ref.kind !== "crn") {
    const principal = await store.identity.principal(account, ref.identifier);
    if (principal?.kind !== ref.kind) {
      const sentence = "`identifier` is no user or service ID of the account.";
      throw new Refusal("invalid_request", sentence, { field: "identifier" });
    }
    // As with IBM, a service ID speaks for itself.
    if (principal.kind === "serviceid") description = given.description ?? principal.description;
  }
  const known = identities.find((one) => isSameIdentity(one, ref));
  const base = known ?? {
    account,
    profile: id,
    ...ref,
    createdAt: now,
    createdBy: callerId(caller),
  };
  return { ...base, description: checkedDescription(description) };
}

function assertHome({ identityType, accounts = [] }: GivenIdentity, account: string): void {
  if (accounts.length === 0) return;
  if (identityType === "user" && accounts.every((one) => one === account)) return;
  const sentence = "`accounts` goes with a user, and names the account of the profile or nothing.";
  throw new Refusal("invalid_request", sentence, { field: "accounts" });
}

function assertNoneTwice(refs: readonly IdentityRef[]): void {
  const isTwice = refs.some((one, at) => refs.findIndex((it) => isSameIdentity(it, one)) !== at);
  if (!isTwice) return;
  const sentence = "`identities` names one of them more than once.";
  throw new Refusal("invalid_request", sentence, { field: "identities" });
}

async function findIdentity(
  { id, identityType, identifier }: ProfileIdentityInput,
  context: Context<View>,
): Promise<PartOf<ProfileIdentity>> {
  const profile = await findProfile(id, context);
  const ref = checkedIdentity(identityType, identifier);
  const identities = await context.store.profiles.profileIdentities(profile.account, profile.id);
  const part = identities.find((one) => isSameIdentity(one, ref));
  if (!part) throw new Refusal("not_found", "The trusted profile trusts no such identity.");
  return { profile, part };
}

function listed(identities: readonly ProfileIdentity[]): ListedProfileIdentities {
  return { entityTag: identitiesTag(identities), identities, totalCount: identities.length };
}

/** What the record says of an identity, in the names of the wire. */
function refFacts({ kind, identifier }: IdentityRef): object {
  return { type: kind, identifier };
}
