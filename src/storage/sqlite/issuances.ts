/** Issuances of public certificates on SQLite. */
import type { Issuance, IssuanceStore } from "../../secrets/issuance.ts";
import type { Database } from "./database.ts";

export class SqliteIssuanceStore implements IssuanceStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async issuance(_secretId: string): Promise<Issuance | undefined> {
    return this.#db.get("SELECT 1 WHERE 0") && undefined;
  }

  async putIssuance(_issuance: Issuance): Promise<void> {
    throw new Error("not yet");
  }
}
