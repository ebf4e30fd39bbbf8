/** What the stores do with any table. Names of tables and columns are the stores' own; only values come from outside. */
import type { Listed, Window } from "../../identity/store.ts";
import type { Database, Row, Value } from "./database.ts";

export type Columns = Readonly<Record<string, Value>>;

/** Writes a row whole. An update, not a replacement, so that what refers to the row stays. */
export function put(
  db: Database,
  { table, keys }: { readonly table: string; readonly keys: readonly string[] },
  row: Columns,
): void {
  const columns = Object.keys(row);
  const others = columns.filter((column) => !keys.includes(column));
  const values = columns.map(() => "?").join(", ");
  const changes = others.map((column) => `${column} = excluded.${column}`).join(", ");
  db.run(
    `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${values})
     ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${changes}`,
    ...Object.values(row),
  );
}

export interface ListQuery {
  /** With joins, if need be. */
  readonly table: string;
  readonly id: string;
  readonly where: string;
  readonly values: readonly Value[];
  readonly window: Window;
  /** In the order of creation, unless this says otherwise; then `window.after` is not looked at. */
  readonly order?: string;
}

/** A part of a list, and how long the whole of it is. */
export function list<T>(db: Database, of: (row: Row) => T, query: ListQuery): Listed<T> {
  const { table, id, where, values, window, order = `created_at, ${id}` } = query;
  const { after } = query.order === undefined ? window : {};
  const from = `FROM ${table} WHERE ${where}`;
  const rows = after
    ? db.all(
        `SELECT * ${from} AND (created_at, ${id}) > (?, ?) ORDER BY ${order} LIMIT ?`,
        ...values,
        after.createdAt,
        after.id,
        window.limit,
      )
    : db.all(
        `SELECT * ${from} ORDER BY ${order} LIMIT ? OFFSET ?`,
        ...values,
        window.limit,
        window.offset,
      );
  const counted = db.get(`SELECT count(*) AS n ${from}`, ...values);
  return { items: rows.map(of), totalCount: Number(counted?.["n"]) };
}

export function one<T>(of: (row: Row) => T, row: Row | undefined): T | undefined {
  return row && of(row);
}

export function text(row: Row, column: string): string {
  return String(row[column]);
}

export function number(row: Row, column: string): number {
  return Number(row[column]);
}

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column);
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function flag(row: Row, column: string): boolean {
  return row[column] === 1;
}

/** What a store wrote itself, and so knows the form of. */
export function json(row: Row, column: string): ReturnType<typeof JSON.parse> {
  return JSON.parse(text(row, column));
}

export function bytesOrNull(row: Row, column: string): Uint8Array | null {
  const value = row[column];
  return value instanceof Uint8Array ? value : null;
}
