/** The values that facets count, of one row in memory. */
import { Refusal } from "../kernel/errors.ts";
import { resolveField } from "./fields.ts";
import type { Resolved } from "./fields.ts";
import { writtenColumn } from "./projection.ts";
import type { EventRow } from "./projection.ts";
import { valuesAt } from "./predicate.ts";

/** What facets can be counted of; Refusal `invalid_request` for anything else. */
export function facetField(name: string): Extract<Resolved, { kind: "field" | "path" }> {
  const resolved = resolveField(name);
  if (resolved.kind === "field" || resolved.kind === "path") return resolved;
  throw new Refusal("invalid_request", `There is no field ${name} to count the values of`);
}

/** The values of a row as they were written; several at a path within an array. */
export function facetValues(name: string): (row: EventRow) => readonly string[] {
  const resolved = facetField(name);
  if (resolved.kind === "path") return (row) => valuesAt(row, resolved.path, true);
  const { field } = resolved;
  return (row) => {
    const value = row[writtenColumn(field)] ?? row[field.column];
    return value === undefined ? [] : [String(value)];
  };
}
