/** An API key: the long-lived credential of a user or a service ID. Its value exists only when it is made. */
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { isUuid, randomId } from "../kernel/ids.ts";
import type { ServiceId } from "./service-id.ts";
import type { TrustedProfile } from "./trusted-profile.ts";
import type { User } from "./user.ts";

export interface ApiKey {
  readonly id: string;
  readonly account: string;
  /** Whose key it is: the IAM id of a user or of a service ID. */
  readonly iamId: string;
  readonly name: string;
  readonly description: string;
  /** `AKIA…`: of one that signs requests in AWS's way and logs nobody in; null for all others. */
  readonly accessKeyId: string | null;
  /** A locked one can be neither changed nor deleted; it still logs in. */
  readonly locked: boolean;
  readonly disabled: boolean;
  readonly expiresAt: Millis | null;
  /** What becomes of it when somebody reports that it has leaked. */
  readonly actionWhenLeaked: ActionWhenLeaked;
  /** Whether sessions got with it may be managed by the operator's support, as IBM's wire asks; kept and shown. */
  readonly supportSessions: boolean;
  /** Sessions that it opened before this are over, also once it is enabled again. */
  readonly sessionsSince: Millis;
  readonly entityTag: string;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
}

export const LEAK_ACTIONS = ["none", "disable", "delete"] as const;
export type ActionWhenLeaked = (typeof LEAK_ACTIONS)[number];

/** Which keys of an account. */
export interface ApiKeyFilter {
  /** Of one identity only. */
  readonly iamId?: string | undefined;
  /** Those of users, or those of service IDs. */
  readonly ownedBy?: "user" | "serviceid" | undefined;
}

export const API_KEY_ORDERS = ["createdAt", "createdBy", "name", "description"] as const;
export type ApiKeyOrder = (typeof API_KEY_ORDERS)[number];

/** An identity that can be the subject of policies. */
export type Principal = User | ServiceId | TrustedProfile;

/** An identity that logs in: nobody holds credentials of a trusted profile. */
export type CredentialOwner = User | ServiceId;

/**
 * What a login was made with, and whose it is: an API key, or, with a password, a passcode or an identity provider,
 * the user itself (`key` null). What every later call of the login is judged by.
 */
export interface Credential {
  readonly key: ApiKey | null;
  readonly owner: CredentialOwner;
}

/** The id by which a token names it. */
export function credentialId({ key, owner }: Credential): string {
  return key?.id ?? owner.iamId;
}

/** IBM's limit for one identity. */
export const MAX_API_KEYS_PER_IDENTITY = 20;

const PREFIX = "ApiKey-";

export function newApiKeyId(): string {
  return `${PREFIX}${randomId()}`;
}

export function isApiKeyId(text: string): boolean {
  return text.startsWith(PREFIX) && isUuid(text.slice(PREFIX.length));
}

/** RFC 3339, section 5.6, and the shorter form of IBM's wire: without seconds, the offset without a colon. */
const TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:?\d{2})$/;

/** The moment from which on a key is no good; refuses what is no time, or is past. */
export function checkedExpiry(text: string, now: Millis): Millis {
  const moment = TIME.test(text) ? Date.parse(text) : Number.NaN;
  // Also false for a date that no calendar has.
  if (moment > now) return moment;
  const sentence = "The time at which an API key expires is as 2030-01-01T00:00:00Z, and ahead.";
  throw new Refusal("invalid_request", sentence);
}

/** Why a login is refused, for the wires whose errors tell these apart; `details.reason` of its refusal. */
export type LoginFault =
  | "unknown-api-key"
  | "api-key-disabled"
  | "api-key-expired"
  | "owner-disabled"
  | "address-not-allowed"
  | "unknown-refresh-token"
  | "refresh-token-of-another-client"
  | "refresh-token-of-another-account"
  | "refresh-token-used"
  | "refresh-token-expired"
  | "session-over"
  | "bad-login"
  | "password-not-allowed"
  | "second-factor-required"
  | "second-factor-missing"
  | "bad-second-factor"
  | "bad-passcode"
  | "bad-cookie"
  | "bad-access-token"
  | "profile-not-applicable"
  | "client-not-known"
  | "certificate-not-known"
  | "bad-challenge";

export function loginRefusal(reason: LoginFault, sentence: string): Refusal {
  return new Refusal("unauthenticated", sentence, { reason });
}

/** Whether a session that the credential opened at this moment has been ended since, whatever it may open now. */
export function hasEndedSince({ key, owner }: Credential, beganAt: Millis): boolean {
  if (key && beganAt < key.sessionsSince) return true;
  return owner.kind === "user" && beganAt < owner.sessionsSince;
}

/**
 * The key from the moment on in which it is no good: what was got with it is over, even if it was got in this very
 * millisecond.
 */
export function withSessionsEnded(key: ApiKey, now: Millis): ApiKey {
  return { ...key, sessionsSince: now + 1 };
}

/** Why the credential is no good now, or undefined when it is. Asked at login and at each call after it. */
export function credentialRefusal({ key, owner }: Credential, now: Millis): Refusal | undefined {
  if (key?.disabled) return loginRefusal("api-key-disabled", "The API key is disabled.");
  if (key && key.expiresAt !== null && key.expiresAt <= now) {
    return loginRefusal("api-key-expired", "The API key has expired.");
  }
  if (owner.kind === "user" && owner.state !== "active") {
    return loginRefusal("owner-disabled", "The user is disabled.");
  }
  return undefined;
}
