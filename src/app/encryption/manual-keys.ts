/** Keys that their owner brings: a key of AES-256, and another one whenever the owner likes. */
import {
  MAX_KEY_METADATA_BYTES,
  MAX_KEY_NONCE_BYTES,
  type EncryptionKey,
  type KeyItem,
} from "../../encryption/key.ts";
import { KEY_BYTES } from "../../encryption/xaes.ts";
import { revised } from "../../items/item.ts";
import { fromBase64, utf8 } from "../../kernel/bytes.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { handOf } from "../items/hand.ts";
import { changeOperation } from "../operation.ts";
import { locateKey, locateNewKey, present, type KeyInput } from "./find.ts";
import { keepNewKey } from "./keys.ts";
import { keepMaterial } from "./material.ts";
import { assertRoomForVersion } from "./versions.ts";

export interface BroughtKeyInput extends KeyInput {
  readonly value: Sensitive<Uint8Array>;
  /** What is left out of an update stays what it was. */
  readonly nonce?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

export const createManualKey = changeOperation<BroughtKeyInput, string, KeyItem>({
  name: "manual-key.create",
  async locate(input, context) {
    assertKey(input);
    return locateNewKey(input, randomId(), context);
  },
  run(input, { subject: id }, context) {
    const content = contentOf(input, null);
    return keepNewKey({ id, name: input.path, content }, input.value, context);
  },
});

/** The next version. What earlier ones have encrypted, they go on decrypting. */
export const updateManualKey = changeOperation<BroughtKeyInput, KeyItem | null, KeyItem>({
  name: "manual-key.update",
  async locate(input, context) {
    assertKey(input);
    return locateKey(input, "brought", context);
  },
  async run(input, { subject }, context) {
    const before = present(subject);
    assertRoomForVersion(before);
    const key = revised(before, { content: contentOf(input, before.content) }, handOf(context));
    await keepMaterial(key, input.value, context);
    await context.store.items.putItem(key);
    return key;
  },
});

function contentOf(
  { nonce, metadata }: BroughtKeyInput,
  before: EncryptionKey | null,
): EncryptionKey {
  return {
    origin: "brought",
    metadata: metadata ?? before?.metadata ?? null,
    nonce: nonce ?? before?.nonce ?? null,
  };
}

/** Throws `invalid_request`, which keeps all of it out of the record. */
function assertKey({ value, nonce, metadata }: BroughtKeyInput): void {
  if (value.reveal().length !== KEY_BYTES) {
    throw invalid("privateKey", `A key has ${KEY_BYTES} bytes, in Base64.`);
  }
  if (nonce !== undefined && !isNonce(nonce)) {
    throw invalid("nonce", `A nonce has up to ${MAX_KEY_NONCE_BYTES} bytes, in Base64.`);
  }
  const size = metadata === undefined ? 0 : utf8(JSON.stringify(metadata)).length;
  if (size > MAX_KEY_METADATA_BYTES) {
    throw invalid("metadata", `Metadata have at most ${MAX_KEY_METADATA_BYTES} bytes as JSON.`);
  }
}

function isNonce(text: string): boolean {
  const bytes = fromBase64(text);
  return bytes !== undefined && bytes.length > 0 && bytes.length <= MAX_KEY_NONCE_BYTES;
}

function invalid(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
