/** From where on in the log somebody wants events: an index, a time, or the beginning. */
import { parseEvent } from "../../audit/event.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { parseTime } from "../../search/time-literal.ts";
import type { TrailReader } from "../trail/trail-reader.ts";

/** Entries stand in the order in which they became durable, not to the millisecond in that of their times. */
export const MARGIN_MS = 60_000;
/** Looked at together: after an outage, a few events are recorded late, and say so by their times. */
export const PROBE_ENTRIES = 32;

type Log = Pick<TrailReader["log"], "size" | "entries">;

/**
 * An index of at most the log's size: everything of the time and after it stands there or later, but for events whose
 * clock was wrong. A whole number of up to eight digits is an index, or it is said as a number.
 */
export async function placeInLog(
  from: string | number,
  { log, now }: { readonly log: Log; readonly now: Millis },
): Promise<number> {
  if (from === "beginning") return 0;
  if (typeof from === "number" || /^\d{1,8}$/.test(from)) return checkedIndex(Number(from), log);
  if (from === "now") return log.size;
  const span = parseTime(from, now);
  if (!span) {
    const forms = "an index, beginning, 2026-11-21T09:31:07Z or now-2h";
    throw new Refusal("invalid_request", `The from is ${forms}.`, { field: "from" });
  }
  return firstAround(span.start - MARGIN_MS, log);
}

function checkedIndex(index: number, { size }: Log): number {
  if (Number.isSafeInteger(index) && index >= 0 && index <= size) return index;
  throw new Refusal("invalid_request", `The from is an index of the log's ${size} entries.`, {
    field: "from",
  });
}

/** Bisects; about 30 readings for a thousand million entries. */
async function firstAround(time: Millis, log: Log): Promise<number> {
  let low = 0;
  let high = log.size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await latestBy(middle, log)) >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The latest time among the entries up to an index. */
async function latestBy(index: number, log: Log): Promise<Millis> {
  const first = Math.max(0, index - PROBE_ENTRIES + 1);
  const indexes = Array.from({ length: index - first + 1 }, (_, at) => first + at);
  const lines = await log.entries(indexes);
  return Math.max(...lines.map((line) => Date.parse(parseEvent(line).eventTime)));
}
