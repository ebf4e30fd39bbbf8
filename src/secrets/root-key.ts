/**
 * Root keys: 32 bytes that seal the data keys. Known in records and messages by an id that reveals
 * nothing of them.
 */
import { createSecretKey, hash, randomBytes, type KeyObject } from "node:crypto";
import { fromBase64, toBase64 } from "../kernel/bytes.ts";

export const ROOT_KEY_BYTES = 32;

export interface RootKey {
  /**
   * The first 8 bytes, in hex, of a SHA-256 over the key and a label: the same for the same key,
   * wherever it is kept.
   */
  readonly id: string;
  readonly key: KeyObject;
}

/**
 * The port to where root keys are kept: a file, the environment, or a key management service that
 * gives them out. More than one key is there while a rotation is under way.
 */
export interface RootKeySource {
  /** Where the keys come from, for messages: `the file data/root.key`. */
  readonly name: string;
  /** Undefined where no key has been kept yet. Throws when what is there cannot be read as keys. */
  load(): Promise<readonly RootKey[] | undefined>;
  /**
   * Keeps these keys and no others: durable when it resolves, and the old ones or the new ones
   * after a crash, never neither. Null where keys can only be given from outside.
   */
  readonly save: ((keys: readonly RootKey[]) => Promise<void>) | null;
}

export function newRootKey(): RootKey {
  return rootKeyOf(randomBytes(ROOT_KEY_BYTES));
}

export function rootKeyOf(bytes: Uint8Array): RootKey {
  const labelled = Buffer.concat([Buffer.from("keytrail root key id\0"), bytes]);
  const id = hash("sha256", labelled, "hex").slice(0, 16);
  return { id, key: createSecretKey(bytes) };
}

/** Undefined for anything but 32 bytes in base64. */
export function parseRootKey(text: string): RootKey | undefined {
  const bytes = fromBase64(text);
  return bytes?.length === ROOT_KEY_BYTES ? rootKeyOf(bytes) : undefined;
}

/** The text that `parseRootKey` reads. Only a source that keeps keys has a use for it. */
export function formatRootKey(root: RootKey): string {
  return toBase64(root.key.export());
}

/** Keys that were given as text, the newest first: nothing can be kept there. */
export function givenRootKeys(name: string, texts: readonly string[]): RootKeySource {
  return {
    name,
    async load() {
      return texts.map((text) => {
        const root = parseRootKey(text);
        if (!root) throw new Error(`not ${ROOT_KEY_BYTES} bytes in base64`);
        return root;
      });
    },
    save: null,
  };
}
