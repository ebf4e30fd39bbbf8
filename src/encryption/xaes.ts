/**
 * XAES-256-GCM (C2SP `XAES-256-GCM`): AES-256-GCM under a key of its own for each message, derived from the key and the
 * first half of a nonce of 192 bits (NIST SP 800-108r1, counter mode with CMAC; NIST SP 800-38D). Nonces are drawn at
 * random: 2^80 messages under one key before two of them share one with a probability of 2^-32, where AES-256-GCM by
 * itself has room for 2^32 messages. So nobody has to count them.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";

export const KEY_BYTES = 32;
export const NONCE_BYTES = 24;
export const TAG_BYTES = 16;

const BLOCK_BYTES = 16;
const DERIVING_NONCE_BYTES = 12;
const ZEROS = new Uint8Array(BLOCK_BYTES);
/** Of the field in which CMAC doubles (NIST SP 800-38B, section 5.3). */
const REDUCTION = 0x87;
/** `X`, the label of this use of the derivation. */
const LABEL = 0x58;

export interface Message {
  readonly nonce: Uint8Array;
  readonly data: Uint8Array;
}

/** The ciphertext, and its tag of 16 bytes behind it. */
export function encrypt(key: KeyObject, { nonce, data }: Message, plaintext: Uint8Array): Buffer {
  const derived = messageKey(key, nonce);
  const cipher = createCipheriv("aes-256-gcm", derived, nonce.subarray(DERIVING_NONCE_BYTES));
  derived.fill(0);
  cipher.setAAD(data);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined for whatever was not encrypted so by this key with this data. */
export function decrypt(
  key: KeyObject,
  { nonce, data }: Message,
  sealed: Uint8Array,
): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const derived = messageKey(key, nonce);
  const options = { authTagLength: TAG_BYTES };
  const gcmNonce = nonce.subarray(DERIVING_NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", derived, gcmNonce, options);
  derived.fill(0);
  decipher.setAAD(data);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
    return plaintext;
  } catch {
    return undefined;
  }
}

/** Two blocks of CMAC over one block each: their number, the label, and the first half of the nonce. */
function messageKey(key: KeyObject, nonce: Uint8Array): Buffer {
  const aes = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  const subkey = doubled(aes.update(ZEROS));
  const blocks = Buffer.alloc(2 * BLOCK_BYTES);
  for (const [i, at] of [0, BLOCK_BYTES].entries()) {
    blocks[at + 1] = i + 1;
    blocks[at + 2] = LABEL;
    blocks.set(nonce.subarray(0, DERIVING_NONCE_BYTES), at + 4);
  }
  for (let i = 0; i < blocks.length; i++) {
    blocks[i] = (blocks[i] ?? 0) ^ (subkey[i % BLOCK_BYTES] ?? 0);
  }
  return aes.update(blocks);
}

function doubled(block: Uint8Array): Buffer {
  const result = Buffer.alloc(BLOCK_BYTES);
  for (let i = 0; i < BLOCK_BYTES; i++) {
    result[i] = ((block[i] ?? 0) << 1) | ((block[i + 1] ?? 0) >> 7);
  }
  // By a mask and no branch: which bit it is shows in no time that it takes.
  const carry = -((block[0] ?? 0) >> 7);
  result[BLOCK_BYTES - 1] = (result[BLOCK_BYTES - 1] ?? 0) ^ (carry & REDUCTION);
  return result;
}
