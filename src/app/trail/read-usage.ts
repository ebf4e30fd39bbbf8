/** How much an account uses: its calls by day, from the trail, and what it keeps now. */
import { ENCRYPTION_KEY } from "../../encryption/key.ts";
import { toRfc3339, type Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { ACCOUNT, DIALECT, type Field } from "../../search/fields.ts";
import { all, type Plan } from "../../search/plan.ts";
import { parseTime, type Span } from "../../search/time-literal.ts";
import { readOperation } from "../operation.ts";

export interface UsageInput {
  /** Days, as `2026-11-21`, or moments; the days of UTC. */
  readonly startDate: string;
  /** Inclusive where it is a day; today, if nothing is said. */
  readonly endDate?: string | undefined;
}

export interface Usage {
  readonly startDate: string;
  readonly endDate: string;
  /** Recorded events of calls by their days; a call that did several things counts as often. Days without one are left out. */
  readonly requestsUsed: Readonly<Record<string, number>>;
  readonly totalRequestsUsed: number;
  /** Now, without what is deleted and can be had back. */
  readonly totalSecrets: number;
  readonly totalKeys: number;
}

const DAY_MS = 86_400_000;

/** Of the account as a whole: for those who may see that. */
export const readUsage = readOperation<UsageInput, Span, Usage>({
  name: "usage.read",
  async locate(input, { call: { place }, now }) {
    return {
      target: { place, kind: "", id: "", name: "usage" },
      resource: { service: "keytrail", place },
      subject: spanOf(input, now),
    };
  },
  async run(
    { startDate, endDate },
    { subject: { start, end } },
    { store, call, now, capabilities },
  ) {
    const { trail } = capabilities;
    const { account } = call.place;
    await trail.whole();
    const selection = { plan: callsOf(account), from: start, to: end };
    const buckets = await trail.histogram(selection, DAY_MS);
    const keys = await store.items.items(ENCRYPTION_KEY, account, { offset: 0, limit: 1 });
    return {
      startDate,
      endDate: endDate ?? dayOf(now),
      requestsUsed: Object.fromEntries(buckets.map((day) => [dayOf(day.start), day.count])),
      totalRequestsUsed: buckets.reduce((sum, { count }) => sum + count, 0),
      totalSecrets: await store.secrets.countInAccount(account),
      totalKeys: keys.totalCount,
    };
  },
});

function spanOf({ startDate, endDate }: UsageInput, now: Millis): Span {
  const from = parseTime(startDate, now);
  const to = parseTime(endDate ?? dayOf(now), now);
  if (!from) throw noTime("startDate");
  if (!to) throw noTime("endDate");
  if (from.start < to.end) return { start: from.start, end: to.end };
  const sentence = "startDate is not after endDate.";
  throw new Refusal("invalid_request", sentence, { field: "startDate" });
}

function noTime(field: "startDate" | "endDate"): Refusal {
  return new Refusal("invalid_request", `${field} is a day, as 2026-11-21.`, { field });
}

function dayOf(at: Millis): string {
  return toRfc3339(at).slice(0, "2026-11-21".length);
}

/** Not what the server did of its own accord. */
function callsOf(account: string): Plan {
  return all([is(ACCOUNT, account), { kind: "not", of: is(DIALECT, "internal") }]);
}

function is(field: Field, text: string): Plan {
  return { kind: "text", field, test: { kind: "equals", text, exactCase: true } };
}
