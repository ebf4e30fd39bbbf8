/**
 * Exports events with what proves them, and proves them to be all. The record of an export states how many events the
 * log holds on each target and by each initiator that appears in it, so that whoever checks the export later can tell
 * a history that was exported whole from one that was filtered.
 */
import { initiatorKey, targetKey, type CounterKey } from "../../audit/counters.ts";
import { MAX_RECORDED_ITEMS } from "../../audit/redaction.ts";
import { Outage, Refusal } from "../../kernel/errors.ts";
import { MAX_PAGE, type Hit, type Selection } from "../../search/event-index.ts";
import { readOperation } from "../operation.ts";
import { selectionFor, withinFirst, type Asked } from "./selection.ts";
import type { TrailEntry, TrailReader } from "./trail-reader.ts";
import { trailLocation } from "./whole-trail.ts";

export const MAX_EXPORTED_EVENTS = 1_000_000;

/** Targets, and initiators, whose totals one export states: what fits into its own record. */
export const MAX_COUNTED = MAX_RECORDED_ITEMS;

/** How many events the log held, by id, when the export was made. */
export interface LogCounts {
  readonly targets: Readonly<Record<string, number>>;
  readonly initiators: Readonly<Record<string, number>>;
  /** There are more targets or initiators in the export than can be counted: these are the most frequent. */
  readonly partial: boolean;
}

export interface EventExport {
  readonly exportedCount: number;
  /** The ledger's size: the export is of entries before it. */
  readonly size: number;
  readonly counts: LogCounts;
  /** Oldest first. Ends with an Outage if the index no longer has as many as were counted. */
  readonly entries: () => AsyncGenerator<TrailEntry>;
}

export const exportEvents = readOperation<Asked, undefined, EventExport>({
  name: "event.export",
  async locate(_input, { call }) {
    return { ...trailLocation(call, null), subject: undefined };
  },
  async run(input, _located, context) {
    const { trail } = context.capabilities;
    const asked = selectionFor(input, context);
    const { size } = await trail.whole();
    const selection = withinFirst(size, asked);
    const exportedCount = await trail.count(selection);
    if (exportedCount > MAX_EXPORTED_EVENTS) {
      throw new Refusal(
        "limit_reached",
        `This is ${exportedCount} events, more than ${MAX_EXPORTED_EVENTS}: export them by parts of the time.`,
        { limit: MAX_EXPORTED_EVENTS },
      );
    }
    const counts = await countsIn(trail, selection, size);
    const entries = () => entriesOf(trail, selection, exportedCount);
    return { exportedCount, size, counts, entries };
  },
});

async function countsIn(
  trail: TrailReader,
  selection: Selection,
  size: number,
): Promise<LogCounts> {
  const [targets = [], initiators = []] = (
    await trail.facets(selection, { fields: ["target.id", "initiator.id"], limit: MAX_COUNTED + 1 })
  ).map(({ values }) => values.map(({ value }) => value));
  const targetKeys = keysBy(targets, (id) => targetKey({ target: { id } }));
  const initiatorKeys = keysBy(initiators, (id) => initiatorKey({ initiator: { id } }));
  const totals = await trail.totalsAt(size, [...targetKeys.values(), ...initiatorKeys.values()]);
  const counted = (keys: ReadonlyMap<string, CounterKey>) =>
    Object.fromEntries(Array.from(keys, ([id, key]) => [id, totals.get(key) ?? 0]));
  return {
    targets: counted(targetKeys),
    initiators: counted(initiatorKeys),
    partial: targets.length > MAX_COUNTED || initiators.length > MAX_COUNTED,
  };
}

function keysBy(
  ids: readonly string[],
  keyOf: (id: string) => CounterKey | undefined,
): Map<string, CounterKey> {
  const keys = new Map<string, CounterKey>();
  for (const id of ids.slice(0, MAX_COUNTED)) {
    const key = keyOf(id);
    if (key !== undefined) keys.set(id, key);
  }
  return keys;
}

/** Of a selection that was counted, oldest first. Ends with an Outage if the index no longer has as many. */
export async function* entriesOf(
  trail: TrailReader,
  selection: Selection,
  count: number,
): AsyncGenerator<TrailEntry> {
  let given = 0;
  let after: Hit | undefined;
  do {
    const page = await trail.search(selection, { order: "oldest", limit: MAX_PAGE, after });
    yield* page.entries;
    given += page.entries.length;
    after = page.next;
  } while (after !== undefined);
  if (given !== count) throw new Outage(`the index gave ${given} of ${count} events of an export`);
}
