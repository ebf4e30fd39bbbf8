/** The stored event counters: counts and the ledger position they stand for, always written together. */
import type { CounterKey, CounterStore } from "../../audit/counters.ts";
import type { Database } from "./database.ts";

export const countersSchema = `
  CREATE TABLE IF NOT EXISTS counters (
    key TEXT PRIMARY KEY,
    count INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS positions (
    reader TEXT PRIMARY KEY,
    position INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** Runs on a database file of its own: derived data, whose loss costs counting the ledger again. */
export class SqliteCounterStore implements CounterStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async position(): Promise<number> {
    const row = this.#db.get("SELECT position FROM positions WHERE reader = 'counters'");
    return row ? Number(row["position"]) : 0;
  }

  async load(keys: readonly CounterKey[]): Promise<ReadonlyMap<CounterKey, number>> {
    const counts = new Map<CounterKey, number>();
    for (const key of keys) {
      const row = this.#db.get("SELECT count FROM counters WHERE key = ?", key);
      if (row) counts.set(key, Number(row["count"]));
    }
    return counts;
  }

  async save(counts: ReadonlyMap<CounterKey, number>, position: number): Promise<void> {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      for (const [key, count] of counts) {
        this.#db.run(
          "INSERT INTO counters (key, count) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET count = excluded.count",
          key,
          count,
        );
      }
      this.#db.run(
        "INSERT INTO positions (reader, position) VALUES ('counters', ?) ON CONFLICT (reader) DO UPDATE SET position = excluded.position",
        position,
      );
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}
