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
import type { Lookup } from "./terms.ts";
import { pathValues, writtenData } from "./text-sql.ts";

/**
 * A page of hits. Looks at the beginning of the order first: what people search for is mostly there, and how much
 * is looked at is most of what a search costs. Only a full page is taken from it, so the answer is the same.
 */
export async function hitsOf(
  ask: Ask,
  selection: Selection,
  { page, firstEntries }: { readonly page: Page; readonly firstEntries: number },
): Promise<SearchResult> {
  const lookup = await lookUpTerms(selection.plan, ask);
  const near = await nearby(ask, page, firstEntries);
  let hits: readonly Hit[] = [];
  for (const within of near === undefined ? [undefined] : [near, undefined]) {
    hits = await hitsWithin(ask, { selection, page, lookup, within });
    if (hits.length > page.limit) break;
  }
  const shown = hits.slice(0, page.limit);
  return { hits: shown, next: hits.length > shown.length ? shown.at(-1) : undefined };
}

interface HitsRequest {
  readonly selection: Selection;
  readonly page: Page;
  readonly lookup: Lookup;
  /** The last time to look at, in the page's order. */
  readonly within: number | undefined;
}

/** One hit more than the page holds, if there is one, says that there is a next page. */
async function hitsWithin(
  ask: Ask,
  { selection, page, lookup, within }: HitsRequest,
): Promise<readonly Hit[]> {
  const to = new Parameters();
  const [direction, sign] = page.order === "newest" ? ["desc", ">="] : ["asc", "<="];
  const conditions = [selectionSql(selection, { to, lookup })];
  if (page.after !== undefined) conditions.push(beyond(page.after, page.order, to));
  if (within !== undefined) conditions.push(`time ${sign} ${to.integer(within)}`);
  const rows = await ask(
    `select time, seq from events where ${conditions.join(" and ")}
     order by time ${direction}, seq ${direction} limit ${to.integer(page.limit + 1)}`,
    to,
  );
  return rows.map(([time, seq]): Hit => ({ time: Number(time), seq: Number(seq) }));
}

/** The time of the entry that stands so many after the page's beginning; undefined when there is none. */
async function nearby(
  ask: Ask,
  { order, after }: Page,
  entries: number,
): Promise<number | undefined> {
  const to = new Parameters();
  const distance = to.integer(entries);
  const begin = after === undefined ? undefined : to.integer(after.seq);
  const seq =
    order === "newest"
      ? `${begin ?? "(select max(seq) from events)"} - ${distance}`
      : `${begin ?? "(select min(seq) from events)"} + ${distance}`;
  const [row] = await ask(`select time from events where seq = ${seq}`, to);
  return row === undefined ? undefined : Number(row[0]);
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
