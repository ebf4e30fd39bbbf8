/** Data of others: encrypted, decrypted, and rotated from one version of its key to a later one. None of it is kept. */
import {
  decryptData,
  encryptData,
  MAX_PLAINTEXT_BYTES,
  underWhich,
} from "../../encryption/ciphertext.ts";
import type { KeyItem } from "../../encryption/key.ts";
import { revised } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation, readOperation, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { locateKey, present, type KeyInput } from "./find.ts";
import { keepMaterial, materialOf } from "./material.ts";
import { assertRoomForVersion, doesNotDecrypt, noSuchVersion } from "./versions.ts";

export interface EncryptInput extends KeyInput {
  readonly plaintext: Sensitive<Uint8Array>;
  /** The newest one, if nothing else is said. */
  readonly version?: number | undefined;
}

export interface EncryptedData {
  readonly path: string;
  readonly version: number;
  readonly ciphertext: Sensitive<Uint8Array>;
}

export const encrypt = readOperation<EncryptInput, KeyItem | null, EncryptedData>({
  name: "data.encrypt",
  locate: (input, context) => locateKey(input, "any", context),
  async run({ plaintext, version }, { subject }, context) {
    const key = present(subject);
    const at = { ...key, version: version ?? key.version };
    const ciphertext = await encrypted(at, plaintext, context);
    return { path: key.name, version: at.version, ciphertext };
  },
});

export interface DecryptInput extends KeyInput {
  readonly ciphertext: Sensitive<Uint8Array>;
  /** The data says which it is of; if this says another one, it is not this data that is meant. */
  readonly version?: number | undefined;
}

export interface DecryptedData {
  readonly path: string;
  readonly version: number;
  readonly plaintext: Sensitive<Uint8Array>;
}

export const decrypt = readOperation<DecryptInput, KeyItem | null, DecryptedData>({
  name: "data.decrypt",
  locate: (input, context) => locateKey(input, "any", context),
  async run({ ciphertext, version: asked }, { subject }, context) {
    const key = present(subject);
    const { version, plaintext } = await decrypted(key, { ciphertext, asked }, context);
    return { path: key.name, version, plaintext };
  },
});

export interface RotateDataInput extends KeyInput {
  readonly ciphertext: Sensitive<Uint8Array>;
  readonly startingVersion?: number | undefined;
  readonly endingVersion?: number | undefined;
}

export interface RotatedData extends EncryptedData {
  readonly startingVersion: number;
  readonly endingVersion: number;
  /** Whether the key has got another version for this. */
  readonly keyRotated: boolean;
}

/**
 * DSV's: data of the newest version of its key has the key rotated, and is encrypted by the next version; older data is
 * encrypted by the newest version, or by an earlier one that is named and later than its own.
 */
export const rotateData = changeOperation<RotateDataInput, KeyItem | null, RotatedData>({
  name: "data.rotate",
  locate: (input, context) => locateKey(input, "any", context),
  async run(input, { subject }, context) {
    const key = present(subject);
    const { ciphertext: before, startingVersion: asked, endingVersion } = input;
    const data = { ciphertext: before, asked };
    const { version: startingVersion, plaintext } = await decrypted(key, data, context);
    const keyRotated = startingVersion === key.version;
    const version = endingOf(key, { startingVersion, endingVersion });
    if (keyRotated) await keepNextVersion(key, context);
    const ciphertext = await encrypted({ ...key, version }, plaintext, context);
    const versions = { version, startingVersion, endingVersion: version };
    return { path: key.name, ...versions, keyRotated, ciphertext };
  },
});

function endingOf(
  { version: newest }: KeyItem,
  asked: { readonly startingVersion: number; readonly endingVersion: number | undefined },
): number {
  const { startingVersion: from } = asked;
  const last = from === newest ? newest + 1 : newest;
  const { endingVersion: to = last } = asked;
  if (from < to && to <= last) return to;
  const sentence = `Data of version ${from} can be rotated to a later version, up to ${last}.`;
  throw new Refusal("precondition_failed", sentence, { reason: "ending-version" });
}

async function keepNextVersion(key: KeyItem, context: Context<Transaction>): Promise<void> {
  if (key.content.origin === "brought") {
    const sentence = "A key that was brought has its next version brought too.";
    throw new Refusal("precondition_failed", sentence, { reason: "brought-key" });
  }
  assertRoomForVersion(key);
  const next = revised(key, { content: key.content }, handOf(context));
  await keepMaterial(next, null, context);
  await context.store.items.putItem(next);
}

async function encrypted(
  key: KeyItem,
  plaintext: Sensitive<Uint8Array>,
  context: Context<View>,
): Promise<Sensitive<Uint8Array>> {
  const bytes = plaintext.reveal();
  if (bytes.length > MAX_PLAINTEXT_BYTES) {
    const sentence = `Data of at most ${MAX_PLAINTEXT_BYTES} bytes can be encrypted.`;
    throw new Refusal("too_large", sentence);
  }
  const material = await materialOf(key, context);
  if (!material) throw noSuchVersion();
  const { id: keyId, version } = key;
  return new Sensitive(encryptData(material, { keyId, version }, bytes));
}

async function decrypted(
  key: KeyItem,
  {
    ciphertext,
    asked,
  }: { readonly ciphertext: Sensitive<Uint8Array>; readonly asked?: number | undefined },
  context: Context<View>,
): Promise<{ readonly version: number; readonly plaintext: Sensitive<Uint8Array> }> {
  // Before anything else: while the vault is sealed, nobody learns what would have decrypted.
  context.capabilities.vault.assertUnsealed();
  const bytes = ciphertext.reveal();
  const under = underWhich(bytes);
  const isOurs = under?.keyId === key.id && (asked ?? under.version) === under.version;
  if (!under || !isOurs) throw doesNotDecrypt();
  const material = await materialOf({ ...key, version: under.version }, context);
  const plaintext = material && decryptData(material, bytes);
  if (!plaintext) throw doesNotDecrypt();
  return { version: under.version, plaintext: new Sensitive(plaintext) };
}
