/** LookupEvents on the wire (AWS CloudTrail API, version 2013-11-01); several attributes at once are an extension of ours. */
import type { FastifyRequest } from "fastify";
import {
  LOOKUP_KEYS,
  lookUpEvents,
  type LookedUp,
  type LookupAttribute,
  type LookupCategory,
  type LookUpEventsInput,
} from "../../../../app/trail/look-up-events.ts";
import type { TrailEntry } from "../../../../app/trail/trail-reader.ts";
import { parseEvent } from "../../../../audit/event.ts";
import { lookedUpOf } from "../../../../audit/render/cloudtrail-look-up.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { Hit } from "../../../../search/event-index.ts";
import type { Members } from "../members.ts";
import { nextToken, positionIn, type Bound } from "../next-token.ts";
import { line, type AwsLine } from "../service.ts";
import { regionIn } from "../signature.ts";
import { Timestamp, type WireObject } from "../wire-values.ts";
import { call } from "../wire-call.ts";

export const MAX_RESULTS = 50;
export const MAX_LOOKUP_ATTRIBUTES = 10;
const MAX_VALUE_CHARS = 2_000;

const CATEGORIES: readonly LookupCategory[] = ["management", "rejected", "insight"];

export const lookUpLine: AwsLine = line("LookupEvents", lookUpEvents, [decode, encode]);

function decode(members: Members, request: FastifyRequest): LookUpEventsInput {
  const lookupAttributes = members.itemsOrNothing("LookupAttributes", attributeIn, {
    max: MAX_LOOKUP_ATTRIBUTES,
  });
  const startTime = members.timeOrNothing("StartTime");
  const endTime = members.timeOrNothing("EndTime");
  if (startTime !== undefined && endTime !== undefined && startTime > endTime) {
    throw unfit("bad-time-range", "Start time cannot be later than end time.");
  }
  const maxResults = members.numberOrNothing("MaxResults");
  if (maxResults !== undefined && (maxResults < 1 || maxResults > MAX_RESULTS)) {
    throw unfit("bad-max-results", `MaxResults must be a number from 1 to ${MAX_RESULTS}.`);
  }
  return {
    lookupAttributes,
    startTime,
    endTime,
    eventCategory: categoryIn(members),
    maxResults,
    limit: maxResults ?? MAX_RESULTS,
    after: positionIn(members, boundOf(request), hitIn),
  };
}

function attributeIn(item: Members): LookupAttribute {
  const key = item.text("AttributeKey");
  const attributeValue = item.text("AttributeValue");
  const attributeKey = LOOKUP_KEYS.find((known) => known === key);
  if (attributeKey === undefined) {
    throw unfit("bad-attribute", `AttributeKey must be one of ${LOOKUP_KEYS.join(", ")}.`);
  }
  if (attributeValue.length < 1 || attributeValue.length > MAX_VALUE_CHARS) {
    throw unfit("bad-attribute", `AttributeValue must have 1 to ${MAX_VALUE_CHARS} characters.`);
  }
  if (attributeKey === "ReadOnly" && attributeValue !== "true" && attributeValue !== "false") {
    throw unfit("bad-attribute", "The AttributeValue of ReadOnly must be true or false.");
  }
  return { attributeKey, attributeValue };
}

function categoryIn(members: Members): LookupCategory | undefined {
  const text = members.textOrNothing("EventCategory");
  if (text === undefined) return undefined;
  const category = CATEGORIES.find((known) => known === text);
  if (category) return category;
  throw unfit("bad-category", `EventCategory must be one of ${CATEGORIES.join(", ")}.`);
}

/** A page goes on only where the same is looked for: how many come at a time is the client's affair. */
function boundOf(request: FastifyRequest): Bound {
  const members = call(request).members();
  const names = ["LookupAttributes", "StartTime", "EndTime", "EventCategory"];
  return ["LookupEvents", regionIn(request), ...names.map((name) => members.peek(name))];
}

function hitIn(position: unknown): Hit | undefined {
  if (!Array.isArray(position) || position.length !== 2) return undefined;
  const [time, seq] = position as readonly unknown[];
  const isHit = Number.isSafeInteger(time) && Number.isSafeInteger(seq) && Number(seq) >= 0;
  return isHit ? { time: Number(time), seq: Number(seq) } : undefined;
}

function encode({ entries, next }: LookedUp, request: FastifyRequest): WireObject {
  return {
    Events: entries.map(eventOf),
    ...(next === undefined
      ? {}
      : { NextToken: nextToken([next.time, next.seq], boundOf(request)) }),
  };
}

/** In the order in which AWS's command line has always printed them. */
function eventOf({ line: bytes }: TrailEntry): WireObject {
  const found = lookedUpOf(parseEvent(bytes));
  return {
    EventId: found.eventId,
    EventName: found.eventName,
    ReadOnly: String(found.readOnly),
    ...(found.accessKeyId === undefined ? {} : { AccessKeyId: found.accessKeyId }),
    EventTime: new Timestamp(found.at),
    EventSource: found.eventSource,
    Username: found.userName,
    Resources: found.resources.map(({ type, name }) => ({
      ResourceType: type,
      ResourceName: name,
    })),
    CloudTrailEvent: JSON.stringify(found.record),
  };
}

function unfit(reason: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { reason });
}
