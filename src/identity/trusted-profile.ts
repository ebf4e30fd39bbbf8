/** Trusted profiles: identities that others may apply, by who they are, by their claims, or by where they run. */
import { isUuid, randomId } from "../kernel/ids.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Condition } from "./claims.ts";

export interface TrustedProfile {
  readonly kind: "profile";
  /** `Profile-…`: what it is managed by. */
  readonly id: string;
  /** `iam-Profile-…`: what it acts as. */
  readonly iamId: string;
  readonly account: string;
  readonly name: string;
  readonly description: string;
  /** Kept and shown; nothing is sent to it. */
  readonly email: string;
  /** How long a session of it that is opened by an access key may last at most. */
  readonly maxSessionS: number;
  /** Of the profile's own fields; its rules, links and identities have tags of their own. */
  readonly entityTag: string;
  /** Whom it trusted before is asked again: sessions of the profile that began earlier are over. */
  readonly sessionsSince: Millis;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

/** A federated user, by any protocol; or a compute resource, which nothing here can prove to be one. */
export const PROFILE_RULE_TYPES = ["Profile-SAML", "Profile-CR"] as const;
export type ProfileRuleType = (typeof PROFILE_RULE_TYPES)[number];

/** IBM's kinds: virtual and bare-metal servers, service accounts of two kinds of clusters, and Code Engine. */
export const COMPUTE_RESOURCES = ["VSI", "BMS", "IKS_SA", "ROKS_SA", "CE"] as const;
export type ComputeResource = (typeof COMPUTE_RESOURCES)[number];

/** Trusts whoever logs in by the realm with claims that meet every condition. */
export interface ProfileRule {
  readonly id: string;
  readonly account: string;
  readonly profile: string;
  readonly name: string;
  readonly type: ProfileRuleType;
  /** Of `Profile-SAML`: the realm of the identity provider that makes the claims; otherwise empty. */
  readonly realm: string;
  /** Of `Profile-CR`: a compute resource of which kind; otherwise empty. */
  readonly crType: ComputeResource | "";
  /** How long a session by this rule may last at most. */
  readonly expirationS: number;
  readonly conditions: readonly Condition[];
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

/** Trusts one compute resource by name: kept, and shown; what proves such a resource has to be configured. */
export interface ProfileLink {
  readonly id: string;
  readonly account: string;
  readonly profile: string;
  readonly name: string;
  readonly crType: ComputeResource;
  readonly isCrossAccount: boolean;
  readonly crn: string;
  /** Of a service account of a cluster. */
  readonly namespace: string;
  readonly resourceName: string;
  /** Of Code Engine. */
  readonly componentType: string;
  readonly componentName: string;
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

export const PROFILE_IDENTITY_KINDS = ["user", "serviceid", "crn"] as const;
export type ProfileIdentityKind = (typeof PROFILE_IDENTITY_KINDS)[number];

/** Trusts one identity by its id. */
export interface ProfileIdentity {
  readonly account: string;
  readonly profile: string;
  readonly kind: ProfileIdentityKind;
  /** The IAM id of a user or a service ID, or a CRN. */
  readonly identifier: string;
  readonly description: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
}

export const PROFILE_ORDERS = ["createdAt", "modifiedAt", "name", "description"] as const;
export type ProfileOrder = (typeof PROFILE_ORDERS)[number];

/** IBM's limits (account, "IAM limits"). */
export const MAX_PROFILES_PER_ACCOUNT = 1_000;
export const MAX_RULES_PER_PROFILE = 20;
export const MAX_LINKS_PER_PROFILE = 20;
export const MAX_IDENTITIES_PER_PROFILE = 20;

/** AWS's bounds of what a role may allow, and what it allows if nothing else is said. */
export const MIN_PROFILE_SESSION_S = 3_600;
export const MAX_PROFILE_SESSION_S = 43_200;

const PREFIX = "Profile-";
const LINK_PREFIX = "Link-";
const ACTING = "iam-";

export function newProfileId(): string {
  return `${PREFIX}${randomId()}`;
}

export function isProfileId(text: string): boolean {
  return text.startsWith(PREFIX) && isUuid(text.slice(PREFIX.length));
}

/** The IAM id of a trusted profile: `iam-Profile-…`. */
export function actingProfileOf(profileId: string): string {
  return `${ACTING}${profileId}`;
}

/** The other way round: `Profile-…`. */
export function managedProfileOf(iamId: string): string {
  return iamId.slice(ACTING.length);
}

export function isActingProfile(iamId: string): boolean {
  return iamId.startsWith(ACTING) && isProfileId(iamId.slice(ACTING.length));
}

export function newProfileLinkId(): string {
  return `${LINK_PREFIX}${randomId()}`;
}

export function isProfileLinkId(text: string): boolean {
  return text.startsWith(LINK_PREFIX) && isUuid(text.slice(LINK_PREFIX.length));
}

/**
 * The profile once some of its trust has been taken away: what was got by it is over, even if it was got in this very
 * millisecond.
 */
export function withTrustTaken(profile: TrustedProfile, now: Millis): TrustedProfile {
  return { ...profile, sessionsSince: now + 1 };
}
