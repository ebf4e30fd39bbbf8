/**
 * The tables of the search index: the row of `search/projection.ts`, with its texts in a dictionary.
 *
 * Audit events repeat themselves: the same identities, targets and sentences, millions of times. So `terms` holds
 * each text once and `events` holds small whole numbers. A test of a text runs over the dictionary and then
 * compares numbers, which is several times smaller and faster than texts in the rows (figures: bench/README.md).
 */
import { hash } from "node:crypto";
import { NAMES_OF_OPERATIONS } from "../../audit/render/cloudtrail-facts.ts";
import { FIELDS } from "../../search/fields.ts";
import type { Field } from "../../search/fields.ts";
import { PROJECTION_VERSION, writtenColumn } from "../../search/projection.ts";

/** Texts of which every event has its own: a dictionary would only add to them. */
const UNIQUE = new Set(["id", "requestId", "correlationId"]);

function isText({ kind }: Field): boolean {
  return kind === "text" || kind === "prose";
}

/** Fields whose column in `events` holds the number of a term. */
export const TERM_FIELDS: readonly Field[] = FIELDS.filter(
  (field) => isText(field) && !UNIQUE.has(field.name),
);
/** The values without a column of their own are one text, hence one term: of this column. */
export const DATA_COLUMN = "data";
const DATA_WRITTEN = "data_cs";

/** A dictionary's column: where a row has its text, and the text as written. `terms.field` is its place in here. */
export const TERM_COLUMNS: readonly { readonly column: string; readonly written: string }[] = [
  ...TERM_FIELDS.map((field) => ({ column: field.column, written: writtenColumn(field) })),
  { column: DATA_COLUMN, written: DATA_WRITTEN },
];

const DICTIONARY_NUMBERS = new Map(TERM_COLUMNS.map(({ column }, number) => [column, number]));

/** The number of a column's dictionary in `terms.field`; undefined for columns that hold their values. */
export function dictionaryOf(column: string): number | undefined {
  return DICTIONARY_NUMBERS.get(column);
}

const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ...FIELDS.flatMap((field): [string, string][] => {
    if (field.kind === "flag") return [[field.column, "BOOLEAN"]];
    if (!isText(field)) return [[field.column, "BIGINT"]];
    if (!UNIQUE.has(field.name)) return [[field.column, "INTEGER"]];
    return [
      [field.column, "VARCHAR"],
      [writtenColumn(field), "VARCHAR"],
    ];
  }),
  [DATA_COLUMN, "INTEGER"],
];
const TERMS: typeof COLUMNS = [
  ["field", "UTINYINT"],
  ["id", "INTEGER"],
  ["folded", "VARCHAR"],
  ["written", "VARCHAR"],
  ["key", "UUID"],
];
/** Of the file of texts only what is needed to find them. */
const TEXTS: typeof COLUMNS = [
  ["place", "INTEGER"],
  ["key", "UUID"],
];

/** Columns that a chunk's rows carry as they are projected. */
export const PLAIN_COLUMNS: readonly string[] = COLUMNS.map(([name]) => name).filter(
  (name) => dictionaryOf(name) === undefined,
);

/** No key and no index on them: row groups are in the order of the ledger, and their ranges of values do the rest. */
export const CREATE_EVENTS = createTable("events", COLUMNS);
export const CREATE_TERMS = createTable("terms", TERMS);

/** Insert a chunk's file, given as the one parameter. */
export const INSERT_EVENTS = insertFrom("events", COLUMNS);
export const INSERT_TERMS = insertFrom("terms", TERMS);

/** Given a file of texts: the places of those that the dictionaries hold, and their numbers. */
export const FIND_TERMS = `select texts.place, terms.id
  from ${readFrom(TEXTS)} as texts join terms on terms.key = texts.key`;

/** What an index file has to say of itself to be used; another text means it is rebuilt. */
export const FORM = `${PROJECTION_VERSION}: ${CREATE_EVENTS}; ${CREATE_TERMS}; names ${hash("sha256", NAMES_OF_OPERATIONS)}`;

function createTable(table: string, columns: typeof COLUMNS): string {
  return `create table ${table} (${columns.map((column) => column.join(" ")).join(", ")})`;
}

function insertFrom(table: string, columns: typeof COLUMNS): string {
  const names = columns.map(([name]) => name).join(", ");
  return `insert into ${table} select ${names} from ${readFrom(columns)}`;
}

function readFrom(columns: typeof COLUMNS): string {
  const types = columns.map(([name, type]) => `${name}: '${type}'`).join(", ");
  return `read_ndjson($1, columns = {${types}})`;
}
