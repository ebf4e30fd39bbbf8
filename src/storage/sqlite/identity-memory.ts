/** What the stores of identities remember: answers that are good while the stamp of their tables stands. */
import type { Database, Value } from "./database.ts";

/** What is remembered of each kind; when it is full everything is forgotten and asked for again. */
export const MAX_REMEMBERED = 10_000;

export class IdentityMemory<T> {
  readonly #db: Database;
  readonly #held = new Map<string, { readonly value: T }>();
  #changes = -1;
  #stamp: Value | undefined;

  constructor(database: Database) {
    this.#db = database;
  }

  /** From memory; everything remembered under another stamp is forgotten first. Answers are shared: not to be changed. */
  get(key: string, load: () => T, isHeld: (value: T) => boolean = () => true): T {
    this.#forgetWhatChanged();
    if (this.#held.size >= MAX_REMEMBERED) this.#held.clear();
    const held = this.#held.get(key);
    if (held) return held.value;
    const value = load();
    if (isHeld(value)) this.#held.set(key, { value });
    return value;
  }

  /** The stamp is read only where something in the database may have changed since it was read last. */
  #forgetWhatChanged(): void {
    const { changes } = this.#db;
    if (changes === this.#changes) return;
    this.#changes = changes;
    const stamp = this.#db.get("SELECT stamp FROM identity_stamp")?.["stamp"];
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#held.clear();
  }
}
