/** Gives texts their numbers in the dictionaries, remembering the ones in use. */
import { hash } from "node:crypto";
import { TERM_COLUMNS } from "./schema.ts";

export interface Term {
  /** Place of the column in TERM_COLUMNS. */
  readonly field: number;
  readonly id: number;
  readonly folded: string;
  readonly written: string | null;
}

/** Texts remembered of one column, twice at most: in use since the last turn, and in use in the turn before. */
export const REMEMBERED_TERMS = 50_000;
/** A longer text is remembered by its hash. */
const LONGEST_KEY = 256;

/** Forgets what was not asked for in the last two turns of `limit` texts: close to least recently used, and cheap. */
class Recent {
  readonly #limit: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): number | undefined {
    const id = this.#young.get(key);
    if (id !== undefined) return id;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, id: number): void {
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, id);
  }
}

export class TermNumbers {
  readonly #next: number[];
  readonly #known: readonly Recent[];

  /** `next[field]` is the first number that is free; below it every number may be taken. */
  constructor(next: readonly number[], limit = REMEMBERED_TERMS) {
    this.#next = TERM_COLUMNS.map((_, field) => next[field] ?? 0);
    this.#known = TERM_COLUMNS.map(() => new Recent(limit));
  }

  remember({ field, id, folded, written }: Term): void {
    this.#known[field]?.set(keyOf(folded, written), id);
  }

  /**
   * The number of a text. One that is not remembered gets a new number and is put into `added`, to be stored in
   * the transaction that stores the rows; if that fails, these numbers are to be thrown away with the object.
   */
  numberOf(text: Omit<Term, "id">, added: Term[]): number {
    const known = this.#known[text.field];
    const key = keyOf(text.folded, text.written);
    const found = known?.get(key);
    if (found !== undefined) return found;
    const id = this.#next[text.field] ?? 0;
    this.#next[text.field] = id + 1;
    known?.set(key, id);
    added.push({ field: text.field, id, folded: text.folded, written: text.written });
    return id;
  }
}

function keyOf(folded: string, written: string | null): string {
  const text = written === null ? folded : `${folded}\0${written}`;
  return text.length <= LONGEST_KEY ? text : hash("sha256", text, "base64").slice(0, 24);
}
