/** Expiry: when the values of a secret are destroyed on their own. */
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { kindOf } from "./kinds/kinds.ts";
import { DESTROYED, type Secret, type SecretType } from "./secret.ts";

/** RFC 3339, section 5.6; a date or a time without an offset is not one. */
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads an expiration date: RFC 3339, in the future, for a type that can expire. Refuses any other.
 */
export function expiryOf(date: string | undefined, type: SecretType, now: Millis): Millis | null {
  if (date === undefined) return null;
  if (!kindOf(type).expiresByDate)
    throw refused(`A ${type} secret does not expire by a date given to it.`);
  const at = RFC3339.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(at)) {
    throw refused("An expiration date is a time as RFC 3339 has it: 2030-01-01T00:00:00Z, say.");
  }
  if (at <= now) throw refused("An expiration date lies in the future.");
  return at;
}

/**
 * Whether its values are not to be given out any more, even if the schedule has not come to destroy
 * them yet. Locks keep a secret alive past its date, but not a certificate.
 */
export function isExpired(
  secret: Pick<Secret, "expiresAt" | "locksTotal" | "state" | "type">,
  now: Millis,
): boolean {
  if (secret.state === DESTROYED) return true;
  if (secret.expiresAt === null || secret.expiresAt > now) return false;
  return secret.locksTotal === 0 || kindOf(secret.type).expiresThoughLocked;
}

export function expired(): Refusal {
  return new Refusal("precondition_failed", "The secret has expired: its values are destroyed.");
}

function refused(sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field: "expirationDate" });
}
