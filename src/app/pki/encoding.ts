/** How keys and certificates are written where DSV keeps them: PEM, in Base64 once more. */
import type { KeyObject } from "node:crypto";
import { Sensitive } from "../../kernel/sensitive.ts";
import { pemOfKey } from "../../pki/keys.ts";
import { MAX_PEM_BYTES } from "../../pki/pem.ts";

/** Base64 takes four bytes for three; beyond this whoever reads the text refuses it anyway. */
const MAX_TEXT_CHARS = MAX_PEM_BYTES * 2;
const ARMOUR = "-----BEGIN ";

/** PEM, whether it is given as it is or in Base64. What is neither stays as it is: whoever reads it refuses it. */
export function pemIn(text: string): string {
  if (text.includes(ARMOUR) || text.length > MAX_TEXT_CHARS) return text;
  const decoded = Buffer.from(text, "base64").toString("utf8");
  return decoded.includes(ARMOUR) ? decoded : text;
}

export function keyPemIn(text: Sensitive<string>): Sensitive<string> {
  return new Sensitive(pemIn(text.reveal()));
}

export function inBase64(pem: string): string {
  return Buffer.from(pem).toString("base64");
}

/** As DSV's clients read it: an RSA key in PKCS #1 (RFC 8017), any other in PKCS #8. */
export function keyInBase64(key: KeyObject): Sensitive<string> {
  if (key.asymmetricKeyType !== "rsa") return new Sensitive(inBase64(pemOfKey(key).reveal()));
  return new Sensitive(inBase64(key.export({ type: "pkcs1", format: "pem" })));
}
