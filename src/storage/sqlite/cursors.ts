/** Cursors of the ledger's readers on SQLite. */
import type { CursorStore } from "../../secrets/cursor-store.ts";
import type { Database } from "./database.ts";

/** No `LIKE`: a name may hold its wildcards. */
const NAMED = "substr(reader, 1, length(?1)) = ?1";

export class SqliteCursorStore implements CursorStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async cursors(prefix: string): Promise<ReadonlyMap<string, number>> {
    const rows = this.#db.all(`SELECT reader, position FROM cursors WHERE ${NAMED}`, prefix);
    return new Map(rows.map((row) => [String(row["reader"]), Number(row["position"])]));
  }

  async replaceCursors(prefix: string, positions: ReadonlyMap<string, number>): Promise<void> {
    this.#db.run(`DELETE FROM cursors WHERE ${NAMED}`, prefix);
    for (const [reader, position] of positions) {
      this.#db.run("INSERT INTO cursors (reader, position) VALUES (?, ?)", reader, position);
    }
  }
}
