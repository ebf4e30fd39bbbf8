/** Opens what is not the ledger: the state, the counters, the vault. */
import { join } from "node:path";
import type { ServeConfig } from "../config.ts";
import { unseal } from "../app/unseal.ts";
import { givenRootKeys, type RootKeySource } from "../secrets/root-key.ts";
import type { Vault } from "../secrets/vault.ts";
import { RootKeyFile } from "../storage/files/root-key.ts";
import { countersSchema, SqliteCounterStore } from "../storage/sqlite/counters.ts";
import { Database } from "../storage/sqlite/database.ts";
import { stateMigrations } from "../storage/sqlite/migrations.ts";
import { identitySchema } from "../storage/sqlite/identity-schema.ts";
import { outboxSchema } from "../storage/sqlite/outbox.ts";
import { secretsSchema } from "../storage/sqlite/secrets-schema.ts";
import { SqliteState } from "../storage/sqlite/state.ts";
import { storesOn } from "../storage/sqlite/stores.ts";
import type { DataFolder } from "./data-folder.ts";

export interface OpenedState {
  readonly state: SqliteState;
  readonly counters: SqliteCounterStore;
  close(): Promise<void>;
}

export function openState(folder: DataFolder): OpenedState {
  const writer = Database.open(
    folder.state,
    [outboxSchema, identitySchema, secretsSchema],
    stateMigrations,
  );
  const reader = Database.open(folder.state);
  // Derived data, in a file of its own so that saving it never waits for, or delays, a change.
  const counting = Database.open(folder.counters, [countersSchema]);
  const state = new SqliteState({ reader, writer }, storesOn);
  return {
    state,
    counters: new SqliteCounterStore(counting),
    close: async () => {
      await state.close();
      for (const database of [reader, writer, counting]) database.close();
    },
  };
}

export interface OpenedVault {
  readonly vault: Vault;
  readonly rootKeys: RootKeySource;
}

export async function openVault(
  state: SqliteState,
  folder: DataFolder,
  config: ServeConfig,
): Promise<OpenedVault> {
  const rootKeys =
    config.rootKeys.length > 0
      ? givenRootKeys("KEYTRAIL_ROOT_KEY", config.rootKeys)
      : new RootKeyFile(join(folder.keys, "root.key"));
  return { vault: await unseal(state, rootKeys), rootKeys };
}
