/** A chunk: the rows of some ledger lines, and the terms they are the first to use, as NDJSON for DuckDB to read. */
import { projectLine } from "../../search/projection.ts";
import { PLAIN_COLUMNS, TERM_COLUMNS } from "./schema.ts";
import type { Term, TermNumbers } from "./term-numbers.ts";

export interface Chunk {
  readonly events: string;
  /** Empty when no term is new. */
  readonly terms: string;
}

export function encodeChunk(
  numbers: TermNumbers,
  first: number,
  lines: readonly Uint8Array[],
): Chunk {
  const added: Term[] = [];
  const rows = lines.map((line, at) => {
    const row = projectLine(first + at, line);
    const encoded: Record<string, unknown> = {};
    for (const column of PLAIN_COLUMNS) encoded[column] = row[column];
    for (const [field, { column, written }] of TERM_COLUMNS.entries()) {
      const folded = row[column];
      if (typeof folded !== "string") continue;
      const asWritten = row[written];
      const text = { field, folded, written: typeof asWritten === "string" ? asWritten : null };
      encoded[column] = numbers.numberOf(text, added);
    }
    return JSON.stringify(encoded);
  });
  return { events: lined(rows), terms: lined(added.map((term) => JSON.stringify(term))) };
}

function lined(texts: readonly string[]): string {
  return texts.length === 0 ? "" : `${texts.join("\n")}\n`;
}
