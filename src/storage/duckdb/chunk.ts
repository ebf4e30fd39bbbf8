/** A chunk: the rows of some ledger lines, and the terms they are the first to use, as NDJSON for DuckDB to read. */
import { projectLine } from "../../search/projection.ts";
import type { EventRow } from "../../search/projection.ts";
import { PLAIN_COLUMNS, TERM_COLUMNS } from "./schema.ts";
import type { Term, TermNumbers } from "./term-numbers.ts";

export interface Chunk {
  readonly events: string;
  /** Empty when no term is new. */
  readonly terms: string;
}

/** The members' names, written once: `"column":`. */
const PLAIN = PLAIN_COLUMNS.map((column) => ({ column, name: `${JSON.stringify(column)}:` }));
const TERMS = TERM_COLUMNS.map((columns) => ({
  ...columns,
  name: `${JSON.stringify(columns.column)}:`,
}));

export function encodeChunk(
  numbers: TermNumbers,
  first: number,
  lines: readonly Uint8Array[],
): Chunk {
  const added: Term[] = [];
  const rows = lines.map((line, at) => encodeRow(projectLine(first + at, line), numbers, added));
  return { events: lined(rows), terms: lined(added.map((term) => JSON.stringify(term))) };
}

function encodeRow(row: EventRow, numbers: TermNumbers, added: Term[]): string {
  let members = "";
  for (const { column, name } of PLAIN) {
    const value = row[column];
    if (value !== undefined) members += `,${name}${JSON.stringify(value)}`;
  }
  for (const [field, { column, written, name }] of TERMS.entries()) {
    const folded = row[column];
    if (typeof folded !== "string") continue;
    const asWritten = row[written];
    const text = { field, folded, written: typeof asWritten === "string" ? asWritten : null };
    members += `,${name}${numbers.numberOf(text, added)}`;
  }
  return `{${members.slice(1)}}`;
}

function lined(texts: readonly string[]): string {
  return texts.length === 0 ? "" : `${texts.join("\n")}\n`;
}
