/** One SQLite database (`node:sqlite`): durable commits, statements prepared once, one writer at a time. */
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from "node:sqlite";
import { Outage } from "../../kernel/errors.ts";

export type Row = Record<string, SQLOutputValue>;
export type Value = SQLInputValue;

/** Statements kept prepared; the stores' SQL is fixed text, so this is never reached in practice. */
export const MAX_PREPARED_STATEMENTS = 500;

/** SQLite's primary result codes for a store that is failing rather than a statement that is wrong. */
const OUTAGE_CODES = new Set([
  5, // SQLITE_BUSY
  8, // SQLITE_READONLY
  10, // SQLITE_IOERR
  11, // SQLITE_CORRUPT
  13, // SQLITE_FULL
  14, // SQLITE_CANTOPEN
  26, // SQLITE_NOTADB
]);

/** Counted for each file, over all connections to it: one process has a file to itself. */
interface Changes {
  count: number;
}

const changesOf = new Map<string, Changes>();

export class Database {
  readonly #db: DatabaseSync;
  readonly #changes: Changes;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(db: DatabaseSync, changes: Changes) {
    this.#db = db;
    this.#changes = changes;
  }

  /**
   * `:memory:` or a file. WAL with synchronous=FULL: a commit that returned survives power loss. The schema is run at
   * every opening; of the migrations, those that this file has not had, each in a transaction of its own.
   */
  static open(
    path: string,
    schema: readonly string[] = [],
    migrations: readonly string[] = [],
  ): Database {
    const db = outages(() => new DatabaseSync(path, { enableForeignKeyConstraints: true }));
    const database = new Database(db, sharedChanges(path));
    database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA secure_delete = ON;",
    );
    try {
      for (const sql of schema) database.exec(sql);
      database.#migrate(migrations);
    } catch (error) {
      // What a transaction had begun goes with the connection.
      database.close();
      throw error;
    }
    return database;
  }

  /** `user_version` counts the migrations that the file has had; a crash leaves it between two of them. */
  #migrate(migrations: readonly string[]): void {
    if (migrations.length === 0) return;
    const had = Number(this.get("PRAGMA user_version")?.["user_version"]);
    if (had > migrations.length) {
      throw new Error(`the state has been used by a newer version of Keytrail (schema ${had})`);
    }
    for (const [at, sql] of migrations.entries()) {
      if (at >= had) this.exec(`BEGIN; ${sql}; PRAGMA user_version = ${at + 1}; COMMIT;`);
    }
  }

  /** Differs after anything may have changed: a statement that writes, a commit, a rollback, on any connection. */
  get changes(): number {
    return this.#changes.count;
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return outages(() => this.#prepare(sql).get(...values));
  }

  all(sql: string, ...values: Value[]): Row[] {
    return outages(() => this.#prepare(sql).all(...values));
  }

  /** Returns the number of rows changed. */
  run(sql: string, ...values: Value[]): number {
    this.#changes.count += 1;
    return outages(() => Number(this.#prepare(sql).run(...values).changes));
  }

  exec(sql: string): void {
    this.#changes.count += 1;
    outages(() => this.#db.exec(sql));
  }

  /** A function that SQL can call on this connection; the same arguments have to give the same answer. */
  define(name: string, work: (...values: readonly SQLOutputValue[]) => number): void {
    this.#db.function(name, { deterministic: true, varargs: true }, work);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      if (this.#statements.size >= MAX_PREPARED_STATEMENTS) this.#statements.clear();
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** A database in memory is its connection's own. */
function sharedChanges(path: string): Changes {
  const shared = path === ":memory:" ? undefined : changesOf.get(path);
  const changes = shared ?? { count: 0 };
  if (path !== ":memory:") changesOf.set(path, changes);
  return changes;
}

/** Names a disk that is full, failing or not ours as the outage it is; a wrong statement stays a bug. */
function outages<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = (error as { readonly errcode?: unknown }).errcode;
    if (typeof code === "number" && OUTAGE_CODES.has(code & 0xff)) {
      throw new Outage("the state store cannot be used", { cause: error });
    }
    throw error;
  }
}
