/**
 * One process at a time, by a lock that the operating system holds: it is gone with the process, after `kill -9` as
 * well, and no process id that has been given to another can keep it. Node has no flock of its own; SQLite has.
 */
import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Outage } from "../../kernel/errors.ts";

const FILE_MODE = 0o600;

export class ProcessLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Throws an Outage when another process, or another part of this one, holds the lock. */
  static take(path: string): ProcessLock {
    closeSync(openSync(path, "a", FILE_MODE));
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      database.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    } catch (cause) {
      database.close();
      throw new Outage(`another process has the ledger open (${path})`, { cause });
    }
    return new ProcessLock(database);
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
