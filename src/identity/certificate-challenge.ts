/** A challenge to the key of a certificate: only whoever has the key can say what it is. Good once, and not for long. */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { randomId } from "../kernel/ids.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Sensitive } from "../kernel/sensitive.ts";

export interface CertificateChallenge {
  readonly id: string;
  /** SHA-256 of the challenge, in hex: itself it is not kept. */
  readonly hash: string;
  /** The provider that vouches for the certificate. */
  readonly provider: string;
  readonly account: string;
  /** The certificate that was brought, and those between it and the authority, in PEM: public. */
  readonly certificates: string;
  readonly expiresAt: Millis;
}

/** DSV's. */
export const CHALLENGE_LIFETIME_MS = 5 * 60 * 1_000;
const CHALLENGE_BYTES = 32;
/** Base64 of the challenge; a longer text is none. */
export const MAX_ANSWER_CHARS = 128;

/** The challenge itself, to be encrypted to the key, and what is kept of it. */
export function newChallenge(): Pick<CertificateChallenge, "id" | "hash"> & {
  readonly bytes: Uint8Array;
} {
  const bytes = randomBytes(CHALLENGE_BYTES);
  return { id: randomId(), hash: hash("sha256", bytes, "hex"), bytes };
}

/** Whether somebody has found out what the challenge is, and says it in Base64. */
export function isAnswered(challenge: CertificateChallenge, answer: Sensitive<string>): boolean {
  const text = answer.reveal();
  if (text.length > MAX_ANSWER_CHARS) return false;
  const offered = hash("sha256", Buffer.from(text, "base64"), "buffer");
  return timingSafeEqual(offered, Buffer.from(challenge.hash, "hex"));
}
