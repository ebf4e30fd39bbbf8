/** Registrations for notices on SQLite. */
import type { Registration, RegistrationStore } from "../../secrets/registration.ts";
import type { Instance } from "../../secrets/secret.ts";
import type { Database } from "./database.ts";
import { textOf } from "./secrets-rows.ts";

export class SqliteRegistrationStore implements RegistrationStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async registration(at: Instance): Promise<Registration | undefined> {
    const sql = "SELECT * FROM registrations WHERE account = ? AND instance = ?";
    const row = this.#db.get(sql, at.account, at.instance);
    return (
      row && {
        at,
        notificationsCrn: String(row["notifications_crn"]),
        sourceName: String(row["source_name"]),
        sourceDescription: textOf(row["source_description"]),
        createdBy: String(row["created_by"]),
        createdAt: Number(row["created_at"]),
      }
    );
  }

  async hasRegistrations(): Promise<boolean> {
    return this.#db.get("SELECT 1 FROM registrations LIMIT 1") !== undefined;
  }

  async putRegistration(registration: Registration): Promise<void> {
    this.#db.run(
      `INSERT OR REPLACE INTO registrations (account, instance, notifications_crn, source_name, source_description,
         created_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      registration.at.account,
      registration.at.instance,
      registration.notificationsCrn,
      registration.sourceName,
      registration.sourceDescription,
      registration.createdBy,
      registration.createdAt,
    );
  }

  async deleteRegistration(at: Instance): Promise<void> {
    this.#db.run(
      "DELETE FROM registrations WHERE account = ? AND instance = ?",
      at.account,
      at.instance,
    );
  }
}
