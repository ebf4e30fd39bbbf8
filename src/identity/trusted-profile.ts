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
  readonly entityTag: string;
  /** Whom it trusted before is asked again: sessions of the profile that began earlier are over. */
  readonly sessionsSince: Millis;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

/** Trusts whoever logs in by the realm with claims that meet every condition. */
export interface ProfileRule {
  readonly id: string;
  readonly account: string;
  readonly profile: string;
  readonly name: string;
  /** `Profile-SAML`: a federated user. `Profile-CR`: a compute resource. */
  readonly type: "Profile-SAML" | "Profile-CR";
  readonly realm: string;
  readonly crType: string;
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
  readonly crType: string;
  readonly crn: string;
  readonly namespace: string;
  readonly resourceName: string;
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

export type ProfileIdentityKind = "user" | "serviceid" | "crn";

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

/** IBM's limits (account, "IAM limits"). */
export const MAX_PROFILES_PER_ACCOUNT = 1_000;
export const MAX_RULES_PER_PROFILE = 20;
export const MAX_LINKS_PER_PROFILE = 20;
export const MAX_IDENTITIES_PER_PROFILE = 20;

const PREFIX = "Profile-";
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

export function isActingProfile(iamId: string): boolean {
  return iamId.startsWith(ACTING) && isProfileId(iamId.slice(ACTING.length));
}
