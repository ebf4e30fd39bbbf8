/**
 * Finds events as DSV's audit does: by who did it, on which path, with which method, between two times; within what the
 * caller may see.
 */
import type { OperationName } from "../../audit/catalogue.ts";
import { loggedOperations } from "../../audit/render/dsv-logged.ts";
import type { Millis } from "../../kernel/clock.ts";
import { decodeCursor, encodeCursor } from "../../search/cursor.ts";
import type { Selection } from "../../search/event-index.ts";
import { DSV_PATH, DSV_PRINCIPAL, REASON_CODE } from "../../search/fields.ts";
import { all, any, type Plan, type TextTest } from "../../search/plan.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import type { TrailEntry } from "./trail-reader.ts";
import { visiblePlan } from "./visibility.ts";
import { trailLocation } from "./whole-trail.ts";

export interface WhichRecords {
  /** `users:bob`, whole. */
  readonly principal?: string | undefined;
  /** Methods, any of which. */
  readonly actions?: readonly string[] | undefined;
  /** Joined by colons: what is at it, and what is below it. */
  readonly path?: string | undefined;
  /** From this moment on, and until before that one. */
  readonly startDate?: Millis | undefined;
  readonly endDate?: Millis | undefined;
  /** Only what DSV itself logs. */
  readonly strict?: boolean | undefined;
}

export interface FindRecordsInput extends WhichRecords {
  readonly order: "newest" | "oldest";
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface FoundRecords {
  readonly entries: readonly TrailEntry[];
  readonly returnedCount: number;
  /** Given when there are more. */
  readonly next: string | undefined;
  readonly totalCount: number;
}

/** Waits until everything that was durable when it was asked can be found; an Outage where that takes too long. */
export const findRecords = readOperation<FindRecordsInput, undefined, FoundRecords>({
  name: "event.search",
  async locate(_input, { call }) {
    return { ...trailLocation(call, null), subject: undefined };
  },
  async run(input, _located, context) {
    const { trail } = context.capabilities;
    const selection = recordsSelection(input, context);
    const after = input.cursor === undefined ? undefined : decodeCursor(input.cursor);
    await trail.whole();
    const { order, limit } = input;
    const { entries, next } = await trail.search(selection, { order, limit, after });
    return {
      entries,
      returnedCount: entries.length,
      next: next === undefined ? undefined : encodeCursor(next),
      totalCount: await trail.count(selection),
    };
  },
});

export function recordsSelection(input: WhichRecords, context: Context<View>): Selection {
  const { principal, path, actions, strict, startDate, endDate } = input;
  const plan = all([
    visiblePlan(context.parts()),
    ...(principal === undefined ? [] : [text(DSV_PRINCIPAL, "equals", principal)]),
    ...(path === undefined
      ? []
      : [any([text(DSV_PATH, "equals", path), text(DSV_PATH, "prefix", `${path}:`)])]),
    ...(actions === undefined ? [] : [methodsPlan(actions, context)]),
    ...(strict ? [strictPlan()] : []),
  ]);
  return { plan, from: startDate, to: endDate };
}

/** Each operation has its method; what was no operation has the one that it was asked by. */
function methodsPlan(methods: readonly string[], { capabilities }: Context<View>): Plan {
  const { vocabulary } = capabilities.trail;
  const named = vocabulary.operationsFor("method", (method) => methods.includes(method)) ?? [];
  const rejected: Plan = { kind: "operations", names: [REJECTED] };
  const asked = methods.map((method): Plan => {
    const test: TextTest = { kind: "equals", text: method, exactCase: true };
    return { kind: "path-text", path: "requestData.method", test };
  });
  const names = named.filter((name) => name !== REJECTED);
  return any([{ kind: "operations", names }, all([rejected, any(asked)])]);
}

const REJECTED: OperationName = "request.reject";

function text(field: typeof DSV_PATH, kind: "equals" | "prefix", value: string): Plan {
  const test: TextTest = { kind, text: value, exactCase: true };
  return { kind: "text", field, test };
}

const FIRST_FAILURE = 400;

/** Of each operation what DSV logs of it: its successes, and of some a failure or two. */
function strictPlan(): Plan {
  const succeeded = within({ max: { value: FIRST_FAILURE, inclusive: false } });
  const byFailures = Map.groupBy(loggedOperations, ({ failures }) => String(failures));
  return any(
    [...byFailures.values()].map((rows) => {
      const names = rows.map(({ operation }) => operation);
      const failures = rows[0]?.failures ?? [];
      const operations: Plan = { kind: "operations", names };
      if (failures === "all") return operations;
      return all([operations, any([succeeded, ...failures.map(exactly)])]);
    }),
  );
}

function exactly(value: number): Plan {
  return within({ min: { value, inclusive: true }, max: { value, inclusive: true } });
}

function within(range: Partial<Extract<Plan, { kind: "number" }>["range"]>): Plan {
  return {
    kind: "number",
    field: REASON_CODE,
    range: { min: undefined, max: undefined, ...range },
  };
}
