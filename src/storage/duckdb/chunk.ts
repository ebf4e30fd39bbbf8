/**
 * Turns ledger lines into the rows of the index, in two steps: the first says which texts have no number that it
 * remembers, the second is told the numbers that the dictionaries have for them and gives new ones to the rest.
 */
import { hash } from "node:crypto";
import { projectLine } from "../../search/projection.ts";
import type { EventRow } from "../../search/projection.ts";
import { PLAIN_COLUMNS, TERM_COLUMNS } from "./schema.ts";

/** A text and the column (its place in TERM_COLUMNS) that it stands in. */
export interface Text {
  readonly field: number;
  readonly folded: string;
  /** Null where it is as it is folded. */
  readonly written: string | null;
  /** What the dictionaries know it by: half a SHA-256 in hexadecimal, so nobody can make two that are taken for one. */
  readonly key: string;
}

export interface Term extends Text {
  readonly id: number;
}

/** Texts remembered of one column, twice at most: in use since the last turn, and in use in the turn before. */
const REMEMBERED_TERMS = 50_000;
/** A text that is longer is remembered by its hash. */
const LONGEST_REMEMBERED = 64;

/** Forgets what was not asked for in two turns of REMEMBERED_TERMS texts: nearly least recently used, and cheap. */
class Recent {
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  get(key: string): number | undefined {
    const id = this.#young.get(key);
    if (id !== undefined) return id;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, id: number): void {
    if (this.#young.size >= REMEMBERED_TERMS) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, id);
  }
}

/** The members' names as they are written: `"column":`. */
const PLAIN = PLAIN_COLUMNS.map((column) => ({ column, name: `${JSON.stringify(column)}:` }));
const TERM_NAMES = TERM_COLUMNS.map(({ column }) => `${JSON.stringify(column)}:`);

/** One chunk on its way: rows without their terms, and for each row and column a number or what waits for one. */
interface Pending {
  readonly rows: readonly string[];
  readonly refs: Int32Array;
  readonly unknown: readonly (Text & { readonly memory: string })[];
}

/** In `refs`: the column has no text. Other negative numbers are places in `unknown`, from -2 down. */
const ABSENT = -1;

export class ChunkEncoder {
  readonly #next: number[];
  readonly #recent: readonly Recent[] = TERM_COLUMNS.map(() => new Recent());
  #pending: Pending | undefined;

  /** `next[field]` is the first number that is free. */
  constructor(next: readonly number[]) {
    this.#next = TERM_COLUMNS.map((_, field) => next[field] ?? 0);
  }

  /** The texts, each once, that the dictionaries have to be asked for before `finish`. */
  begin(first: number, lines: readonly Uint8Array[]): readonly Text[] {
    const refs = new Int32Array(lines.length * TERM_COLUMNS.length).fill(ABSENT);
    const unknown = new Map<string, Pending["unknown"][number] & { readonly place: number }>();
    const rows = lines.map((line, at) => {
      const row = projectLine(first + at, line);
      for (const [field, { column, written }] of TERM_COLUMNS.entries()) {
        const folded = row[column];
        if (typeof folded !== "string") continue;
        const asWritten = row[written];
        const text = { field, folded, written: typeof asWritten === "string" ? asWritten : null };
        const memory = memoryOf(text);
        refs[at * TERM_COLUMNS.length + field] =
          this.#recent[field]?.get(memory) ?? waiting(unknown, text, memory);
      }
      return plainMembers(row);
    });
    this.#pending = { rows, refs, unknown: [...unknown.values()] };
    return this.#pending.unknown.map(({ field, folded, written, key }) => ({
      field,
      folded,
      written,
      key,
    }));
  }

  /**
   * The chunk's rows, and the terms that are new with it, to be stored in one transaction. `known` has the numbers
   * of those texts of `begin`, by place, that the dictionaries hold.
   */
  finish(known: ReadonlyMap<number, number>): {
    readonly rows: readonly string[];
    readonly terms: readonly Term[];
  } {
    const { rows, refs, unknown } = this.#pending ?? {
      rows: [],
      refs: new Int32Array(),
      unknown: [],
    };
    this.#pending = undefined;
    const terms: Term[] = [];
    const numbers = unknown.map(({ memory, ...text }, place) => {
      const id = known.get(place) ?? this.#add(text, terms);
      this.#recent[text.field]?.set(memory, id);
      return id;
    });
    const complete = rows.map((plain, at) => {
      let members = plain;
      for (const [field, name] of TERM_NAMES.entries()) {
        const ref = refs[at * TERM_COLUMNS.length + field] ?? ABSENT;
        if (ref !== ABSENT) members += `,${name}${ref >= 0 ? ref : numbers[-ref - 2]}`;
      }
      return `{${members.slice(1)}}`;
    });
    return { rows: complete, terms };
  }

  #add({ field, folded, written, key }: Text, terms: Term[]): number {
    const id = this.#next[field] ?? 0;
    this.#next[field] = id + 1;
    terms.push({ field, folded, written, key, id });
    return id;
  }
}

function waiting(
  unknown: Map<string, Pending["unknown"][number] & { readonly place: number }>,
  text: Omit<Text, "key">,
  memory: string,
): number {
  const asked = `${text.field}:${memory}`;
  let found = unknown.get(asked);
  if (found === undefined) {
    found = { ...text, memory, key: keyOf(text), place: unknown.size };
    unknown.set(asked, found);
  }
  return -found.place - 2;
}

function plainMembers(row: EventRow): string {
  let members = "";
  for (const { column, name } of PLAIN) {
    const value = row[column];
    if (value !== undefined) members += `,${name}${JSON.stringify(value)}`;
  }
  return members;
}

type Form = Pick<Text, "folded" | "written">;

function joined({ folded, written }: Form): string {
  return written === null ? folded : `${folded}\0${written}`;
}

function memoryOf(form: Form): string {
  const text = joined(form);
  return text.length <= LONGEST_REMEMBERED ? text : hash("sha256", text, "base64");
}

function keyOf(text: Omit<Text, "key">): string {
  return hash("sha256", `${text.field}\0${joined(text)}`, "hex").slice(0, 32);
}
