/** What the answer to a request means. Datagrams and streams have none: see their transports. */
import type { Millis } from "../../../kernel/clock.ts";
import { faultOfAnswer, isTakenNowOrBefore, type AnswerHead } from "../../transports/answers.ts";

/** Throws a DeliveryFault for every answer but 2xx, and 409 to an event that is there already. */
export function assertTaken(answer: AnswerHead, eventsSent: number, now: Millis): void {
  if (!isTakenNowOrBefore(answer, eventsSent)) throw faultOfAnswer(answer, now);
}
