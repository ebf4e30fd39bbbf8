/** Seals and opens secret values: root key → data keys, one to a secret → AES-256-GCM. */
import type { Instance } from "./secret.ts";

/** A data key, sealed by the root key with this id. */
export interface WrappedKey {
  readonly rootKeyId: string;
  readonly bytes: Uint8Array;
}

/** A value sealed by a data key: nonce, ciphertext and tag. */
export type SealedValue = Uint8Array;

/** What a sealed value is for; it can be opened for nothing else, so that rows cannot be swapped. */
export interface Binding {
  readonly purpose: "secret-version" | "secret-username";
  readonly at: Instance;
  /** What the data key belongs to: the secret's id. */
  readonly owner: string;
  readonly part: string;
}

export interface Vault {
  newDataKey(at: Instance, owner: string): WrappedKey;
  seal(key: WrappedKey, binding: Binding, value: Uint8Array): SealedValue;
  open(key: WrappedKey, binding: Binding, sealed: SealedValue): Uint8Array;
}
