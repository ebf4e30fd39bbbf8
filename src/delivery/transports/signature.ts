/**
 * Signs each request's body, byte by byte as it is sent (so after gzip), by HMAC-SHA-256: in a header of the receiver's
 * choice, or by the symmetric scheme of Standard Webhooks (`v1`, over id, time and body).
 */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { fromBase64 } from "../../kernel/bytes.ts";
import type { Millis } from "../../kernel/clock.ts";
import { DeliveryFault } from "../fault.ts";
import { headerName } from "./headers.ts";

/** The credential: of `hmac` the key as its text stands there, of `standard-webhooks` `whsec_` and base64. */
export const HMAC_KEY = "hmac_key";
export const MAX_SIGNATURE_PREFIX_CHARS = 32;
/** Standard Webhooks, "Symmetric": between 192 and 512 bits. */
export const MIN_WEBHOOK_KEY_BYTES = 24;
export const MAX_WEBHOOK_KEY_BYTES = 64;
const WEBHOOK_KEY_PREFIX = "whsec_";

export const signatureSettings = z.discriminatedUnion("scheme", [
  z
    .strictObject({
      scheme: z.literal("hmac"),
      header: headerName,
      algorithm: z.literal("sha256").default("sha256"),
      encoding: z.enum(["hex", "base64"]).default("hex"),
      /** Before the signature: `sha256=`, say. */
      prefix: z
        .string()
        .max(MAX_SIGNATURE_PREFIX_CHARS)
        .regex(/^[\x20-\x7e]*$/, { error: "is what may stand in a header" })
        .default(""),
      /** With it the seconds since 1970 stand in that header, and what is signed are they, a full stop, and the body. */
      timestamp_header: headerName.optional(),
    })
    .readonly(),
  z.strictObject({ scheme: z.literal("standard-webhooks") }).readonly(),
]);

export type SignatureSettings = z.output<typeof signatureSettings>;

export interface Signed {
  /** The same for the same events, however often they are sent. */
  readonly id: string;
  readonly at: Millis;
  readonly body: Uint8Array;
}

/** Throws a DeliveryFault `denied` for a key that is none. */
export function signatureHeaders(
  settings: SignatureSettings,
  key: string,
  { id, at, body }: Signed,
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(at / 1_000));
  if (settings.scheme === "standard-webhooks") {
    const hmac = createHmac("sha256", webhookKey(key)).update(`${id}.${seconds}.`).update(body);
    return {
      "webhook-id": id,
      "webhook-timestamp": seconds,
      "webhook-signature": `v1,${hmac.digest("base64")}`,
    };
  }
  const { header, algorithm, encoding, prefix, timestamp_header: timestampHeader } = settings;
  const hmac = createHmac(algorithm, key);
  if (timestampHeader !== undefined) hmac.update(`${seconds}.`);
  return {
    ...(timestampHeader === undefined ? {} : { [timestampHeader]: seconds }),
    [header]: `${prefix}${hmac.update(body).digest(encoding)}`,
  };
}

function webhookKey(text: string): Uint8Array {
  const bytes = text.startsWith(WEBHOOK_KEY_PREFIX)
    ? fromBase64(padded(text.slice(WEBHOOK_KEY_PREFIX.length)))
    : undefined;
  const sizeBytes = bytes?.length ?? 0;
  if (bytes && sizeBytes >= MIN_WEBHOOK_KEY_BYTES && sizeBytes <= MAX_WEBHOOK_KEY_BYTES) {
    return bytes;
  }
  const sentence = `the credential ${HMAC_KEY} is not ${WEBHOOK_KEY_PREFIX} and 24 to 64 bytes in base64`;
  throw new DeliveryFault("denied", sentence);
}

function padded(base64: string): string {
  return base64.padEnd(Math.ceil(base64.length / 4) * 4, "=");
}
