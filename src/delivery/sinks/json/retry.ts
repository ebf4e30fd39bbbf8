/** What the answer to a request means. Datagrams and streams have none: see their transports. */
import type { Millis } from "../../../kernel/clock.ts";
import { faultOfAnswer, isTaken, type AnswerHead } from "../../transports/answers.ts";

/** Throws a DeliveryFault for every answer but 2xx. */
export function assertTaken(answer: AnswerHead, now: Millis): void {
  if (!isTaken(answer)) throw faultOfAnswer(answer, now);
}
