/** Every store of identities over one connection. */
import type { Transaction } from "../../app/state.ts";
import type { Database } from "./database.ts";
import { SqliteGroupStore } from "./groups.ts";
import { SqliteIdentityStore } from "./identity.ts";
import { SqliteLoginStore } from "./logins.ts";
import { SqliteProfileStore } from "./profiles.ts";

export function identityStores(
  connection: Database,
): Pick<Transaction, "identity" | "groups" | "profiles" | "logins"> {
  return {
    identity: new SqliteIdentityStore(connection),
    groups: new SqliteGroupStore(connection),
    profiles: new SqliteProfileStore(connection),
    logins: new SqliteLoginStore(connection),
  };
}
