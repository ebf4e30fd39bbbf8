/** Passwords as AWS draws them (GetRandomPassword): from kinds of characters, without some, perhaps one of each kind. */
import { randomInt } from "node:crypto";
import { Refusal } from "../kernel/errors.ts";
import { Sensitive } from "../kernel/sensitive.ts";

export interface PasswordDraw {
  readonly length: number;
  readonly hasLowercase: boolean;
  readonly hasUppercase: boolean;
  readonly hasDigits: boolean;
  readonly hasPunctuation: boolean;
  readonly hasSpace: boolean;
  /** Characters that are not to be in it. */
  readonly without: string;
  /** At least one of each kind that it has; the space is of no kind. */
  readonly hasEach: boolean;
}

export const MIN_RANDOM_PASSWORD_CHARS = 1;
export const MAX_RANDOM_PASSWORD_CHARS = 4_096;
export const DEFAULT_RANDOM_PASSWORD_CHARS = 32;

const LOWERCASE = "abcdefghijklmnopqrstuvwxyz";
const UPPERCASE = LOWERCASE.toUpperCase();
const DIGITS = "0123456789";
export const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/**
 * Each password that fits is as likely as any other: whole passwords are drawn until one has a character of each kind.
 * With four kinds that takes some 2,000 draws of four characters at the very worst, and one or two as a rule.
 */
export function drawPassword(draw: PasswordDraw): Sensitive<string> {
  const { length, hasEach } = draw;
  const kinds = kindsOf(draw);
  const alphabet = [...kinds.flat(), ...without(draw.hasSpace ? " " : "", draw)];
  if (alphabet.length === 0) throw impossible("There is no character left that it could have.");
  if (hasEach) checkEach(kinds, length);
  for (;;) {
    const drawn = Array.from({ length }, () => alphabet[randomInt(alphabet.length)] ?? "");
    const chars = new Set(drawn);
    if (!hasEach || kinds.every((kind) => kind.some((char) => chars.has(char)))) {
      return new Sensitive(drawn.join(""));
    }
  }
}

function kindsOf(draw: PasswordDraw): readonly (readonly string[])[] {
  const { hasLowercase, hasUppercase, hasDigits, hasPunctuation } = draw;
  return [
    ...(hasLowercase ? [LOWERCASE] : []),
    ...(hasUppercase ? [UPPERCASE] : []),
    ...(hasDigits ? [DIGITS] : []),
    ...(hasPunctuation ? [PUNCTUATION] : []),
  ].map((kind) => without(kind, draw));
}

function without(chars: string, { without: excluded }: PasswordDraw): readonly string[] {
  const gone = new Set(excluded);
  return Array.from(chars).filter((char) => !gone.has(char));
}

function checkEach(kinds: readonly (readonly string[])[], length: number): void {
  if (kinds.some((kind) => kind.length === 0)) {
    throw impossible("Of each kind of character that is included, one has to be left.");
  }
  if (length < kinds.length) {
    throw impossible("It is too short for one character of each kind that is included.");
  }
}

function impossible(why: string): Refusal {
  const sentence = `No such password can be made. ${why}`;
  return new Refusal("invalid_request", sentence, { reason: "impossible-password" });
}
