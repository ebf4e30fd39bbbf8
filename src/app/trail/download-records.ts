/** The records of a time as a whole, oldest first, for a file. */
import { Refusal } from "../../kernel/errors.ts";
import { readOperation } from "../operation.ts";
import { entriesOf, MAX_EXPORTED_EVENTS } from "./export-events.ts";
import { recordsSelection, type WhichRecords } from "./find-records.ts";
import { withinFirst } from "./selection.ts";
import type { TrailEntry } from "./trail-reader.ts";
import { trailLocation } from "./whole-trail.ts";

export interface DownloadedRecords {
  readonly exportedCount: number;
  /** Ends with an Outage if the index no longer has as many as were counted. */
  readonly entries: () => AsyncGenerator<TrailEntry>;
}

export const downloadRecords = readOperation<WhichRecords, undefined, DownloadedRecords>({
  name: "event.export",
  async locate(_input, { call }) {
    return { ...trailLocation(call, null), subject: undefined };
  },
  async run(input, _located, context) {
    const { trail } = context.capabilities;
    const { size } = await trail.whole();
    const selection = withinFirst(size, recordsSelection(input, context));
    const exportedCount = await trail.count(selection);
    if (exportedCount > MAX_EXPORTED_EVENTS) {
      throw new Refusal(
        "limit_reached",
        `These are ${exportedCount} records, more than ${MAX_EXPORTED_EVENTS}: download them by parts of the time.`,
        { limit: MAX_EXPORTED_EVENTS },
      );
    }
    return { exportedCount, entries: () => entriesOf(trail, selection, exportedCount) };
  },
});
