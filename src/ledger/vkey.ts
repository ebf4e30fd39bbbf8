/**
 * Verifier keys of signed notes (C2SP signed-note, "Verifier keys"): `<name>+<key id>+<base64 key>`, where the
 * base64 part is one byte of signature type followed by the public key, and the key id is the first four bytes of
 * SHA-256(name || "\n" || type || public key), in hex.
 */
import { hash } from "node:crypto";
import { fromBase64, toBase64, toHex, utf8 } from "../kernel/bytes.ts";
import { ED25519_KEY_BYTES } from "./ed25519.ts";

/** Signature types this program speaks; C2SP assigns more, which readers of notes ignore. */
export const ALG_ED25519 = 0x01;
export const ALG_COSIGNATURE = 0x04;

export const KEY_ID_BYTES = 4;

/** A text that is not a usable key. The sentence says why and is fit for whoever typed it. */
export class KeyError extends Error {
  override readonly name = "KeyError";
}

export interface Vkey {
  readonly name: string;
  /** Eight hex digits. Not collision resistant: a hint at which key to try, never an identity. */
  readonly keyId: string;
  readonly type: number;
  readonly publicKey: Uint8Array;
}

// "+" separates the parts of a key, and a space those of a signature line, so a name has neither.
// The class is Go's unicode.IsSpace, which both sumdb/note and C2SP mean by "Unicode spaces".
// oxlint-disable-next-line no-control-regex -- control characters are what is kept out
const NAME = /^[^+\u0000-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/u;

export function isKeyName(name: string): boolean {
  return NAME.test(name) && name.isWellFormed();
}

export function keyIdOf(name: string, type: number, publicKey: Uint8Array): string {
  const typed = Buffer.concat([utf8(`${name}\n`), Uint8Array.of(type), publicKey]);
  return toHex(hash("sha256", typed, "buffer").subarray(0, KEY_ID_BYTES));
}

export function makeVkey(name: string, type: number, publicKey: Uint8Array): Vkey {
  if (!isKeyName(name)) {
    throw new KeyError(`"${name}" is no key name: it must have no spaces and no "+"`);
  }
  return { name, keyId: keyIdOf(name, type, publicKey), type, publicKey };
}

export function formatVkey(key: Vkey): string {
  const typed = Buffer.concat([Uint8Array.of(key.type), key.publicKey]);
  return `${key.name}+${key.keyId}+${toBase64(typed)}`;
}

/**
 * Parses a verifier key of type Ed25519 or Ed25519 cosignature and checks that its key id belongs to it.
 * Throws KeyError.
 */
export function parseVkey(text: string): Vkey {
  const { name, keyId, type, key } = splitKey(text, "a verifier key is <name>+<key id>+<base64>");
  if (type !== ALG_ED25519 && type !== ALG_COSIGNATURE) {
    throw new KeyError(`key of "${name}" has signature type ${type}; 1 (Ed25519) and 4 are known`);
  }
  if (keyIdOf(name, type, key) !== keyId) {
    throw new KeyError(
      `key id ${keyId} does not belong to the key of "${name}": a character is off`,
    );
  }
  return { name, keyId, type, publicKey: key };
}

/** Splits `<name>+<hex8>+<base64 of type and key>`: the frame verifier and private keys share. */
export function splitKey(
  text: string,
  form: string,
): {
  readonly name: string;
  readonly keyId: string;
  readonly type: number;
  readonly key: Uint8Array;
} {
  // The base64 part may itself hold "+": only the first two separate.
  const match = /^([^+]+)\+([0-9a-f]{8})\+([0-9A-Za-z+/]+=*)$/.exec(text);
  const [, name = "", keyId = "", encoded = ""] = match ?? [];
  const typed = fromBase64(encoded);
  const type = typed?.[0];
  if (match === null || typed === undefined || type === undefined || !isKeyName(name)) {
    throw new KeyError(form);
  }
  return { name, keyId, type, key: typed.subarray(1) };
}

/** Of a key whose type says that it is Ed25519: others are longer. Throws KeyError. */
export function checkLength(name: string, key: Uint8Array): void {
  if (key.length === ED25519_KEY_BYTES) return;
  throw new KeyError(`the key of "${name}" is not ${ED25519_KEY_BYTES} bytes long`);
}
