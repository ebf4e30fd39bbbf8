/** An encryption key: under a path, in versions of which each has its own material, which is never part of this. */
import { itemKind, type Item } from "../items/item.ts";
import { Refusal } from "../kernel/errors.ts";

export interface EncryptionKey {
  /** `made` here, and new versions of it too; or `brought` by its owner, who brings new versions. */
  readonly origin: KeyOrigin;
  /** Of a key that was brought: what its owner says of it. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** The same. Kept for the owner, never used: every message has one of its own. Base64. */
  readonly nonce: string | null;
}

export type KeyOrigin = "made" | "brought";
export type KeyItem = Item<EncryptionKey>;

/** Their name is their path, joined by slashes; their version is the newest version of the key. */
export const ENCRYPTION_KEY = itemKind<EncryptionKey>("encryption-key");

export const MAX_KEYS_PER_ACCOUNT = 10_000;
/** Each is kept for as long as the key: data may be encrypted by any of them. */
export const MAX_KEY_VERSIONS = 10_000;
export const MAX_KEY_PATH_CHARS = 512;
export const MAX_KEY_METADATA_BYTES = 16 * 1_024;
export const MAX_KEY_NONCE_BYTES = 64;

const PATH = /^[a-zA-Z0-9/@+._-]+$/;
const NAMED = /[a-zA-Z0-9]/;

/** Throws `invalid_request`, which keeps what was written out of the record. */
export function checkedKeyPath(path: string): string {
  const isPath =
    path.length <= MAX_KEY_PATH_CHARS &&
    PATH.test(path) &&
    path.split("/").every((part) => NAMED.test(part));
  if (isPath) return path;
  const sentence = `The path of a key has at most ${MAX_KEY_PATH_CHARS} letters, digits and @ + . _ -, and a letter or a digit in each part.`;
  throw new Refusal("invalid_request", sentence, { field: "path" });
}

/** What the material of a version belongs to. */
export function materialOwner(keyId: string, version: number): string {
  return `${keyId}:${version}`;
}
