/** What an identity provider says of a person, in the form in which rules and users speak of it. */
import type { Claims } from "../../identity/claims.ts";
import type { Person } from "../../identity/identity-provider.ts";
import { checkedEmail, checkedLoginName, checkedName } from "../../identity/text.ts";
import { Refusal } from "../../kernel/errors.ts";
import { federationRefusal, type Vouched } from "./federation.ts";

/** OpenID Connect Core 1.0, section 2. */
export const MAX_SUBJECT_CHARS = 255;
export const MAX_CLAIMS = 100;
/** Companies put people into hundreds of groups. */
export const MAX_CLAIM_VALUES = 1_000;
export const MAX_CLAIM_VALUE_CHARS = 1_024;
/** Names and values together. */
export const MAX_CLAIMS_CHARS = 64 * 1_024;

/** Of the token, not of the person (OpenID Connect Core 1.0, sections 2 and 3.1.3.6). */
const OF_THE_TOKEN: ReadonlySet<string> = new Set([
  "iss",
  "aud",
  "exp",
  "iat",
  "nbf",
  "auth_time",
  "nonce",
  "azp",
  "at_hash",
  "c_hash",
  "s_hash",
  "jti",
  "sid",
]);

/**
 * Throws a refusal where there is more than can be taken: a rule that asks for a claim to be something else must not
 * be met because a part of it was left out.
 */
export function personOf(
  { subject, claims }: Vouched,
  usernameClaim: string | null = null,
): Person {
  if (subject === "" || subject.length > MAX_SUBJECT_CHARS) throw notUsable("its subject");
  return {
    subject,
    email: loginNameIn(claims, usernameClaim),
    name: usable(checkedName, claims["name"]) ?? usable(checkedName, claims["preferred_username"]),
    claims: boundedClaims(claims),
  };
}

/**
 * The address, if the provider has verified it; or what the claim says by which the account's administrator has decided
 * to know people, and whose truth is then the provider's alone.
 */
function loginNameIn(claims: Vouched["claims"], usernameClaim: string | null): string | null {
  if (usernameClaim !== null && usernameClaim !== "email") {
    return Object.hasOwn(claims, usernameClaim)
      ? usable(checkedLoginName, claims[usernameClaim])
      : null;
  }
  return claims["email_verified"] === true ? usable(checkedEmail, claims["email"]) : null;
}

function boundedClaims(given: Vouched["claims"]): Claims {
  const claims = Object.entries(given)
    .filter(([name]) => !OF_THE_TOKEN.has(name))
    .map(([name, value]) => [name, textsOf(value)] as const)
    .filter(([, values]) => values.length > 0);
  if (claims.length > MAX_CLAIMS) throw notUsable("the number of its claims");
  let chars = 0;
  for (const [name, values] of claims) {
    if (values.length > MAX_CLAIM_VALUES) throw notUsable("the number of values of a claim");
    chars += name.length;
    for (const value of values) {
      if (value.length > MAX_CLAIM_VALUE_CHARS) throw notUsable("the length of a claim");
      chars += value.length;
    }
  }
  if (chars > MAX_CLAIMS_CHARS) throw notUsable("the length of its claims");
  // Own properties by definition, whatever they are called.
  return Object.fromEntries(claims);
}

/** Texts, numbers and truth values, alone or in a list. What is made of parts has no value that a rule could name. */
function textsOf(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((one) =>
    typeof one === "string" || typeof one === "number" || typeof one === "boolean"
      ? [String(one)]
      : [],
  );
}

/** A name or an address that is none here is as good as none at all. */
function usable(check: (text: string) => string, value: unknown): string | null {
  if (typeof value !== "string") return null;
  try {
    return check(value);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

function notUsable(what: string): Refusal {
  const sentence = `What the identity provider says of the person cannot be taken: ${what}.`;
  return federationRefusal("claims-not-usable", sentence);
}
