/**
 * Signs each request's body, byte by byte as it is sent (so after gzip), by HMAC-SHA-256: in a header of the receiver's
 * choice, or by the symmetric scheme of Standard Webhooks (`v1`, over id, time and body).
 */
import { createHmac } from "node:crypto";
import { z } from "zod";
import {
  parseSigningKey,
  signatureHeaders as standardWebhookHeaders,
  type Signed,
  type SigningKey,
} from "../../kernel/standard-webhooks.ts";
import { DeliveryFault } from "../fault.ts";
import { headerName } from "./headers.ts";

/** The credential: of `hmac` the key as its text stands there, of `standard-webhooks` `whsec_` and base64. */
export const HMAC_KEY = "hmac_key";
export const MAX_SIGNATURE_PREFIX_CHARS = 32;

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

/** Throws a DeliveryFault `denied` for a key that is none. */
export function signatureHeaders(
  settings: SignatureSettings,
  key: string,
  signed: Signed,
): Readonly<Record<string, string>> {
  if (settings.scheme === "standard-webhooks") {
    return standardWebhookHeaders(signed, [webhookKey(key)]);
  }
  const { at, body } = signed;
  const seconds = String(Math.floor(at / 1_000));
  const { header, algorithm, encoding, prefix, timestamp_header: timestampHeader } = settings;
  const hmac = createHmac(algorithm, key);
  if (timestampHeader !== undefined) hmac.update(`${seconds}.`);
  return {
    ...(timestampHeader === undefined ? {} : { [timestampHeader]: seconds }),
    [header]: `${prefix}${hmac.update(body).digest(encoding)}`,
  };
}

/** Throws a DeliveryFault `denied` for a key that is none. */
function webhookKey(text: string): SigningKey {
  const key = parseSigningKey(text);
  if (key) return key;
  const sentence = `the credential ${HMAC_KEY} is not whsec_ and 24 to 64 bytes in base64`;
  throw new DeliveryFault("denied", sentence);
}
