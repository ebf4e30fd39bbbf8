/** Every store of identities over one connection. */
import type { Transaction } from "../../app/state.ts";
import type { Database } from "./database.ts";
import { SqliteGroupStore } from "./groups.ts";
import { IdentityStamp } from "./identity-memory.ts";
import { SqliteIdentityStore } from "./identity.ts";
import { SqliteItemStore } from "./items.ts";
import { SqliteLoginStore } from "./logins.ts";
import { SqliteProfileStore } from "./profiles.ts";

export function identityStores(
  connection: Database,
): Pick<Transaction, "identity" | "groups" | "profiles" | "logins" | "items"> {
  const stamp = new IdentityStamp(connection);
  return {
    identity: new SqliteIdentityStore(connection, stamp),
    groups: new SqliteGroupStore(connection),
    profiles: new SqliteProfileStore(connection),
    logins: new SqliteLoginStore(connection, stamp),
    items: new SqliteItemStore(connection, stamp),
  };
}
