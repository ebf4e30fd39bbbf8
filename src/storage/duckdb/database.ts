/** A DuckDB file with one connection that writes and a few that read. */
import { setTimeout as wait } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { Outage, Refusal } from "../../kernel/errors.ts";
import { Parameters } from "./parameters.ts";

/** Two threads give most of the speed of four and leave the others to the server. */
const THREADS = 2;
const MEMORY_LIMIT = "384MB";
/** The log of changes grows to this before DuckDB folds it into the file on its own, which takes seconds. */
const CHECKPOINT_THRESHOLD = "256MB";
const READERS = 2;
/** Searches waiting for a reader. */
const MAX_WAITING = 64;
const INTERRUPT_AGAIN_MS = 20;
/** A search that takes longer is stopped. */
export const QUERY_TIMEOUT_MS = 30_000;

export type Row = readonly DuckDBValue[];
/** Runs one reading statement. */
export type Ask = (sql: string, parameters?: Parameters) => Promise<readonly Row[]>;

interface Reader {
  readonly connection: DuckDBConnection;
}

export class Database {
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #readers: readonly Reader[];
  readonly #idle: Reader[];
  readonly #waiting: ((reader: Reader | undefined) => void)[] = [];
  readonly #running = new Set<Promise<unknown>>();
  readonly #timeoutMs: number;
  #closed = false;

  private constructor(
    instance: DuckDBInstance,
    connections: { readonly writer: DuckDBConnection; readonly readers: readonly Reader[] },
    timeoutMs: number,
  ) {
    this.#instance = instance;
    this.#writer = connections.writer;
    this.#readers = connections.readers;
    this.#idle = [...connections.readers];
    this.#timeoutMs = timeoutMs;
  }

  /** Opens or creates the file and replays what a crash left in its log. Throws what DuckDB throws. */
  static async open(file: string, timeoutMs = QUERY_TIMEOUT_MS): Promise<Database> {
    const instance = await DuckDBInstance.create(file, {
      threads: String(THREADS),
      memory_limit: MEMORY_LIMIT,
      checkpoint_threshold: CHECKPOINT_THRESHOLD,
      // The newest compression; the file is ours alone and can be rebuilt.
      storage_compatibility_version: "latest",
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    try {
      const writer = await instance.connect();
      const readers: Reader[] = [];
      while (readers.length < READERS) readers.push({ connection: await instance.connect() });
      return new Database(instance, { writer, readers }, timeoutMs);
    } catch (error) {
      instance.closeSync();
      throw error;
    }
  }

  /** The connection for changes. Whoever uses it sees to it that nothing runs on it when the database is closed. */
  get writer(): DuckDBConnection {
    if (this.#closed) throw closing();
    return this.#writer;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Runs a search of one or more statements, all of which see the same state of the index. Refusal
   * `rate_limited` when too many wait already, `limit_reached` when it takes longer than the timeout;
   * Outage when the index is being closed or rebuilt.
   */
  async read<T>(search: (ask: Ask) => Promise<T>): Promise<T> {
    const reader = await this.#reader();
    if (reader === undefined || this.#closed) throw closing();
    let isLate = false;
    // Again and again, because an interrupt that comes between two statements is lost.
    const timer = setInterval(() => {
      isLate = true;
      reader.connection.interrupt();
    }, this.#timeoutMs);
    const running = inTransaction(reader.connection, (ask) =>
      search((sql, parameters) => {
        if (this.#closed) throw closing();
        return ask(sql, parameters);
      }),
    );
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      if (isLate) throw tooLong(this.#timeoutMs);
      throw this.#closed ? closing() : error;
    } finally {
      clearInterval(timer);
      this.#running.delete(running);
      this.#release(reader);
    }
  }

  /** Stops running searches, turns waiting ones away and lets go of the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const turnAway of this.#waiting.splice(0)) turnAway(undefined);
    // DuckDB must not be let go of under a running statement, and an interrupt that comes before it begins is lost.
    while (this.#running.size > 0) {
      for (const { connection } of this.#readers) connection.interrupt();
      await Promise.race([Promise.allSettled(this.#running), wait(INTERRUPT_AGAIN_MS)]);
    }
    for (const { connection } of this.#readers) connection.closeSync();
    this.#writer.closeSync();
    this.#instance.closeSync();
  }

  async #reader(): Promise<Reader | undefined> {
    if (this.#closed) return undefined;
    const reader = this.#idle.pop();
    if (reader !== undefined) return reader;
    if (this.#waiting.length >= MAX_WAITING) {
      throw new Refusal("rate_limited", "Too many searches at once: try again in a moment");
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #release(reader: Reader): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(reader);
    else next(reader);
  }
}

async function inTransaction<T>(
  connection: DuckDBConnection,
  search: (ask: Ask) => Promise<T>,
): Promise<T> {
  await connection.run("begin transaction read only");
  try {
    return await search(async (sql, { values, types } = new Parameters()) =>
      (await connection.runAndReadAll(sql, values, types)).getRows(),
    );
  } finally {
    await connection.run("rollback");
  }
}

function tooLong(timeoutMs: number): Refusal {
  return new Refusal("limit_reached", "The search took too long: narrow its time or its terms", {
    seconds: timeoutMs / 1000,
  });
}

function closing(): Outage {
  return new Outage("The search index is being closed or rebuilt");
}
