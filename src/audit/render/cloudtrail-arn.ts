/** Our accounts, regions and secrets under the names that AWS would have for them. */
import { hash } from "node:crypto";
import { OPERATOR_ACCOUNT } from "../crn.ts";

/** The account of what belongs to no tenant; AWS gives it to nobody. */
const OPERATOR_NUMBER = "000000000000";
const ACCOUNT_NUMBERS = 10n ** 12n;

/** Where AWS records what its global services do: IAM, signing in. */
const REGION_OF_GLOBAL = "us-east-1";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SUFFIX_CHARS = 6;

/** What was worked out last of accounts and of ids: every answer and every record names a secret by its ARN. */
export const MAX_HELD_PARTS = 10_000;
const numbers = new Map<string, string>();
const suffixes = new Map<string, string>();

/**
 * Twelve digits, as AWS has them: of an account that has no such number the SHA-256 of its id, modulo 10^12. The same
 * account has the same number on every machine.
 */
export function accountNumber(account: string): string {
  return held(numbers, account, () => {
    if (/^\d{12}$/.test(account)) return account;
    if (account === OPERATOR_ACCOUNT) return OPERATOR_NUMBER;
    const number = BigInt(`0x${hash("sha256", account)}`) % ACCOUNT_NUMBERS;
    return number.toString().padStart(12, "0");
  });
}

export function regionOf(region: string): string {
  return region === "" || region === "global" ? REGION_OF_GLOBAL : region;
}

/** A part of an ARN: whatever IAM allows in no name becomes an underscore. */
export function arnPart(text: string): string {
  return text.replaceAll(/[^\w+=,.@-]/g, "_") || "_";
}

/** `arn:aws:iam::ACCOUNT:KIND/NAME` */
export function iamArn(account: string, kind: string, name: string): string {
  return `arn:aws:iam::${accountNumber(account)}:${kind}/${arnPart(name)}`;
}

/**
 * `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX`. AWS draws the suffix at random when it makes a secret;
 * ours follows from the end of the secret's id, which no other secret of the name has either, but for its replicas.
 */
export function secretArn(
  place: { readonly account: string; readonly region: string },
  secret: { readonly id: string; readonly name: string },
): string {
  const name = secret.name.replaceAll(/[^\w/+=.@-]/g, "_") || secret.id;
  const where = `${regionOf(place.region)}:${accountNumber(place.account)}`;
  return `arn:aws:secretsmanager:${where}:secret:${name}-${arnSuffix(secret.id)}`;
}

/** Of a replica it is that of its primary, whose id ends as its own does. */
export function arnSuffix(id: string): string {
  const ending = id.slice(id.lastIndexOf("-") + 1);
  return held(suffixes, ending, () => {
    const digest = hash("sha256", ending, "buffer").subarray(0, SUFFIX_CHARS);
    return Array.from(digest, (byte) => BASE62[byte % BASE62.length]).join("");
  });
}

/** The same text always: when there are too many, all are forgotten and worked out again. */
function held(parts: Map<string, string>, of: string, make: () => string): string {
  const known = parts.get(of);
  if (known !== undefined) return known;
  if (parts.size >= MAX_HELD_PARTS) parts.clear();
  const made = make();
  parts.set(of, made);
  return made;
}
