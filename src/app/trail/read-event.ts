/** Reads one event by its id. One that the caller may not see is one that does not exist. */
import { Refusal } from "../../kernel/errors.ts";
import { readOperation } from "../operation.ts";
import { matcherOf, type TrailEntry } from "./trail-reader.ts";
import { visiblePlan } from "./visibility.ts";
import { trailLocation } from "./whole-trail.ts";

export interface ReadEventInput {
  readonly id: string;
}

export const readEvent = readOperation<ReadEventInput, undefined, TrailEntry>({
  name: "event.read",
  async locate({ id }, { call }) {
    return { ...trailLocation(call, { kind: "event", id }), subject: undefined };
  },
  async run({ id }, _located, context) {
    const entry = await context.capabilities.trail.find(id);
    if (entry === undefined || !matcherOf(visiblePlan(context.parts()))(entry)) throw noSuchEvent();
    return entry;
  },
});

export function noSuchEvent(): Refusal {
  return new Refusal("not_found", "There is no such event, or it is not yours to see.");
}
