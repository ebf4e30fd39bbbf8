/** What an account lets its identities do, and for how long: IBM's IAM account settings, each of them enforced. */
import { hash } from "node:crypto";
import type { Millis } from "../kernel/clock.ts";
import { REFRESH_TOKEN_LIFETIME_MS } from "./refresh-token.ts";
import { ACCESS_TOKEN_LIFETIME_S } from "./token-claims.ts";

export const RESTRICTIONS = ["RESTRICTED", "NOT_RESTRICTED"] as const;
export type Restriction = (typeof RESTRICTIONS)[number];

/** `TOTP`: everyone but federated users brings a one-time code with a password; `TOTP4ALL`: those too. */
export const MFA_LEVELS = ["NONE", "NONE_NO_ROPC", "TOTP", "TOTP4ALL"] as const;
export type MfaLevel = (typeof MFA_LEVELS)[number];

export interface AccountSettings {
  readonly account: string;
  /** RESTRICTED: only who has a role for it makes service IDs. */
  readonly restrictCreateServiceId: Restriction;
  /** RESTRICTED: a user needs a role to make API keys of its own. */
  readonly restrictCreateApiKey: Restriction;
  readonly mfa: MfaLevel;
  /** Addresses and ranges (CIDR) that calls may come from; none: from anywhere. */
  readonly allowedIpAddresses: readonly string[];
  /** How long a session may last at all. */
  readonly sessionLifetimeS: number;
  /** How long a session may lie still. */
  readonly sessionIdleS: number;
  /** Sessions of one identity at a time; the oldest ends for the newest. Null: as many as it likes. */
  readonly maxSessionsPerIdentity: number | null;
  readonly accessTokenLifetimeS: number;
  readonly refreshTokenLifetimeS: number;
  /** Whether everyone in the account has what its group for public access has. */
  readonly publicAccess: boolean;
  readonly entityTag: string;
  readonly modifiedAt: Millis;
}

/** Least privilege: what an account is before anyone has set anything. */
export function initialSettings(account: string, now: Millis): AccountSettings {
  return {
    account,
    restrictCreateServiceId: "RESTRICTED",
    restrictCreateApiKey: "NOT_RESTRICTED",
    mfa: "NONE",
    allowedIpAddresses: [],
    sessionLifetimeS: 86_400,
    sessionIdleS: 7_200,
    maxSessionsPerIdentity: null,
    accessTokenLifetimeS: ACCESS_TOKEN_LIFETIME_S,
    refreshTokenLifetimeS: REFRESH_TOKEN_LIFETIME_MS / 1_000,
    publicAccess: false,
    // The same each time they are looked up: nothing is kept of settings that nobody has changed.
    entityTag: `1-${hash("sha256", account, "hex").slice(0, 32)}`,
    modifiedAt: now,
  };
}
