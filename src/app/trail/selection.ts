/** What a reader asks for, as text, and which events that means: within what the reader may see. */
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Selection } from "../../search/event-index.ts";
import { INDEX } from "../../search/fields.ts";
import { all, type Plan } from "../../search/plan.ts";
import { planQuery } from "../../search/planner.ts";
import { parseTime } from "../../search/time-literal.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { visiblePlan } from "./visibility.ts";

/** Which events: by a query, and by event time from `from` (inclusive) to `to` (exclusive). */
export interface Asked {
  /** The query language of `search/planner.ts`; empty for everything. */
  readonly query: string;
  /** RFC 3339 or a beginning of it, epoch numbers, `now-2h`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The query within what the caller may see. Refusal `invalid_request` with the column of what is wrong. */
export function planFor(query: string, context: Context<View>): Plan {
  const { vocabulary } = context.capabilities.trail;
  const asked = planQuery(query, { now: context.now, vocabulary });
  return all([visiblePlan(context.parts()), asked]);
}

export function selectionFor(asked: Asked, context: Context<View>): Selection {
  return {
    plan: planFor(asked.query, context),
    from: timeOf("from", asked.from, context.now),
    to: timeOf("to", asked.to, context.now),
  };
}

/** The same among the first `size` entries of the ledger: an answer that does not move while it is given. */
export function withinFirst(size: number, selection: Selection): Selection {
  const max = { value: size, inclusive: false };
  const bounded: Plan = { kind: "number", field: INDEX, range: { min: undefined, max } };
  return { ...selection, plan: all([bounded, selection.plan]) };
}

function timeOf(field: "from" | "to", text: string | undefined, now: Millis): Millis | undefined {
  if (text === undefined) return undefined;
  const span = parseTime(text, now);
  if (span === undefined) {
    throw new Refusal(
      "invalid_request",
      `${field} is not a time: write 2026-11-21, 2026-11-21T09:31:07Z or now-2h.`,
      { field },
    );
  }
  return span.start;
}
