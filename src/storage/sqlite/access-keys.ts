/** Access keys on SQLite. */
import type { AccessKey, AccessKeyStore, SessionTerms } from "../../identity/access-key.ts";
import type { Database, Row } from "./database.ts";
import { json, number, text, textOrNull } from "./table.ts";

export class SqliteAccessKeyStore implements AccessKeyStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async accessKey(id: string): Promise<AccessKey | undefined> {
    const row = this.#db.get("SELECT * FROM access_keys WHERE id = ?", id);
    return row && accessKeyOf(row);
  }

  async putAccessKey({ id, account, of, sealed, createdAt }: AccessKey): Promise<void> {
    this.#db.run(
      `INSERT INTO access_keys (id, account, api_key, session, sealed, token_hash, terms, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      account,
      of.kind === "key" ? of.apiKey : null,
      of.kind === "session" ? of.session : null,
      sealed,
      of.kind === "session" ? of.tokenHash : null,
      of.kind === "session" ? JSON.stringify(of.terms) : null,
      createdAt,
    );
  }
}

function accessKeyOf(row: Row): AccessKey {
  const apiKey = textOrNull(row, "api_key");
  return {
    id: text(row, "id"),
    account: text(row, "account"),
    of:
      apiKey === null
        ? {
            kind: "session",
            session: text(row, "session"),
            tokenHash: text(row, "token_hash"),
            terms: json(row, "terms") as SessionTerms,
          }
        : { kind: "key", apiKey },
    sealed: row["sealed"] as Uint8Array,
    createdAt: number(row, "created_at"),
  };
}
