/** Versions of encryption keys: which one is meant, and whether there may be another. */
import { MAX_KEY_VERSIONS, type KeyItem } from "../../encryption/key.ts";
import { Refusal } from "../../kernel/errors.ts";
import { assertRoom } from "../identity/find.ts";

export function assertRoomForVersion({ version }: KeyItem): void {
  assertRoom(version + 1, MAX_KEY_VERSIONS, "versions of a key");
}

export function noSuchVersion(): Refusal {
  return new Refusal("precondition_failed", "The key has no such version.", {
    reason: "unknown-key-version",
  });
}

/** The same whether it was altered, is no ciphertext, or is another key's: whoever tries learns nothing from it. */
export function doesNotDecrypt(): Refusal {
  return new Refusal("precondition_failed", "The data does not decrypt with this key.", {
    reason: "does-not-decrypt",
  });
}
