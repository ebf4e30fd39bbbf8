/** The statements that answer a selection. */
import type { DuckDBValue } from "@duckdb/node-api";
import { Refusal } from "../../kernel/errors.ts";
import type {
  Bucket,
  Facet,
  Hit,
  Page,
  SearchResult,
  Selection,
} from "../../search/event-index.ts";
import { OUTCOME, resolveField } from "../../search/fields.ts";
import { writtenColumn } from "../../search/projection.ts";
import type { Database } from "./database.ts";
import { integerRange, Parameters, pathValues, planSql, writtenData } from "./plan-sql.ts";

export async function hitsOf(
  database: Database,
  selection: Selection,
  page: Page,
): Promise<SearchResult> {
  const to = new Parameters();
  const direction = page.order === "newest" ? "desc" : "asc";
  const conditions = [where(selection, to)];
  if (page.after !== undefined) conditions.push(beyond(page.after, { page, to }));
  // One more than asked for says whether there is a next page.
  const rows = await database.read(
    `select time, seq from events where ${conditions.join(" and ")}
     order by time ${direction}, seq ${direction} limit ${to.integer(page.limit + 1)}`,
    to,
  );
  const hits = rows.map(([time = 0, seq = 0]): Hit => ({ time: Number(time), seq: Number(seq) }));
  const shown = hits.slice(0, page.limit);
  return { hits: shown, next: hits.length > shown.length ? shown.at(-1) : undefined };
}

/** Written so that the first part alone rules out row groups by their range of times. */
function beyond(
  { time, seq }: Hit,
  { page, to }: { readonly page: Page; readonly to: Parameters },
): string {
  const sign = page.order === "newest" ? "<" : ">";
  const at = to.integer(time);
  return `time ${sign}= ${at} and (time ${sign} ${at} or seq ${sign} ${to.integer(seq)})`;
}

export async function countOf(database: Database, selection: Selection): Promise<number> {
  const to = new Parameters();
  const [row] = await database.read(
    `select count(*) from events where ${where(selection, to)}`,
    to,
  );
  return Number(row?.[0] ?? 0);
}

export async function bucketsOf(
  database: Database,
  selection: Selection,
  intervalMs: number,
): Promise<readonly Bucket[]> {
  const to = new Parameters();
  const interval = to.integer(intervalMs);
  // `//` rounds towards zero, and a time before the epoch belongs to the bucket below it.
  const rows = await database.read(
    `select (time - ((time % ${interval}) + ${interval}) % ${interval}) as start, count(*),
       count(*) filter (where ${OUTCOME.column} = 'failure')
     from events where ${where(selection, to)} group by start order by start`,
    to,
  );
  return rows.map(([start = 0, count = 0, failures = 0]) => ({
    start: Number(start),
    count: Number(count),
    failures: Number(failures),
  }));
}

export async function facetOf(
  database: Database,
  selection: Selection,
  { field, limit }: { readonly field: string; readonly limit: number },
): Promise<Facet> {
  const to = new Parameters();
  const value = facetValue(field, to);
  const rows = await database.read(
    `select value, count(*) as n from (select ${value} as value from events where ${where(selection, to)})
     where value is not null group by value order by n desc, value limit ${to.integer(limit)}`,
    to,
  );
  return {
    field,
    values: rows.map(([text = null, count = 0]) => ({ value: textOf(text), count: Number(count) })),
  };
}

function facetValue(name: string, to: Parameters): string {
  const resolved = resolveField(name);
  switch (resolved.kind) {
    case "field": {
      const { field } = resolved;
      const isText = field.kind === "text" || field.kind === "prose";
      return isText
        ? `coalesce(${writtenColumn(field)}, ${field.column})`
        : `${field.column}::varchar`;
    }
    case "path":
      return `unnest(${pathValues(writtenData(resolved.path, to), resolved.path, to)})`;
    case "object":
    case "misspelt":
    default:
      throw new Refusal("invalid_request", `There is no field ${name} to count the values of`);
  }
}

function textOf(value: DuckDBValue): string {
  return typeof value === "string" ? value : "";
}

function where({ plan, from, to: until }: Selection, to: Parameters): string {
  const min = from === undefined ? undefined : { value: from, inclusive: true };
  const max = until === undefined ? undefined : { value: until, inclusive: false };
  const bounded = min !== undefined || max !== undefined;
  const time = bounded ? `${integerRange("time", { range: { min, max }, to })} and ` : "";
  return `${time}${planSql(plan, to)}`;
}
