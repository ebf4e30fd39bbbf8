/** Every store of the state over one connection. */
import type { Transaction } from "../../app/state.ts";
import { SqliteAccessKeyStore } from "./access-keys.ts";
import { SqliteConfigurationStore } from "./configurations.ts";
import { SqliteCursorStore } from "./cursors.ts";
import type { Database } from "./database.ts";
import { SqliteProgressStore } from "./delivery-progress.ts";
import { identityStores } from "./identity-stores.ts";
import { SqliteIssuanceStore } from "./issuances.ts";
import { SqliteLeaseStore } from "./leases.ts";
import { SqliteRegistrationStore } from "./registrations.ts";
import { SqliteSecretStore } from "./secrets.ts";
import { SqliteTaskStore } from "./tasks.ts";

export function storesOn(connection: Database): Omit<Transaction, "enqueue"> {
  return {
    ...identityStores(connection),
    accessKeys: new SqliteAccessKeyStore(connection),
    secrets: new SqliteSecretStore(connection),
    configurations: new SqliteConfigurationStore(connection),
    leases: new SqliteLeaseStore(connection),
    tasks: new SqliteTaskStore(connection),
    issuances: new SqliteIssuanceStore(connection),
    registrations: new SqliteRegistrationStore(connection),
    cursors: new SqliteCursorStore(connection),
    deliveryProgress: new SqliteProgressStore(connection),
  };
}
