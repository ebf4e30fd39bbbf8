/**
 * The second factor: time-based one-time codes (RFC 6238) of 6 digits every 30 seconds, SHA-1, which is what every
 * authenticator app makes.
 */
import { randomBytes } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import type { Millis } from "../kernel/clock.ts";
import { Sensitive } from "../kernel/sensitive.ts";

/** RFC 4226, section 4, R6: at least 128 bits, 160 recommended. */
const KEY_BYTES = 20;
const PERIOD_S = 30;
const DIGITS = 6;
/** RFC 6238, section 5.2: one step to either side, for clocks that differ and for people who type. */
const TOLERATED_STEPS = 1;
const CODE = /^\d{6}$/;
/** What authenticator apps show above the user's name. */
const ISSUER = "Keytrail";

export function newTotpKey(): Sensitive<Uint8Array> {
  return new Sensitive(randomBytes(KEY_BYTES));
}

/** For people who type it instead of scanning: base 32. */
export function totpKeyText(key: Sensitive<Uint8Array>): Sensitive<string> {
  return new Sensitive(secretOf(key).base32);
}

/** The address that an authenticator app reads from a QR code: `otpauth://totp/…`. */
export function totpUri(key: Sensitive<Uint8Array>, label: string): Sensitive<string> {
  return new Sensitive(totpOf(key, label).toString());
}

export interface OfferedCode {
  readonly code: Sensitive<string>;
  readonly now: Millis;
  /** The step of the last code that was taken. */
  readonly lastStep: number;
}

/**
 * The time step of the code, or undefined when it is not one of now. A step is good once: what somebody reads over a
 * shoulder is worth nothing (RFC 6238, section 5.2).
 */
export function totpStep(
  key: Sensitive<Uint8Array>,
  { code, now, lastStep }: OfferedCode,
): number | undefined {
  const token = code.reveal().replaceAll(/\s/g, "");
  if (!CODE.test(token)) return undefined;
  // Compares in constant time.
  const delta = totpOf(key, "").validate({ token, timestamp: now, window: TOLERATED_STEPS });
  if (delta === null) return undefined;
  const step = Math.floor(now / (PERIOD_S * 1_000)) + delta;
  return step > lastStep ? step : undefined;
}

function totpOf(key: Sensitive<Uint8Array>, label: string): TOTP {
  return new TOTP({
    issuer: ISSUER,
    label,
    algorithm: "SHA1",
    digits: DIGITS,
    period: PERIOD_S,
    secret: secretOf(key),
  });
}

function secretOf(key: Sensitive<Uint8Array>): Secret {
  return new Secret({ buffer: Uint8Array.from(key.reveal()).buffer });
}
