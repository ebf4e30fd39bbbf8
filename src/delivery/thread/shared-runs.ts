/** Runs of the ledger for all couriers of a thread: those that stand at the same place share one. */
import type { EntryRun } from "../../ledger/segments.ts";
import type { ReadRun } from "../parcel.ts";

/** Runs that are kept for others, beside those that couriers are at. */
export const MAX_HELD_RUNS = 4;

/** Reads by `fetch` what is not held. Lines are shared: not to be changed. */
export function sharedRuns(fetch: ReadRun): ReadRun {
  const held: EntryRun[] = [];
  const underWay = new Map<number, Promise<EntryRun>>();

  async function fetched(from: number): Promise<EntryRun> {
    const run = await fetch(from);
    held.push(run);
    if (held.length > MAX_HELD_RUNS) held.shift();
    return run;
  }

  return async (from) => {
    const there = held.find(({ first, lines }) => from >= first && from < first + lines.length);
    if (there) return there;
    const asked = underWay.get(from);
    if (asked) return asked;
    const asking = fetched(from).finally(() => underWay.delete(from));
    underWay.set(from, asking);
    return asking;
  };
}
