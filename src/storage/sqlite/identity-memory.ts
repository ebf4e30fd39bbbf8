/** What the stores of identities remember: answers that are good while the stamp of their tables stands. */
import type { Database } from "./database.ts";
import { text } from "./table.ts";

/** What is remembered of each kind; when it is full everything is forgotten and asked for again. */
export const MAX_REMEMBERED = 10_000;

/** The stamp of a connection's tables, for all the memories over it. */
export class IdentityStamp {
  readonly #db: Database;
  #changes = -1;
  #stamp = "";

  constructor(database: Database) {
    this.#db = database;
  }

  /** Read only where something in the database may have changed since it was read last. */
  get current(): string {
    const { changes } = this.#db;
    if (changes !== this.#changes) {
      this.#changes = changes;
      const row = this.#db.get("SELECT stamp FROM identity_stamp");
      this.#stamp = row ? text(row, "stamp") : "";
    }
    return this.#stamp;
  }
}

export class IdentityMemory<T> {
  readonly #stamp: IdentityStamp;
  readonly #held = new Map<string, { readonly value: T }>();
  #under = "";

  constructor(stamp: IdentityStamp) {
    this.#stamp = stamp;
  }

  /** From memory; everything remembered under another stamp is forgotten first. Answers are shared: not to be changed. */
  get(key: string, load: () => T, isHeld: (value: T) => boolean = () => true): T {
    const { current } = this.#stamp;
    if (current !== this.#under || this.#held.size >= MAX_REMEMBERED) {
      this.#held.clear();
      this.#under = current;
    }
    const held = this.#held.get(key);
    if (held) return held.value;
    const value = load();
    if (isHeld(value)) this.#held.set(key, { value });
    return value;
  }
}
