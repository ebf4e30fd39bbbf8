/**
 * Generated passwords: by a policy, from the system's randomness, every allowed password equally
 * likely.
 */
import { randomInt } from "node:crypto";
import { Refusal } from "../kernel/errors.ts";
import { Sensitive } from "../kernel/sensitive.ts";

export interface PasswordPolicy {
  readonly length: number;
  readonly includeDigits: boolean;
  readonly includeSymbols: boolean;
  readonly includeUppercase: boolean;
}

export const MIN_PASSWORD_CHARS = 12;
export const MAX_PASSWORD_CHARS = 256;

export const DEFAULT_PASSWORD_POLICY: PasswordPolicy = {
  length: 32,
  includeDigits: true,
  includeSymbols: true,
  includeUppercase: true,
};

const LOWERCASE = "abcdefghijklmnopqrstuvwxyz";
const UPPERCASE = LOWERCASE.toUpperCase();
const DIGITS = "0123456789";
const SYMBOLS = "!#$%&*+-.:;<=>?@^_~()[]{}";

export function checkPasswordPolicy({ length }: PasswordPolicy): void {
  if (!Number.isInteger(length) || length < MIN_PASSWORD_CHARS || length > MAX_PASSWORD_CHARS) {
    throw new Refusal(
      "invalid_request",
      `A generated password has ${MIN_PASSWORD_CHARS} to ${MAX_PASSWORD_CHARS} characters.`,
      { field: "passwordPolicy" },
    );
  }
}

/**
 * At least one character of each class the policy includes. Whole passwords are drawn until one has
 * them all, rather than placed character by character: so each password that fits the policy is as
 * likely as any other.
 */
export function generatePassword(policy: PasswordPolicy): Sensitive<string> {
  const classes = classesOf(policy);
  const alphabet = classes.join("");
  for (;;) {
    const drawn = Array.from({ length: policy.length }, () => alphabet[randomInt(alphabet.length)]);
    if (
      classes.every((chars) => drawn.some((char) => char !== undefined && chars.includes(char)))
    ) {
      return new Sensitive(drawn.join(""));
    }
  }
}

function classesOf(policy: PasswordPolicy): readonly string[] {
  return [
    LOWERCASE,
    ...(policy.includeUppercase ? [UPPERCASE] : []),
    ...(policy.includeDigits ? [DIGITS] : []),
    ...(policy.includeSymbols ? [SYMBOLS] : []),
  ];
}
