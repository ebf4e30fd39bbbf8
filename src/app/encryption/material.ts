/**
 * The material of encryption keys. Each version's is a data key of the vault: sealed by the root key and sealed anew when
 * that is rotated, held open as long as the vault holds data keys, and looked up each time it is used: what is deleted
 * encrypts and decrypts nothing, held or not.
 */
import type { KeyObject } from "node:crypto";
import { materialOwner, type KeyItem } from "../../encryption/key.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { WrappedKey } from "../../secrets/vault.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";

type Which = Pick<KeyItem, "account" | "id" | "version">;
type Inside<Store extends View> = Pick<Context<Store>, "store" | "capabilities">;

/** Of a version that is new: what was brought, or what is made now. Throws `sealed` while the vault is. */
export async function keepMaterial(
  key: Which,
  brought: Sensitive<Uint8Array> | null,
  { store, capabilities: { vault } }: Inside<Transaction>,
): Promise<void> {
  const { at, owner } = ownerOf(key);
  const wrapped: WrappedKey = brought
    ? vault.sealDataKey(at, owner, brought.reveal())
    : vault.newDataKey(at, owner);
  await store.secrets.insertDataKey({ owner, at, key: wrapped });
}

/** Undefined where the key has no such version. Throws `sealed` while the vault is. */
export async function materialOf(
  key: Which,
  { store, capabilities: { vault } }: Inside<View>,
): Promise<KeyObject | undefined> {
  const { at, owner } = ownerOf(key);
  const wrapped = await store.secrets.dataKeyOf(owner);
  return wrapped && vault.dataKey(wrapped, at, owner);
}

/** Of every version: after this nothing that the key has encrypted can be decrypted, wherever a copy of it may be. */
export async function destroyMaterial(
  key: Which,
  { store, capabilities: { vault } }: Inside<Transaction>,
): Promise<void> {
  for (let version = 0; version <= key.version; version++) {
    const { at, owner } = ownerOf({ ...key, version });
    await store.secrets.deleteDataKey(owner);
    vault.forget(at, owner);
  }
}

function ownerOf({ account, id, version }: Which) {
  return { at: { account, instance: "" }, owner: materialOwner(id, version) };
}
