/**
 * What the collector's answers mean. Splunk, "Troubleshoot HTTP Event Collector": the code tells more than the status,
 * and what is no answer of a collector tells of something else that answers there.
 */
import { z } from "zod";
import type { Millis } from "../../../kernel/clock.ts";
import type { Message } from "../../entry.ts";
import { DeliveryFault, type FaultKind } from "../../fault.ts";
import { faultOfAnswer, isTaken, retryAfter } from "../../transports/answers.ts";
import type { HttpAnswer } from "../../transports/http.ts";

const count = z
  .union([
    z.int().min(0),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .optional()
  .catch(undefined);

const reply = z.looseObject({ code: z.int(), ackId: count, "invalid-event-number": count });

const TAKEN = 0;
/** To a request without anything in it, after the token has been found good. */
const NO_DATA = 5;

const CODES: ReadonlyMap<number, readonly [FaultKind, string]> = new Map([
  [1, ["denied", "the token is disabled"]],
  [2, ["denied", "a token is required"]],
  [3, ["denied", "the token is in no form that it takes"]],
  [4, ["denied", "the token is not one of its own"]],
  [NO_DATA, ["rejected", "no data"]],
  [6, ["rejected", "invalid data format"]],
  [7, ["denied", "the token may not write to that index: set another index"]],
  [8, ["unavailable", "internal server error"]],
  [9, ["unavailable", "the server is busy"]],
  [10, ["denied", "the token asks for acknowledgement: set acknowledgement to true"]],
  [11, ["denied", "the channel is not taken: look at the token's setting for acknowledgement"]],
  [12, ["rejected", "the event field is required"]],
  [13, ["rejected", "the event field cannot be blank"]],
  [14, ["denied", "the token has no acknowledgement: set acknowledgement to false"]],
  [15, ["rejected", "an indexed field cannot be handled"]],
  [16, ["denied", "tokens in queries are not enabled"]],
  [18, ["unavailable", "its queues are full"]],
  [19, ["unavailable", "its acknowledgements are not available"]],
  [20, ["unavailable", "its queues are full, its acknowledgements not available"]],
  [21, ["denied", "the token is not one of its own"]],
  [22, ["denied", "the token is disabled"]],
  [23, ["unavailable", "the server is shutting down"]],
  [26, ["unavailable", "its queue is at capacity"]],
  [27, ["unavailable", "its channel of acknowledgements is at capacity"]],
]);

/** The number that it can be asked for by, where it was given one. Throws a DeliveryFault for what it has not taken. */
export function takenBy(
  answer: HttpAnswer,
  messages: readonly Message[],
  now: Millis,
): number | undefined {
  const read = replyOf(answer);
  if (isTaken(answer) && read?.code === TAKEN) return read.ackId;
  throw faultOf(answer, now, indexOf(messages, read?.["invalid-event-number"]));
}

/** Throws a DeliveryFault unless nothing but an event was missing from the request. */
export function assertReady(answer: HttpAnswer, now: Millis): void {
  const code = replyOf(answer)?.code;
  if (code !== NO_DATA && !(isTaken(answer) && code === TAKEN)) throw faultOf(answer, now);
}

const acknowledged = z.looseObject({ acks: z.record(z.string(), z.boolean()) });

/** Which of those that were asked for have been indexed. Throws a DeliveryFault. */
export function acknowledgedBy(answer: HttpAnswer, now: Millis): readonly number[] {
  if (!isTaken(answer)) throw faultOf(answer, now);
  const { success, data } = acknowledged.safeParse(parsed(answer.body));
  if (!success) throw noCollector();
  return Object.entries(data.acks)
    .filter(([, isIndexed]) => isIndexed)
    .map(([id]) => Number(id));
}

function faultOf(answer: HttpAnswer, now: Millis, index?: number): DeliveryFault {
  const read = replyOf(answer);
  const known = read && !isTooLarge(answer) ? CODES.get(read.code) : undefined;
  if (!known) return isTaken(answer) ? noCollector() : faultOfAnswer(answer, now);
  const [kind, sentence] = known;
  const retryAfterMs = kind === "unavailable" ? retryAfter(answer.headers, now) : undefined;
  return new DeliveryFault(kind, `the collector answered ${answer.status}: ${sentence}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(kind !== "rejected" || index === undefined ? {} : { index }),
  });
}

/** Said with the code of bad data, or with none. */
function isTooLarge({ status }: HttpAnswer): boolean {
  return status === 413;
}

/** Counted from 0. */
function indexOf(messages: readonly Message[], place: number | undefined): number | undefined {
  return place === undefined ? undefined : messages[place]?.index;
}

function noCollector(): DeliveryFault {
  return new DeliveryFault("denied", "what answers there is no HTTP Event Collector");
}

function replyOf({ body }: HttpAnswer): z.output<typeof reply> | undefined {
  return reply.safeParse(parsed(body)).data;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
