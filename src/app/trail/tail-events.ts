/** Opens a live tail: events as they become durable, from a place in the ledger on. */
import { Refusal } from "../../kernel/errors.ts";
import { readOperation } from "../operation.ts";
import { planFor } from "./selection.ts";
import { matcherOf, type TrailEntry } from "./trail-reader.ts";
import { trailLocation } from "./whole-trail.ts";

export interface TailEventsInput {
  readonly query: string;
  /** The index of the last entry that has been seen; without it, only what comes from now on. */
  readonly after?: number | undefined;
}

export interface OpenedTail {
  /** Entries of the ledger when the tail was opened. */
  readonly size: number;
  readonly after: number | undefined;
  /** Whether an entry belongs to this tail: what was asked for, within what the caller may see. */
  readonly matches: (entry: TrailEntry) => boolean;
}

export const tailEvents = readOperation<TailEventsInput, undefined, OpenedTail>({
  name: "event.tail",
  async locate(_input, { call }) {
    return { ...trailLocation(call, null), subject: undefined };
  },
  async run({ query, after }, _located, context) {
    const { size } = context.capabilities.trail.log;
    if (after !== undefined && after >= size) {
      throw new Refusal("invalid_request", `after is beyond the log's ${size} entries.`, {
        field: "after",
      });
    }
    return { size, after, matches: matcherOf(planFor(query, context)) };
  },
});
