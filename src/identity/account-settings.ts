/** What an account lets its identities do, and for how long: IBM's IAM account settings, each of them enforced. */
import { hash } from "node:crypto";
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { isAddressRange, MAX_ALLOWED_ADDRESSES } from "./addresses.ts";
import { newEntityTag } from "./entity-tag.ts";
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

/** Given for a setting, it takes back whatever was set: the initial value holds again. */
export const NOT_SET = "NOT_SET";

/** What an account's administrators decide on here; public access is for those of its groups. */
export const SETTABLE = [
  "restrictCreateServiceId",
  "restrictCreateApiKey",
  "mfa",
  "allowedIpAddresses",
  "sessionLifetimeS",
  "sessionIdleS",
  "maxSessionsPerIdentity",
  "accessTokenLifetimeS",
  "refreshTokenLifetimeS",
] as const satisfies readonly (keyof AccountSettings)[];

export type Settable = (typeof SETTABLE)[number];

/** What is left out stays. */
export type SettingChanges = {
  readonly [Name in Settable]?: AccountSettings[Name] | typeof NOT_SET | undefined;
};

/** IBM's bounds, in seconds, both included. */
const SECONDS = {
  sessionLifetimeS: [900, 86_400],
  sessionIdleS: [900, 7_200],
  accessTokenLifetimeS: [900, 3_600],
  refreshTokenLifetimeS: [900, 259_200],
} as const satisfies Partial<Record<Settable, readonly [number, number]>>;

/** What sessions and tokens are called in a refusal. */
const SUBJECTS = {
  sessionLifetimeS: "A session lasts",
  sessionIdleS: "A session lies still for",
  accessTokenLifetimeS: "An access token lives for",
  refreshTokenLifetimeS: "A refresh token lives for",
} as const;

/** More could be counted, but would be no bound on anything. */
export const MAX_SESSIONS_PER_IDENTITY = 10_000;

/** The settings with the changes, and a new entity tag. Refuses what is out of bounds, or no address. */
export function changedSettings(
  settings: AccountSettings,
  changes: SettingChanges,
  now: Millis,
): AccountSettings {
  const initial = initialSettings(settings.account, now);
  const chosen = Object.fromEntries(
    SETTABLE.filter((name) => changes[name] !== undefined).map((name) => [
      name,
      changes[name] === NOT_SET ? initial[name] : changes[name],
    ]),
  ) as Partial<AccountSettings>;
  const changed = { ...settings, ...chosen, entityTag: newEntityTag(), modifiedAt: now };
  assertInBounds(changed);
  return changed;
}

function assertInBounds(settings: AccountSettings): void {
  for (const name of Object.keys(SECONDS) as (keyof typeof SECONDS)[]) {
    const [min, max] = SECONDS[name];
    const sentence = `${SUBJECTS[name]} ${min} to ${max} whole seconds.`;
    assertWhole(settings[name], { min, max, sentence });
  }
  const { maxSessionsPerIdentity: most, allowedIpAddresses: addresses } = settings;
  if (most !== null) {
    const max = MAX_SESSIONS_PER_IDENTITY;
    const sentence = `An identity has 1 to ${max} sessions at a time.`;
    assertWhole(most, { min: 1, max, sentence });
  }
  if (addresses.length > MAX_ALLOWED_ADDRESSES || !addresses.every(isAddressRange)) {
    const sentence = `Allowed are at most ${MAX_ALLOWED_ADDRESSES} IP addresses, and ranges as 192.0.2.0/24.`;
    throw new Refusal("invalid_request", sentence);
  }
}

function assertWhole(
  value: number,
  { min, max, sentence }: { readonly min: number; readonly max: number; readonly sentence: string },
): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new Refusal("invalid_request", sentence);
}
