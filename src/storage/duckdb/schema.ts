/** The one table of the search index: a row of `search/projection.ts`, column by column. */
import { FIELDS } from "../../search/fields.ts";
import type { FieldKind } from "../../search/fields.ts";
import { PROJECTION_VERSION, writtenColumn } from "../../search/projection.ts";

const TYPES: Readonly<Record<FieldKind, string>> = {
  text: "VARCHAR",
  prose: "VARCHAR",
  number: "BIGINT",
  flag: "BOOLEAN",
  time: "BIGINT",
};

const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ...FIELDS.flatMap((field): [string, string][] => {
    const column: [string, string] = [field.column, TYPES[field.kind]];
    const isText = field.kind === "text" || field.kind === "prose";
    return isText ? [column, [writtenColumn(field), "VARCHAR"]] : [column];
  }),
  ["data", "VARCHAR"],
  ["data_cs", "VARCHAR"],
];

/** No key and no index on it: row groups are in the order of the ledger, and their ranges of values do the rest. */
export const CREATE_EVENTS = `create table events (${COLUMNS.map((column) => column.join(" ")).join(", ")})`;

/** Inserts a chunk file, given as the one parameter. */
export const INSERT_CHUNK = `insert into events select ${COLUMNS.map(([name]) => name).join(", ")}
  from read_ndjson($1, columns = {${COLUMNS.map(([name, type]) => `${name}: '${type}'`).join(", ")}})`;

/** What an index file has to say of itself to be used; another text means it is rebuilt. */
export const FORM = `${PROJECTION_VERSION}: ${CREATE_EVENTS}`;
