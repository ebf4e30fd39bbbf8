/**
 * What encrypted data looks like: one byte that says which form this is, 16 of the key's id, 4 of the key's version (big
 * endian), 24 of nonce, the ciphertext, 16 of tag. All before the nonce is bound to it as additional data.
 */
import { randomBytes, type KeyObject } from "node:crypto";
import { fromHex, toHex, utf8 } from "../kernel/bytes.ts";
import { invariant } from "../kernel/errors.ts";
import { decrypt, encrypt, NONCE_BYTES, TAG_BYTES } from "./xaes.ts";

/** DSV's 2 MB. */
export const MAX_PLAINTEXT_BYTES = 2 * 1_024 * 1_024;

const FORM = 1;
const ID_BYTES = 16;
const HEADER_BYTES = 1 + ID_BYTES + 4;
const LEAST_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;
const MAX_CIPHERTEXT_BYTES = MAX_PLAINTEXT_BYTES + LEAST_BYTES;
/** So that no ciphertext of this form is one of anything else that a key may ever do. */
const CONTEXT = utf8("keytrail encrypted data\n");

/** By which version of which key. */
export interface UnderKey {
  readonly keyId: string;
  readonly version: number;
}

export function encryptData(key: KeyObject, under: UnderKey, plaintext: Uint8Array): Uint8Array {
  const header = headerOf(under);
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([header, nonce, encrypt(key, { nonce, data: bound(header) }, plaintext)]);
}

/** What it says of itself, which is to be believed once it has been decrypted; undefined for what is in no such form. */
export function underWhich(data: Uint8Array): UnderKey | undefined {
  if (data[0] !== FORM || data.length < LEAST_BYTES || data.length > MAX_CIPHERTEXT_BYTES) {
    return undefined;
  }
  const hex = toHex(data.subarray(1, 1 + ID_BYTES));
  const keyId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const version = Buffer.from(data.buffer, data.byteOffset).readUInt32BE(1 + ID_BYTES);
  return { keyId, version };
}

/** Undefined for what was altered, or encrypted by another key. */
export function decryptData(key: KeyObject, data: Uint8Array): Uint8Array | undefined {
  if (underWhich(data) === undefined) return undefined;
  const header = data.subarray(0, HEADER_BYTES);
  const nonce = data.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  const sealed = data.subarray(HEADER_BYTES + NONCE_BYTES);
  return decrypt(key, { nonce, data: bound(header) }, sealed);
}

function headerOf({ keyId, version }: UnderKey): Uint8Array {
  const id = fromHex(keyId.replaceAll("-", ""));
  invariant(id?.length === ID_BYTES, "a key's id is a UUID");
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = FORM;
  header.set(id, 1);
  header.writeUInt32BE(version, 1 + ID_BYTES);
  return header;
}

function bound(header: Uint8Array): Uint8Array {
  return Buffer.concat([CONTEXT, header]);
}
