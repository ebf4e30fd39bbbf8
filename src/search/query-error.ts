/** What is wrong with a query, and where: every refusal of the query language points at a column. */
import { Refusal } from "../kernel/errors.ts";

/** A place in the query: the query itself and an offset into it in UTF-16 units. */
export interface Place {
  readonly query: string;
  readonly at: number;
}

/**
 * Refusal `invalid_request` with `details.column`: 1-based, counted in characters (code points), so that it
 * points at the right place in a terminal too. `details.suggestion` is a name to use instead, where there is one.
 */
export function queryError(place: Place, message: string, suggestion?: string): Refusal {
  const column = Array.from(place.query.slice(0, place.at)).length + 1;
  return new Refusal("invalid_request", `${message} (column ${column})`, {
    column,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}

/** The query on one line and a caret below the column that a refusal named. */
export function renderCaret(query: string, column: number): string {
  return `${query.replaceAll(/\s/g, " ")}\n${" ".repeat(Math.max(0, column - 1))}^`;
}
