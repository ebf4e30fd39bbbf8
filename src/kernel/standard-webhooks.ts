/**
 * Signs what is sent, so that a receiver knows that it comes from here, unaltered and now: the symmetric scheme of the
 * Standard Webhooks specification (`v1`, HMAC-SHA-256 over id, time and body).
 */
import { createHmac } from "node:crypto";
import type { Millis } from "./clock.ts";
import { Sensitive } from "./sensitive.ts";

const PREFIX = "whsec_";
/** Standard Webhooks, "Symmetric": between 192 and 512 bits. */
export const MIN_SECRET_BYTES = 24;
export const MAX_SECRET_BYTES = 64;

export type SigningKey = Sensitive<Uint8Array>;

/** The key of `whsec_` and its base64; undefined for what is no such text. */
export function parseSigningKey(text: string): SigningKey | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, "base64");
  const isWhole = bytes.toString("base64").replace(/=+$/, "") === encoded.replace(/=+$/, "");
  const isSized = bytes.length >= MIN_SECRET_BYTES && bytes.length <= MAX_SECRET_BYTES;
  return isWhole && isSized ? new Sensitive(new Uint8Array(bytes)) : undefined;
}

export interface Signed {
  /** The same for the same message, however often it is sent. */
  readonly id: string;
  readonly at: Millis;
  readonly body: string | Uint8Array;
}

/** The headers: one signature by each key, so that a receiver can be given a new one before the old one ends. */
export function signatureHeaders(
  { id, at, body }: Signed,
  keys: readonly SigningKey[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1_000));
  const signatures = keys.map((key) => {
    const hmac = createHmac("sha256", key.reveal());
    return `v1,${hmac.update(`${id}.${timestamp}.`).update(body).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    ...(signatures.length > 0 ? { "webhook-signature": signatures.join(" ") } : {}),
  };
}
