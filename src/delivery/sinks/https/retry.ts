/** What the answers of such receivers mean: by their status, and Elastic's by what it says of each document. */
import { z } from "zod";
import type { Millis } from "../../../kernel/clock.ts";
import type { Message } from "../../entry.ts";
import { DeliveryFault } from "../../fault.ts";
import type { Handed, Rejection } from "../../sink.ts";
import { faultOfAnswer, isTaken, isTakenNowOrBefore } from "../../transports/answers.ts";
import type { HttpAnswer } from "../../transports/http.ts";
import { answeredJson, unreadable } from "../../transports/web-sender.ts";
import type { Shape } from "./config.ts";

/** Throws a DeliveryFault where none of them may be counted on. */
export function handedBy(
  shape: Shape,
  { answer, messages, now }: { answer: HttpAnswer; messages: readonly Message[]; now: Millis },
): Handed {
  if (shape === "elastic-bulk" && isTaken(answer)) {
    return { isAcknowledged: true, rejected: refusedDocuments(answer, messages) };
  }
  if (!isTakenNowOrBefore(answer, messages.length)) throw faultOfAnswer(answer, now);
  return { isAcknowledged: true, rejected: [] };
}

/** What Elasticsearch calls what it refuses a document for; anything else is said by its status alone. */
const REASONS: ReadonlySet<string> = new Set([
  "document_parsing_exception",
  "illegal_argument_exception",
  "illegal_state_exception",
  "index_not_found_exception",
  "invalid_index_name_exception",
  "mapper_exception",
  "mapper_parsing_exception",
  "security_exception",
  "strict_dynamic_mapping_exception",
]);

const bulkAnswer = z.looseObject({
  items: z.array(
    z.record(
      z.string(),
      z.looseObject({
        status: z.int(),
        error: z.looseObject({ type: z.string() }).optional(),
      }),
    ),
  ),
});

/** It is there already: an earlier attempt brought it, and its answer was lost. */
const CONFLICT = 409;

/**
 * One item for each document, in their order. What passes, or denies us, is the whole request's affair: of that all is
 * sent again, and what was created by then answers 409.
 */
function refusedDocuments(answer: HttpAnswer, messages: readonly Message[]): readonly Rejection[] {
  const { data } = bulkAnswer.safeParse(answeredJson(answer));
  if (data?.items.length !== messages.length) throw unreadable();
  const refused: Rejection[] = [];
  for (const [place, item] of data.items.entries()) {
    const [result] = Object.values(item);
    const message = messages[place];
    if (!result || !message) throw unreadable();
    const { status, error } = result;
    if (isTaken({ status, headers: {} }) || status === CONFLICT) continue;
    const reason = reasonOf(status, error?.type);
    const fault = faultOfAnswer({ status, headers: answer.headers }, 0);
    if (fault.kind !== "rejected" && fault.kind !== "too-large") {
      throw new DeliveryFault(fault.kind, reason);
    }
    refused.push({ index: message.index, reason });
  }
  return refused;
}

function reasonOf(status: number, type: string | undefined): string {
  const word = type !== undefined && REASONS.has(type) ? ` (${type})` : "";
  return `the receiver answered ${status} to a document${word}`;
}
