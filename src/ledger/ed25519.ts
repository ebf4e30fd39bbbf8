/** Ed25519 (RFC 8032) over raw 32-byte keys, the form in which signed notes carry them. */
import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { invariant } from "../kernel/errors.ts";

export const ED25519_KEY_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;

// node:crypto takes no raw keys; RFC 8410 wraps them in these constant DER prefixes.
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** A private key and the raw public key that belongs to it. */
export interface Ed25519KeyPair {
  /** The 32 bytes everything else derives from. Whoever has them can sign. */
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

export function generateEd25519(): Ed25519KeyPair {
  return ed25519FromSeed(randomBytes(ED25519_KEY_BYTES));
}

export function ed25519FromSeed(seed: Uint8Array): Ed25519KeyPair {
  invariant(seed.length === ED25519_KEY_BYTES, "an Ed25519 seed is 32 bytes");
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    seed,
    publicKey: spki.subarray(SPKI_PREFIX.length),
    sign: (message) => sign(null, message, key),
  };
}

/** Imports a raw public key; throws when the length is wrong. */
export function ed25519PublicKey(raw: Uint8Array): KeyObject {
  invariant(raw.length === ED25519_KEY_BYTES, "an Ed25519 public key is 32 bytes");
  return createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, raw]),
    format: "der",
    type: "spki",
  });
}

export function verifyEd25519(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === ED25519_SIGNATURE_BYTES && verify(null, message, key, signature);
}
