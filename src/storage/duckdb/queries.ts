/** The statements that answer a selection. Each is given a way to ask that sees one state of the index. */
import type {
  Bucket,
  Facet,
  Hit,
  Page,
  SearchResult,
  Selection,
} from "../../search/event-index.ts";
import { facetField } from "../../search/facet-values.ts";
import { OUTCOME } from "../../search/fields.ts";
import type { Plan } from "../../search/plan.ts";
import { writtenColumn } from "../../search/projection.ts";
import type { Ask, Row } from "./database.ts";
import { Parameters } from "./parameters.ts";
import { planSql, selectionSql } from "./plan-sql.ts";
import { DATA_COLUMN, dictionaryOf } from "./schema.ts";
import { lookUpTerms } from "./terms.ts";
import { pathValues, writtenData } from "./text-sql.ts";

export async function hitsOf(ask: Ask, selection: Selection, page: Page): Promise<SearchResult> {
  const to = new Parameters();
  const conditions = [
    selectionSql(selection, { to, lookup: await lookUpTerms(selection.plan, ask) }),
  ];
  if (page.after !== undefined) conditions.push(beyond(page.after, page.order, to));
  const direction = page.order === "newest" ? "desc" : "asc";
  // One more than asked for says whether there is a next page.
  const rows = await ask(
    `select time, seq from events where ${conditions.join(" and ")}
     order by time ${direction}, seq ${direction} limit ${to.integer(page.limit + 1)}`,
    to,
  );
  const hits = rows.map(([time, seq]): Hit => ({ time: Number(time), seq: Number(seq) }));
  const shown = hits.slice(0, page.limit);
  return { hits: shown, next: hits.length > shown.length ? shown.at(-1) : undefined };
}

/** Written so that the first part alone rules out row groups by their range of times. */
function beyond({ time, seq }: Hit, order: Page["order"], to: Parameters): string {
  const sign = order === "newest" ? "<" : ">";
  const at = to.integer(time);
  return `time ${sign}= ${at} and (time ${sign} ${at} or seq ${sign} ${to.integer(seq)})`;
}

export async function countOf(ask: Ask, selection: Selection): Promise<number> {
  const to = new Parameters();
  const lookup = await lookUpTerms(selection.plan, ask);
  const where = selectionSql(selection, { to, lookup });
  const [row] = await ask(`select count(*) from events where ${where}`, to);
  return Number(row?.[0]);
}

const FAILED: Plan = {
  kind: "text",
  field: OUTCOME,
  test: { kind: "equals", text: "failure", exactCase: false },
};

export async function bucketsOf(
  ask: Ask,
  selection: Selection,
  { intervalMs, limit }: { readonly intervalMs: number; readonly limit: number },
): Promise<readonly Bucket[]> {
  const to = new Parameters();
  const lookup = await lookUpTerms({ kind: "and", of: [selection.plan, FAILED] }, ask);
  const interval = to.integer(intervalMs);
  // `%` takes the sign of the time, and a time before the epoch belongs to the bucket below it.
  const rows = await ask(
    `select time - ((time % ${interval}) + ${interval}) % ${interval} as start, count(*),
       count(*) filter (where ${planSql(FAILED, { to, lookup })})
     from events where ${selectionSql(selection, { to, lookup })}
     group by start order by start limit ${to.integer(limit)}`,
    to,
  );
  return rows.map(([start, count, failures]) => ({
    start: Number(start),
    count: Number(count),
    failures: Number(failures),
  }));
}

export interface FacetRequest {
  readonly field: string;
  readonly limit: number;
}

export async function facetOf(
  ask: Ask,
  selection: Selection,
  request: FacetRequest,
): Promise<Facet> {
  const to = new Parameters();
  const lookup = await lookUpTerms(selection.plan, ask);
  const events = `events where ${selectionSql(selection, { to, lookup })}`;
  const rows = await ask(
    `select value, sum(n)::bigint as n from (${facetSource(request.field, events, to)})
     where value is not null group by value
     order by n desc, value limit ${to.integer(request.limit)}`,
    to,
  );
  return { field: request.field, values: rows.map(facetValue) };
}

function facetValue([value, count]: Row): { readonly value: string; readonly count: number } {
  return { value: typeof value === "string" ? value : "", count: Number(count) };
}

/** A statement giving `value` and `n`; a value may come in several rows. */
function facetSource(name: string, events: string, to: Parameters): string {
  const resolved = facetField(name);
  if (resolved.kind === "path") {
    const source = writtenData(resolved.path, { folded: "folded", written: "written" }, to);
    return counted(DATA_COLUMN, {
      events,
      value: `unnest(${pathValues(source, resolved.path, to)})`,
    });
  }
  const { field } = resolved;
  if (dictionaryOf(field.column) !== undefined) {
    return counted(field.column, { events, value: "coalesce(written, folded)" });
  }
  const isText = field.kind === "text" || field.kind === "prose";
  const value = isText
    ? `coalesce(${writtenColumn(field)}, ${field.column})`
    : `${field.column}::varchar`;
  return `select ${value} as value, 1 as n from ${events}`;
}

/** Counts numbers first and looks up their texts after: millions of events have few terms. */
function counted(
  column: string,
  { events, value }: { readonly events: string; readonly value: string },
): string {
  return `select ${value} as value, n
    from (select ${column} as id, count(*) as n from ${events} group by ${column}) as counts
    join terms on terms.field = ${dictionaryOf(column)} and terms.id = counts.id`;
}
