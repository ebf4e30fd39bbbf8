/** Finds events: a page of those that a query means, newest or oldest first, within what the caller may see. */
import { decodeCursor, encodeCursor } from "../../search/cursor.ts";
import { readOperation } from "../operation.ts";
import { selectionFor, type Asked } from "./selection.ts";
import type { IndexState, TrailEntry } from "./trail-reader.ts";
import { trailLocation } from "./whole-trail.ts";

export interface SearchEventsInput extends Asked {
  readonly order: "newest" | "oldest";
  /** 1 to MAX_PAGE of the index's port. */
  readonly limit: number;
  /** `next` of the page before this one, with the same query. */
  readonly cursor?: string | undefined;
}

export interface FoundEvents {
  readonly entries: readonly TrailEntry[];
  readonly returnedCount: number;
  /** Given when there are more. */
  readonly next: string | undefined;
  readonly index: IndexState;
}

/** Includes everything that was durable when it was asked; its own event is recorded after it has looked. */
export const searchEvents = readOperation<SearchEventsInput, undefined, FoundEvents>({
  name: "event.search",
  async locate(_input, { call }) {
    return { ...trailLocation(call, null), subject: undefined };
  },
  async run(input, _located, context) {
    const { trail } = context.capabilities;
    const selection = selectionFor(input, context);
    const after = input.cursor === undefined ? undefined : decodeCursor(input.cursor);
    const index = await trail.caughtUp();
    const { order, limit } = input;
    const { entries, next } = await trail.search(selection, { order, limit, after });
    return {
      entries,
      returnedCount: entries.length,
      next: next === undefined ? undefined : encodeCursor(next),
      index,
    };
  },
});
