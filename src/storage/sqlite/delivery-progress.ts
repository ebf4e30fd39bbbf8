/** How far destinations have come, on SQLite: a document of JSON for each. */
import type { Progress, ProgressStore } from "../../delivery/progress.ts";
import type { Database } from "./database.ts";

/** What it changes is part of whatever transaction is under way on its connection. */
export class SqliteProgressStore implements ProgressStore {
  readonly #db: Database;

  constructor(database: Database) {
    this.#db = database;
  }

  async load(): Promise<ReadonlyMap<string, Progress>> {
    const rows = this.#db.all("SELECT destination, document FROM delivery_progress");
    return new Map(
      rows.map((row) => [
        String(row["destination"]),
        JSON.parse(String(row["document"])) as Progress,
      ]),
    );
  }

  async save(progress: ReadonlyMap<string, Progress>): Promise<void> {
    for (const [id, document] of progress) {
      this.#db.run(
        `INSERT INTO delivery_progress (destination, document) VALUES (?, ?)
          ON CONFLICT (destination) DO UPDATE SET document = excluded.document`,
        id,
        JSON.stringify(document),
      );
    }
  }

  async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      this.#db.run("DELETE FROM delivery_progress WHERE destination = ?", id);
    }
  }
}
