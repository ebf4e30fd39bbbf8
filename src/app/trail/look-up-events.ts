/**
 * Finds events as the event history of AWS CloudTrail does: by attributes, all of which have to agree, in one region of
 * the caller's account, newest first; and within what the caller may see.
 */
import type { Millis } from "../../kernel/clock.ts";
import { timeOfId } from "../../kernel/ids.ts";
import type { Hit, Selection } from "../../search/event-index.ts";
import {
  ACCESS_KEY_ID,
  ACCOUNT,
  AWS_REGION,
  EVENT_CATEGORY,
  EVENT_NAME,
  ID,
  READ_ONLY,
  RESOURCE_ARN,
  RESOURCE_TYPE,
  TARGET_NAME,
  USER_NAME,
  type Field,
} from "../../search/fields.ts";
import { all, any, type Plan } from "../../search/plan.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import type { TrailEntry } from "./trail-reader.ts";
import { visiblePlan } from "./visibility.ts";
import { trailLocation } from "./whole-trail.ts";

export const LOOKUP_KEYS = [
  "EventId",
  "EventName",
  "ReadOnly",
  "Username",
  "ResourceType",
  "ResourceName",
  "EventSource",
  "AccessKeyId",
] as const;

export type LookupKey = (typeof LOOKUP_KEYS)[number];

export interface LookupAttribute {
  readonly attributeKey: LookupKey;
  /** Compared as it is written. */
  readonly attributeValue: string;
}

/** `insight`: CloudTrail's own guesses at what is unusual, of which there are none here. */
export type LookupCategory = "management" | "rejected" | "insight";

export interface LookUpEventsInput {
  readonly lookupAttributes?: readonly LookupAttribute[] | undefined;
  /** Whole seconds count, as in the records: from the beginning of the first to the end of the second. */
  readonly startTime?: Millis | undefined;
  readonly endTime?: Millis | undefined;
  readonly eventCategory?: LookupCategory | undefined;
  /** As it was asked for; `limit` is what that comes to. */
  readonly maxResults?: number | undefined;
  readonly limit: number;
  /** `next` of the page before this one. */
  readonly after?: Hit | undefined;
}

export interface LookedUp {
  readonly entries: readonly TrailEntry[];
  readonly returnedCount: number;
  /** Given when there are more. */
  readonly next: Hit | undefined;
}

const SECOND_MS = 1_000;

/** Waits until everything that was durable when it was asked can be found; an Outage where that takes too long. */
export const lookUpEvents = readOperation<LookUpEventsInput, undefined, LookedUp>({
  name: "event.search",
  async locate(_input, { call }) {
    return { ...trailLocation(call, null), subject: undefined };
  },
  async run(input, _located, context) {
    if (input.eventCategory === "insight") {
      return { entries: [], returnedCount: 0, next: undefined };
    }
    const { trail } = context.capabilities;
    const selection = selectionOf(input, context);
    await trail.whole();
    const { limit, after } = input;
    const { entries, next } = await trail.search(selection, { order: "newest", limit, after });
    return { entries, returnedCount: entries.length, next };
  },
});

function selectionOf(input: LookUpEventsInput, context: Context<View>): Selection {
  const { lookupAttributes = [], startTime, endTime, eventCategory } = input;
  const { account, region } = context.call.place;
  const plan = all([
    visiblePlan(context.parts()),
    is(ACCOUNT, account),
    is(AWS_REGION, region),
    is(EVENT_CATEGORY, eventCategory === "rejected" ? "Rejected" : "Management"),
    ...lookupAttributes.map((attribute) => planOf(attribute, context)),
  ]);
  return withinId(lookupAttributes, {
    plan,
    from: startTime === undefined ? undefined : second(startTime),
    to: endTime === undefined ? undefined : second(endTime) + SECOND_MS,
  });
}

/** An event bears the time that is in its id, so the index need look at that millisecond only. */
function withinId(attributes: readonly LookupAttribute[], selection: Selection): Selection {
  const id = attributes.find(({ attributeKey }) => attributeKey === "EventId")?.attributeValue;
  const at = id === undefined ? undefined : timeOfId(id);
  if (at === undefined) return selection;
  const { from = at, to = at + 1 } = selection;
  return { ...selection, from: Math.max(at, from), to: Math.min(at + 1, to) };
}

function planOf(
  { attributeKey, attributeValue: value }: LookupAttribute,
  context: Context<View>,
): Plan {
  switch (attributeKey) {
    case "EventId":
      return is(ID, value);
    case "EventName":
      return is(EVENT_NAME, value);
    case "ReadOnly":
      return { kind: "flag", field: READ_ONLY, value: value === "true" };
    case "Username":
      return is(USER_NAME, value);
    case "ResourceType":
      return is(RESOURCE_TYPE, value);
    case "ResourceName":
      return ofResource(value);
    case "EventSource":
      return ofSource(value, context);
    case "AccessKeyId":
      return is(ACCESS_KEY_ID, value);
  }
}

/** By its name or its ARN, as it is called now or was asked for. */
function ofResource(value: string): Plan {
  const test = { kind: "equals", text: value, exactCase: true } as const;
  return any([
    is(TARGET_NAME, value),
    is(RESOURCE_ARN, value),
    { kind: "path-text", path: "requestData.secretId", test },
  ]);
}

function ofSource(value: string, { capabilities }: Context<View>): Plan {
  const names = capabilities.trail.vocabulary.operationsFor(
    "eventsource",
    (name) => name === value,
  );
  return { kind: "operations", names: names ?? [] };
}

function is(field: Field, text: string): Plan {
  return { kind: "text", field, test: { kind: "equals", text, exactCase: true } };
}

function second(at: Millis): Millis {
  return Math.floor(at / SECOND_MS) * SECOND_MS;
}
