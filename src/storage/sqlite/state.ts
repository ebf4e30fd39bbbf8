/** The state on SQLite: reads on a connection that sees only what is committed, changes one at a time on another. */
import type { PendingEvent, State, Transaction, View } from "../../app/state.ts";
import type { EventDraft } from "../../audit/event.ts";
import type { EventId } from "../../kernel/ids.ts";
import type { Database } from "./database.ts";
import { SqliteOutbox } from "./outbox.ts";

/** Settled events wait this long for a change to take them along before they are forgotten on their own. */
export const OUTBOX_SWEEP_INTERVAL_MS = 10_000;

/** Makes the domains' stores over one connection. */
export type StoresOn = (database: Database) => Omit<Transaction, "enqueue">;

export class SqliteState implements State {
  readonly #writer: Database;
  readonly #view: View;
  readonly #stores: ReturnType<StoresOn>;
  readonly #outbox: SqliteOutbox;
  readonly #sweep: NodeJS.Timeout;
  #last: Promise<unknown> = Promise.resolve();

  /** With `:memory:`, where a second connection would be a second database, both are the same one. */
  constructor(connections: { reader: Database; writer: Database }, stores: StoresOn) {
    this.#writer = connections.writer;
    this.#view = stores(connections.reader);
    this.#stores = stores(connections.writer);
    this.#outbox = new SqliteOutbox(connections.writer);
    this.#sweep = setInterval(() => void this.#forgetSettled(), OUTBOX_SWEEP_INTERVAL_MS).unref();
  }

  read<T>(work: (view: View) => Promise<T>): Promise<T> {
    return work(this.#view);
  }

  transact<T>(work: (tx: Transaction) => Promise<T>, committed?: (result: T) => void): Promise<T> {
    const mine = this.#last.then(() => this.#transaction(work, committed));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async pending(): Promise<readonly PendingEvent[]> {
    return this.#outbox.pending();
  }

  settle(ids: readonly EventId[]): void {
    this.#outbox.settle(ids);
  }

  /** Waits for the change under way; the connections are closed by whoever opened them. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#last;
    await this.#forgetSettled();
  }

  async #transaction<T>(
    work: (tx: Transaction) => Promise<T>,
    committed?: (result: T) => void,
  ): Promise<T> {
    this.#writer.exec("BEGIN IMMEDIATE");
    let result: T;
    try {
      result = await work({
        ...this.#stores,
        enqueue: async (drafts: readonly EventDraft[], ledgerSize: number) =>
          this.#outbox.enqueue(drafts, ledgerSize),
      });
      this.#writer.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    committed?.(result);
    return result;
  }

  /** Some failures (a full disk) have SQLite roll back by itself; then there is nothing left to do. */
  #rollBack(): void {
    try {
      this.#writer.exec("ROLLBACK");
    } catch {
      // "no transaction is active": the error that led here is the one to tell.
    }
  }

  #forgetSettled(): Promise<void> {
    const mine = this.#last.then(() => this.#sweepNow());
    // Rows that could not be deleted now are found settled at the next start.
    this.#last = mine.catch(() => undefined);
    return this.#last as Promise<void>;
  }

  /** In one transaction: a thousand rows are one sync, not a thousand. */
  #sweepNow(): void {
    this.#writer.exec("BEGIN IMMEDIATE");
    try {
      this.#outbox.forgetSettled();
      this.#writer.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }
}
