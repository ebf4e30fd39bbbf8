/** A part of a list in any of its orders, found by the place where it begins or ends, not by counting. */
import type { Walk, Walked } from "../../identity/walk.ts";
import type { Database, Row, Value } from "./database.ts";

export interface WalkQuery<Field extends string> {
  readonly table: string;
  readonly where: string;
  readonly values: readonly Value[];
  /** The column behind each field by which the list may be sorted. */
  readonly columns: Readonly<Record<Field, string>>;
  readonly walk: Walk<Field>;
}

export function walk<T, Field extends string>(
  db: Database,
  of: (row: Row) => T,
  { table, where, values, columns, walk: asked }: WalkQuery<Field>,
): Walked<T> {
  const { by, isDescending, beside, limit, offset } = asked;
  const column = columns[by];
  const isBackwards = beside?.side === "before";
  // Towards the beginning of the list everything is turned round, the part itself at the end too.
  const direction = isDescending === isBackwards ? "ASC" : "DESC";
  const comparison = direction === "ASC" ? ">" : "<";
  const rows = db.all(
    `SELECT * FROM ${table} WHERE ${where}
     ${beside ? `AND (${column}, id) ${comparison} (?, ?)` : ""}
     ORDER BY ${column} ${direction}, id ${direction} LIMIT ? OFFSET ?`,
    ...values,
    ...(beside ? [beside.value, beside.id] : []),
    limit + 1,
    beside ? 0 : offset,
  );
  const hasMore = rows.length > limit;
  const items = rows.slice(0, limit).map(of);
  const counted = db.get(`SELECT count(*) AS n FROM ${table} WHERE ${where}`, ...values);
  return {
    items: isBackwards ? items.toReversed() : items,
    totalCount: Number(counted?.["n"]),
    hasMoreBefore: isBackwards ? hasMore : beside !== undefined || offset > 0,
    hasMoreAfter: isBackwards || hasMore,
  };
}
