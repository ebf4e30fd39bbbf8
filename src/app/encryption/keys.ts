/** Encryption keys, those that are made here and those that were brought: made, read, deleted and restored. */
import {
  ENCRYPTION_KEY,
  MAX_KEYS_PER_ACCOUNT,
  type EncryptionKey,
  type KeyItem,
  type KeyOrigin,
} from "../../encryption/key.ts";
import { broughtBack, newItem, removed } from "../../items/item.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { assertRoom } from "../identity/find.ts";
import { assertRemoved } from "../items/find.ts";
import { handOf } from "../items/hand.ts";
import {
  changeOperation,
  readOperation,
  type ChangeOperation,
  type Context,
  type ReadOperation,
} from "../operation.ts";
import type { Transaction } from "../state.ts";
import { locateKey, locateNewKey, locateRemovedToo, present, type KeyInput } from "./find.ts";
import { destroyMaterial, keepMaterial } from "./material.ts";

const MADE: EncryptionKey = { origin: "made", metadata: null, nonce: null };

export const createKey = changeOperation<KeyInput, string, KeyItem>({
  name: "encryption-key.create",
  locate: (input, context) => locateNewKey(input, randomId(), context),
  run: ({ path }, { subject: id }, context) =>
    keepNewKey({ id, name: path, content: MADE }, null, context),
});

/** With its first version, 0. */
export async function keepNewKey(
  key: Pick<KeyItem, "id" | "name" | "content">,
  brought: Sensitive<Uint8Array> | null,
  context: Context<Transaction>,
): Promise<KeyItem> {
  const { store, call } = context;
  const { account } = call.place;
  const all = { includesRemoved: true, offset: 0, limit: 1 };
  const { totalCount } = await store.items.items(ENCRYPTION_KEY, account, all);
  assertRoom(totalCount, MAX_KEYS_PER_ACCOUNT, "encryption keys in an account");
  const item = newItem(ENCRYPTION_KEY, { account, ...key }, handOf(context));
  await keepMaterial(item, brought, context);
  await store.items.putItem(item);
  return item;
}

export const readKey = reading("encryption-key.read", "made");
/** What is known of it. Its value was its owner's to keep, and is given to nobody. */
export const readManualKey = reading("manual-key.read", "brought");

export const deleteKey = deleting("encryption-key.delete", "made");
export const deleteManualKey = deleting("manual-key.delete", "brought");

export const restoreKey = restoring("encryption-key.restore", "made");
export const restoreManualKey = restoring("manual-key.restore", "brought");

function reading(
  name: "encryption-key.read" | "manual-key.read",
  origin: KeyOrigin,
): ReadOperation<KeyInput, KeyItem | null, KeyItem> {
  return readOperation({
    name,
    locate: (input, context) => locateKey(input, origin, context),
    async run(_input, { subject }) {
      return present(subject);
    },
  });
}

export interface DeleteKeyInput extends KeyInput {
  /** For good, and now. */
  readonly force?: boolean | undefined;
}

/** When it is gone, if it can be had back until then. */
export interface DeletedKey {
  readonly dueAt?: string;
}

function deleting(
  name: "encryption-key.delete" | "manual-key.delete",
  origin: KeyOrigin,
): ChangeOperation<DeleteKeyInput, KeyItem | null, DeletedKey> {
  return changeOperation({
    name,
    locate: (input, context) =>
      (input.force ? locateRemovedToo : locateKey)(input, origin, context),
    async run({ force }, { subject }, context) {
      const { items } = context.store;
      const key = present(subject);
      if (force) {
        await destroyMaterial(key, context);
        await items.deleteItem(key);
        return {};
      }
      const aside = removed(key, handOf(context));
      await items.putItem(aside);
      return aside.removal ? { dueAt: toRfc3339(aside.removal.dueAt) } : {};
    },
  });
}

function restoring(
  name: "encryption-key.restore" | "manual-key.restore",
  origin: KeyOrigin,
): ChangeOperation<KeyInput, KeyItem | null, KeyItem> {
  return changeOperation({
    name,
    locate: (input, context) => locateRemovedToo(input, origin, context),
    async run(_input, { subject }, { store }) {
      const key = present(subject);
      assertRemoved(key);
      const back = broughtBack(key);
      await store.items.putItem(back);
      return back;
    },
  });
}
