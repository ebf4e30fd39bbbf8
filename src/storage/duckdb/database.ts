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

export interface SearchLimits {
  /** A search that takes longer is stopped. */
  readonly searchMs: number;
  /** A search that takes longer is stopped when another waits for its reader. */
  readonly shareMs: number;
  /** A search that has waited so long is turned away: an answer that says so is better than none. */
  readonly waitMs: number;
}

/** Whoever is next in the line gets a reader before its time to wait is over. */
export const SEARCH_LIMITS: SearchLimits = { searchMs: 30_000, shareMs: 8_000, waitMs: 10_000 };

export type Row = readonly DuckDBValue[];
/** Runs one reading statement. */
export type Ask = (sql: string, parameters?: Parameters) => Promise<readonly Row[]>;

interface Reader {
  readonly connection: DuckDBConnection;
}

/** A search in line for a reader; undefined is what it gets when there will be none. */
interface Waiting {
  readonly resolve: (reader: Reader | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

export class Database {
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #readers: readonly Reader[];
  readonly #idle: Reader[];
  readonly #waiting = new Set<Waiting>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #limits: SearchLimits;
  /** Searches that have been told to stop and have not stopped yet. */
  #stopping = 0;
  #closed = false;

  private constructor(
    instance: DuckDBInstance,
    connections: { readonly writer: DuckDBConnection; readonly readers: readonly Reader[] },
    limits: SearchLimits,
  ) {
    this.#instance = instance;
    this.#writer = connections.writer;
    this.#readers = connections.readers;
    this.#idle = [...connections.readers];
    this.#limits = limits;
  }

  /** Opens or creates the file and replays what a crash left in its log. Throws what DuckDB throws. */
  static async open(file: string, limits = SEARCH_LIMITS): Promise<Database> {
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
      return new Database(instance, { writer, readers }, limits);
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
   * `rate_limited` when too many wait already or it has waited too long itself, `limit_reached` when it takes longer
   * than its limit, or its share while others wait; Outage when the index is being closed or rebuilt.
   */
  async read<T>(search: (ask: Ask) => Promise<T>): Promise<T> {
    const reader = await this.#reader();
    if (reader === undefined || this.#closed) throw closing();
    const began = performance.now();
    let stoppedAfterMs: number | undefined;
    // Again and again, because an interrupt that comes between two statements is lost.
    const timer = setInterval(() => {
      if (stoppedAfterMs === undefined) {
        stoppedAfterMs = this.#overdue(performance.now() - began);
        if (stoppedAfterMs === undefined) return;
        this.#stopping += 1;
      }
      reader.connection.interrupt();
    }, INTERRUPT_AGAIN_MS);
    const running = inTransaction(reader.connection, async (ask) => {
      try {
        return await search((sql, parameters) => {
          if (this.#closed) throw closing();
          if (stoppedAfterMs !== undefined) throw tooLong(stoppedAfterMs);
          return ask(sql, parameters);
        });
      } finally {
        // An interrupt now would stop the end of the transaction, and the reader could begin no other.
        clearInterval(timer);
      }
    });
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      if (stoppedAfterMs !== undefined) throw tooLong(stoppedAfterMs);
      throw this.#closed ? closing() : error;
    } finally {
      clearInterval(timer);
      if (stoppedAfterMs !== undefined) this.#stopping -= 1;
      this.#running.delete(running);
      this.#release(reader);
    }
  }

  /** Stops running searches, turns waiting ones away and lets go of the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiting of this.#waiting) this.#serve(waiting, undefined);
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
    if (this.#waiting.size >= MAX_WAITING) throw tooMany();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(tooMany());
      }, this.#limits.waitMs);
      const waiting: Waiting = { resolve, timer };
      this.#waiting.add(waiting);
    });
  }

  #release(reader: Reader): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#idle.push(reader);
    else this.#serve(next, reader);
  }

  #serve(waiting: Waiting, reader: Reader | undefined): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
    waiting.resolve(reader);
  }

  /** The limit that a search has gone beyond, if it has. */
  #overdue(tookMs: number): number | undefined {
    const { searchMs, shareMs } = this.#limits;
    // No more make way than wait.
    const limitMs = this.#waiting.size > this.#stopping ? Math.min(shareMs, searchMs) : searchMs;
    return tookMs > limitMs ? limitMs : undefined;
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

function tooMany(): Refusal {
  return new Refusal("rate_limited", "Too many searches at once: try again in a moment");
}

function closing(): Outage {
  return new Outage("The search index is being closed or rebuilt");
}
