/** One-time passcodes: what a person copies from a browser into a command line. */
import { randomBytes } from "node:crypto";
import type { Millis } from "../kernel/clock.ts";

/** Good once, and not for long. */
export interface Passcode {
  /** SHA-256, in hex. */
  readonly hash: string;
  readonly account: string;
  readonly iamId: string;
  /** The session it was asked for in: a passcode does not outlive it. */
  readonly session: string;
  readonly expiresAt: Millis;
}

export const PASSCODE_LIFETIME_MS = 10 * 60 * 1_000;

/** Marks a text as what it is, as the prefixes of keys do. */
const PREFIX = "ktp";
const RANDOM_BYTES = 16;
/** Crockford's base 32: no letter that is read as a digit or as another letter. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const BITS_PER_DIGIT = 5;
/** The digits of 128 bits. */
const DIGITS = Math.ceil((RANDOM_BYTES * 8) / BITS_PER_DIGIT);
const GROUP = /.{1,5}/g;
const FORM = new RegExp(`^${PREFIX}[${ALPHABET}]{${DIGITS}}$`);
/** Far more than a passcode with any spaces and dashes that people put into it. */
const MAX_TYPED_CHARS = 100;

/** 128 random bits, in groups that can be read and typed: `ktp-7h2k4-…`. */
export function newPasscode(): string {
  let rest = BigInt(`0x${randomBytes(RANDOM_BYTES).toString("hex")}`);
  let digits = "";
  for (let n = 0; n < DIGITS; n++) {
    digits = ALPHABET.charAt(Number(rest % 32n)) + digits;
    rest /= 32n;
  }
  return grouped(digits);
}

/** The passcode as it was made, whatever case, spaces, dashes and look-alikes it was typed with; or undefined. */
export function passcodeAsMade(typed: string): string | undefined {
  if (typed.length > MAX_TYPED_CHARS) return undefined;
  const text = typed
    .toLowerCase()
    .replaceAll(/[\s-]/g, "")
    .replaceAll("o", "0")
    .replaceAll(/[il]/g, "1");
  return FORM.test(text) ? grouped(text.slice(PREFIX.length)) : undefined;
}

function grouped(digits: string): string {
  return [PREFIX, ...(digits.match(GROUP) ?? [])].join("-");
}
