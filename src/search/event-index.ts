/**
 * The port to whatever makes the trail searchable. An index is derived: it holds positions in the ledger and the
 * columns that are searched, never the only copy of anything. Losing it costs a rebuild.
 */
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Plan } from "./plan.ts";

export const MAX_PAGE = 1_000;
export const MAX_BUCKETS = 10_000;
export const MAX_FACET_FIELDS = 32;
export const MAX_FACET_VALUES = 1_000;

/** Which events: those of a plan, from `from` (inclusive) to `to` (exclusive) by event time. */
export interface Selection {
  readonly plan: Plan;
  readonly from?: Millis | undefined;
  readonly to?: Millis | undefined;
}

/** Where an event stands in the order of answers: by event time, events of one millisecond by ledger index. */
export interface Hit {
  readonly time: Millis;
  /** The entry's index in the ledger; its line is read there. */
  readonly seq: number;
}

export interface Page {
  readonly order: "newest" | "oldest";
  /** 1 to MAX_PAGE. */
  readonly limit: number;
  /** Go on after this hit; hits arriving meanwhile neither shift nor repeat a page. */
  readonly after?: Hit | undefined;
}

export interface SearchResult {
  readonly hits: readonly Hit[];
  /** Given when there are more: the `after` of the next page. */
  readonly next: Hit | undefined;
}

/** Events whose time is in [start, start + interval). Empty buckets are left out. */
export interface Bucket {
  readonly start: Millis;
  readonly count: number;
  /** Those of them with outcome `failure`. */
  readonly failures: number;
}

export interface Facet {
  readonly field: string;
  /** Most frequent first, ties by value; events without the field are not counted. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

export interface EventIndex {
  /** Ledger entries indexed: the index of the first that is not. */
  position(): Promise<number>;
  /**
   * Indexes entries `first`, `first + 1`, … given as their exact lines. All of them and the new position are
   * durable together when it resolves, or none are. Entries below `position()` are passed over, so repeating a
   * call is harmless; a gap above it is a bug of the caller. One call at a time.
   */
  ingest(first: number, lines: readonly Uint8Array[]): Promise<void>;
  search(selection: Selection, page: Page): Promise<SearchResult>;
  count(selection: Selection): Promise<number>;
  /** Buckets of `intervalMs` counted from the epoch, oldest first; at most MAX_BUCKETS, else Refusal. */
  histogram(selection: Selection, intervalMs: number): Promise<readonly Bucket[]>;
  /** The most frequent values of each field (or path), at most `limit` of each. */
  facets(
    selection: Selection,
    request: { readonly fields: readonly string[]; readonly limit: number },
  ): Promise<readonly Facet[]>;
  /** Deferred housekeeping, called when nothing waits to be indexed. May take seconds; queries go on. */
  settle(): Promise<void>;
  /** Throws everything away and starts again at position 0. Works on a broken index too. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Thrown by an index whose stored form cannot be used any more: only `reset` helps. */
export class IndexBroken extends Error {
  override readonly name = "IndexBroken";
}

/** Refusal `invalid_request` unless the number is a whole one within bounds. */
export function checkLimit(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new Refusal("invalid_request", `${name} is a whole number from 1 to ${max}`, {
    limit: max,
  });
}
