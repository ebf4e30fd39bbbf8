/** Account settings, read from IBM's wire: numbers and lists come as strings there, and `NOT_SET` takes one back. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type {
  ReadSettingsInput,
  UpdateSettingsInput,
} from "../../../../app/identity/account-settings.ts";
import {
  MFA_LEVELS,
  NOT_SET,
  RESTRICTIONS,
  type MfaLevel,
  type SettingChanges,
} from "../../../../identity/account-settings.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { About } from "../../../route.ts";
import { bodyOf, read } from "../body.ts";
import { segment } from "../path.ts";
import { Query } from "../query.ts";
import { ifMatchOf } from "./headers.ts";

/** Of the setting as text. IBM bounds it too. */
export const MAX_ADDRESSES_CHARS = 10_000;

const ACCOUNT_ID = /^[0-9a-f]{32}$/;
const restriction = z.enum([...RESTRICTIONS, NOT_SET]).optional();
const text = z.string().optional();
const list = z.array(z.unknown()).optional();

const settings = z.strictObject({
  restrict_create_service_id: restriction,
  restrict_create_platform_apikey: restriction,
  allowed_ip_addresses: text,
  mfa: text,
  user_mfa: list,
  session_expiration_in_seconds: text,
  session_invalidation_in_seconds: text,
  max_sessions_per_identity: text,
  system_access_token_expiration_in_seconds: text,
  system_refresh_token_expiration_in_seconds: text,
  restrict_user_list_visibility: restriction,
  restrict_user_domains: list,
});
type GivenSettings = z.output<typeof settings>;

export const aboutSettings: About = (request) => {
  const id = segment(request, "account_id");
  return ACCOUNT_ID.test(id) ? { kind: "settings", id } : null;
};

function accountIn(request: FastifyRequest): string {
  const id = segment(request, "account_id");
  if (ACCOUNT_ID.test(id)) return id;
  throw new Refusal("invalid_request", "The id of an account is 32 hexadecimal digits.");
}

export function decodeSettingsRead(request: FastifyRequest): ReadSettingsInput {
  // Nobody is exempted from the second factor, so there is nobody to be told of by name.
  const query = new Query(request, ["include_history", "resolve_user_mfa"]);
  query.flag("resolve_user_mfa");
  return { account: accountIn(request), includeHistory: query.flag("include_history") };
}

export function decodeSettingsUpdate(request: FastifyRequest): UpdateSettingsInput {
  const account = accountIn(request);
  const ifMatch = ifMatchOf(request);
  const given = read(settings, bodyOf(request));
  assertServed(given);
  return { account, ifMatch, changes: changesOf(given) };
}

function changesOf(given: GivenSettings): SettingChanges {
  return {
    restrictCreateServiceId: given.restrict_create_service_id,
    restrictCreateApiKey: given.restrict_create_platform_apikey,
    mfa: mfaOf(given.mfa),
    allowedIpAddresses: addressesOf(given.allowed_ip_addresses),
    sessionLifetimeS: numberOf(given, "session_expiration_in_seconds"),
    sessionIdleS: numberOf(given, "session_invalidation_in_seconds"),
    maxSessionsPerIdentity: numberOf(given, "max_sessions_per_identity"),
    accessTokenLifetimeS: numberOf(given, "system_access_token_expiration_in_seconds"),
    refreshTokenLifetimeS: numberOf(given, "system_refresh_token_expiration_in_seconds"),
  };
}

/** What IBM has and is not enforced here is refused where it would restrict anything: it would only seem to. */
function assertServed(given: GivenSettings): void {
  if (given.user_mfa?.length) {
    throw refused("user_mfa", "No user can be exempted from the account's second factor here.");
  }
  if (given.restrict_user_domains?.length) {
    throw refused("restrict_user_domains", "Invitations cannot be restricted to domains here.");
  }
  if (given.restrict_user_list_visibility === "RESTRICTED") {
    const sentence =
      "The list of users is for those who have a role for it, and restricted no further.";
    throw refused("restrict_user_list_visibility", sentence);
  }
}

function mfaOf(given: string | undefined): MfaLevel | typeof NOT_SET | undefined {
  if (given === undefined || given === NOT_SET) return given;
  const level = MFA_LEVELS.find((one) => one === given);
  if (level) return level;
  const sentence = `This level of mfa is not enforced here; those that are: ${MFA_LEVELS.join(", ")}.`;
  throw refused("mfa", sentence);
}

/** Separated by commas or spaces; none: from anywhere. */
function addressesOf(given: string | undefined): readonly string[] | typeof NOT_SET | undefined {
  if (given === undefined || given === NOT_SET) return given;
  if (given.length > MAX_ADDRESSES_CHARS) {
    const sentence = `The allowed addresses have at most ${MAX_ADDRESSES_CHARS} characters in all.`;
    throw refused("allowed_ip_addresses", sentence);
  }
  return given.split(/[\s,]+/).filter((address) => address !== "");
}

type NumberField = Extract<
  keyof GivenSettings,
  `${string}_in_seconds` | "max_sessions_per_identity"
>;

function numberOf(given: GivenSettings, field: NumberField): number | typeof NOT_SET | undefined {
  const value = given[field];
  if (value === undefined || value === NOT_SET) return value;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw refused(field, `The field ${field} is a whole number as a string, or ${NOT_SET}.`);
}

function refused(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
