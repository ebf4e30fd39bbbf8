/** Counts events: in all, over time, and by the values of fields. */
import { Refusal } from "../../kernel/errors.ts";
import type { Bucket, Facet, Selection } from "../../search/event-index.ts";
import { readOperation } from "../operation.ts";
import { selectionFor, type Asked } from "./selection.ts";
import type { IndexState } from "./trail-reader.ts";
import { trailLocation } from "./whole-trail.ts";

/** The number of buckets that an interval of `auto` aims for, from above. */
export const AUTO_BUCKETS = 120;

export interface SummarizeEventsInput extends Asked {
  /** The width of a bucket: `30s`, `5m`, `1h`, `1d`, `1w`, or `auto`. Without it there are no buckets. */
  readonly interval?: string | undefined;
  /** The fields, or paths, whose values are counted. Without them there are no facets. */
  readonly fields?: readonly string[] | undefined;
  /** Values counted of each field. */
  readonly limit?: number | undefined;
}

export interface EventSummary {
  readonly totalCount: number;
  readonly histogram?: { readonly intervalMs: number; readonly buckets: readonly Bucket[] };
  readonly facets?: readonly Facet[];
  readonly index: IndexState;
}

export const DEFAULT_FACET_VALUES = 10;

export const summarizeEvents = readOperation<SummarizeEventsInput, undefined, EventSummary>({
  name: "event.summarize",
  async locate(_input, { call }) {
    return { ...trailLocation(call, null), subject: undefined };
  },
  async run(input, _located, context) {
    const { trail } = context.capabilities;
    const selection = selectionFor(input, context);
    const { interval, fields, limit = DEFAULT_FACET_VALUES } = input;
    const intervalMs =
      interval === undefined ? undefined : intervalOf(interval, selection, context.now);
    const index = await trail.caughtUp();
    return {
      totalCount: await trail.count(selection),
      ...(intervalMs === undefined
        ? {}
        : { histogram: { intervalMs, buckets: await trail.histogram(selection, intervalMs) } }),
      ...(fields === undefined ? {} : { facets: await trail.facets(selection, { fields, limit }) }),
      index,
    };
  },
});

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** What people read a time axis in. */
const ROUND_INTERVALS = ["1s", "10s", "1m", "5m", "15m", "1h", "6h", "1d", "1w", "4w"];

function intervalOf(text: string, { from, to }: Selection, now: number): number {
  if (text !== "auto") return parseInterval(text);
  // Without a beginning nobody knows how far back it goes: days are wide enough for decades.
  const spanMs = from === undefined ? undefined : (to ?? now) - from;
  if (spanMs === undefined) return UNITS_MS.d;
  const widths = ROUND_INTERVALS.map(parseInterval);
  return widths.find((width) => spanMs / width <= AUTO_BUCKETS) ?? 52 * UNITS_MS.w;
}

function parseInterval(text: string): number {
  const [, count = "0", unit = ""] = /^([1-9]\d{0,3})([smhdw])$/.exec(text) ?? [];
  if (!isUnit(unit)) {
    throw new Refusal("invalid_request", "interval is a number and a unit, as 5m, or auto.", {
      field: "interval",
    });
  }
  return Number(count) * UNITS_MS[unit];
}

function isUnit(text: string): text is keyof typeof UNITS_MS {
  return Object.hasOwn(UNITS_MS, text);
}
