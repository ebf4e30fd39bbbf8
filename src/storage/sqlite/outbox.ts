/** The outbox: events committed with their changes, kept until they are known to be in the ledger. */
import type { PendingEvent } from "../../app/state.ts";
import type { EventDraft } from "../../audit/event.ts";
import type { EventId } from "../../kernel/ids.ts";
import type { Database } from "./database.ts";

export const outboxSchema = `
  CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    ledger_size INTEGER NOT NULL,
    draft TEXT NOT NULL
  ) STRICT;
`;

export class SqliteOutbox {
  readonly #db: Database;
  #settled: EventId[] = [];

  constructor(database: Database) {
    this.#db = database;
  }

  /** Within a transaction: keeps the events, and forgets those settled before at no further sync. */
  enqueue(drafts: readonly EventDraft[], ledgerSize: number): void {
    this.forgetSettled();
    for (const draft of drafts) {
      this.#db.run(
        "INSERT INTO outbox (event_id, ledger_size, draft) VALUES (?, ?, ?)",
        draft.id,
        ledgerSize,
        JSON.stringify(draft),
      );
    }
  }

  settle(ids: readonly EventId[]): void {
    this.#settled.push(...ids);
  }

  /**
   * Deletes what is settled. If the transaction around it fails the rows stay and the next start finds their
   * events in the ledger: nothing is recorded twice.
   */
  forgetSettled(): void {
    const settled = this.#settled;
    this.#settled = [];
    for (const id of settled) this.#db.run("DELETE FROM outbox WHERE event_id = ?", id);
  }

  pending(): readonly PendingEvent[] {
    const rows = this.#db.all("SELECT draft, ledger_size FROM outbox ORDER BY position");
    return rows.map((row) => ({
      draft: JSON.parse(String(row["draft"])) as EventDraft,
      ledgerSize: Number(row["ledger_size"]),
    }));
  }
}
