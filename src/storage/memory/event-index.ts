/**
 * The search index in memory, by the predicate: for tests, and as the plainest statement of what the port means.
 * Everything is gone with the process. `failNext` makes the next chunk fail before or after it is taken in.
 */
import { invariant, Outage } from "../../kernel/errors.ts";
import {
  checkLimit,
  IndexBroken,
  MAX_BUCKETS,
  MAX_FACET_FIELDS,
  MAX_FACET_VALUES,
  MAX_PAGE,
} from "../../search/event-index.ts";
import type {
  Bucket,
  EventIndex,
  Facet,
  Hit,
  Page,
  SearchResult,
  Selection,
} from "../../search/event-index.ts";
import { facetValues } from "../../search/facet-values.ts";
import { OUTCOME } from "../../search/fields.ts";
import { compareText } from "../../search/fold.ts";
import { compilePredicate } from "../../search/predicate.ts";
import { projectLine } from "../../search/projection.ts";
import type { EventRow } from "../../search/projection.ts";

/** `before`: nothing was taken. `after`: it was, but the caller does not learn so. `broken`: it never will be. */
export type Fault = "before" | "after" | "broken";

export class MemoryEventIndex implements EventIndex {
  #rows: EventRow[] = [];
  #broken = false;
  readonly #faults: Fault[] = [];

  /** Queues faults for the next calls of `ingest`, one each. */
  failNext(...faults: readonly Fault[]): void {
    this.#faults.push(...faults);
  }

  position(): Promise<number> {
    return Promise.resolve(this.#rows.length);
  }

  async ingest(first: number, lines: readonly Uint8Array[]): Promise<void> {
    const position = this.#rows.length;
    invariant(first <= position, `chunk at ${first} leaves a gap after ${position}`);
    const fault = this.#faults.shift();
    if (fault === "broken") this.#broken = true;
    if (this.#broken) throw new IndexBroken("The index is broken, as asked for");
    if (fault === "before") throw new Outage("The index failed, as asked for");
    const fresh = lines.slice(position - first);
    this.#rows.push(...fresh.map((line, at) => projectLine(position + at, line)));
    if (fault === "after") throw new Outage("The index failed, as asked for");
  }

  async search(selection: Selection, page: Page): Promise<SearchResult> {
    checkLimit("limit", page.limit, MAX_PAGE);
    const { after } = page;
    const sign = page.order === "newest" ? -1 : 1;
    const order = (a: Hit, b: Hit): number => sign * (a.time - b.time || a.seq - b.seq);
    const hits = this.#selected(selection)
      .map((row): Hit => ({ time: Number(row["time"]), seq: Number(row["seq"]) }))
      .filter((hit) => after === undefined || order(hit, after) > 0)
      .toSorted(order);
    const shown = hits.slice(0, page.limit);
    return { hits: shown, next: hits.length > shown.length ? shown.at(-1) : undefined };
  }

  async count(selection: Selection): Promise<number> {
    return this.#selected(selection).length;
  }

  async histogram(selection: Selection, intervalMs: number): Promise<readonly Bucket[]> {
    checkLimit("interval", intervalMs, Number.MAX_SAFE_INTEGER);
    const buckets = new Map<number, Bucket>();
    for (const row of this.#selected(selection)) {
      const start = Math.floor(Number(row["time"]) / intervalMs) * intervalMs;
      const { count, failures } = buckets.get(start) ?? { count: 0, failures: 0 };
      const failed = row[OUTCOME.column] === "failure" ? 1 : 0;
      buckets.set(start, { start, count: count + 1, failures: failures + failed });
    }
    checkLimit("The number of buckets", Math.max(1, buckets.size), MAX_BUCKETS);
    return [...buckets.values()].toSorted((a, b) => a.start - b.start);
  }

  async facets(
    selection: Selection,
    { fields, limit }: { readonly fields: readonly string[]; readonly limit: number },
  ): Promise<readonly Facet[]> {
    checkLimit("The number of fields", fields.length, MAX_FACET_FIELDS);
    checkLimit("limit", limit, MAX_FACET_VALUES);
    const rows = this.#selected(selection);
    return fields.map((field) => {
      const counts = new Map<string, number>();
      for (const value of rows.flatMap(facetValues(field))) {
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      const values = Array.from(counts, ([value, count]) => ({ value, count }));
      values.sort((a, b) => b.count - a.count || compareText(a.value, b.value));
      return { field, values: values.slice(0, limit) };
    });
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  async reset(): Promise<void> {
    this.#rows = [];
    this.#broken = false;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #selected({ plan, from, to }: Selection): readonly EventRow[] {
    const matches = compilePredicate(plan);
    return this.#rows.filter((row) => {
      const time = Number(row["time"]);
      const inTime = (from === undefined || time >= from) && (to === undefined || time < to);
      return inTime && matches(row);
    });
  }
}
