/** Bounds on the texts that people give identities: names, descriptions, addresses. */
import { Refusal } from "../kernel/errors.ts";

export const MAX_NAME_CHARS = 255;
export const MAX_DESCRIPTION_CHARS = 1_000;
/** RFC 5321, section 4.5.3.1.3, less the angle brackets. */
export const MAX_EMAIL_CHARS = 254;

/**
 * Control characters, the separators that would break a line of a log or a screen, and what turns the direction of
 * all that follows in it: a name must not make a message of the trail read otherwise than it is.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202A-\u202E\u2066-\u2069]/u;
/** What leaves nothing to be seen of a name that has no other characters. */
const INVISIBLE = /[\s\p{Cf}]/gu;
const EMAIL = /^[^\s@]+@[^\s@]+$/u;
/** AWS's names of users and roles. */
const PLAIN_NAME = /^[\w+=,.@-]{1,64}$/;

/** The name in Unicode's composed form; refuses one that is empty, too long or not printable. */
export function checkedName(name: string): string {
  return bounded(name, { field: "name", min: 1, max: MAX_NAME_CHARS });
}

export function checkedDescription(description: string): string {
  return bounded(description, { field: "description", min: 0, max: MAX_DESCRIPTION_CHARS });
}

/** The address as it is compared and kept: in lower case. Says nothing of whether it receives mail. */
export function checkedEmail(email: string): string {
  const text = bounded(email, { field: "email", min: 3, max: MAX_EMAIL_CHARS }).toLowerCase();
  if (!EMAIL.test(text)) throw invalid("email", "`email` is not an e-mail address.");
  return text;
}

export function isPlainName(text: string): boolean {
  return PLAIN_NAME.test(text);
}

/** What a user logs in with: an e-mail address, or a plain name. As it is compared and kept: in lower case. */
export function checkedLoginName(name: string): string {
  return isPlainName(name) ? name.toLowerCase() : checkedEmail(name);
}

/** The text in Unicode's composed form; refuses, in the name of its field, one that is out of bounds or not printable. */
export function bounded(
  given: string,
  { field, min, max }: { readonly field: string; readonly min: number; readonly max: number },
): string {
  const text = given.normalize("NFC");
  if (text.replaceAll(INVISIBLE, "").length < min || text.length > max) {
    throw invalid(field, `\`${field}\` must have between ${min} and ${max} characters.`);
  }
  if (UNPRINTABLE.test(text)) {
    throw invalid(field, `\`${field}\` has characters that cannot be printed.`);
  }
  return text;
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
