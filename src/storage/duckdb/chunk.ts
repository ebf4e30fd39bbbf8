/** A chunk file: the rows of some ledger lines as NDJSON, which DuckDB parses natively and off the event loop. */
import { projectLine } from "../../search/projection.ts";

export function chunkText(first: number, lines: readonly Uint8Array[]): string {
  const rows: string[] = [];
  for (const [at, line] of lines.entries())
    rows.push(JSON.stringify(projectLine(first + at, line)));
  return `${rows.join("\n")}\n`;
}
