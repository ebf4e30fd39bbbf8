/** What the answers of such receivers mean: HTTP's own, and one of HTTP's web hooks for CloudEvents. */
import type { Millis } from "../../../kernel/clock.ts";
import { DeliveryFault } from "../../fault.ts";
import { faultOfAnswer, isTakenNowOrBefore } from "../../transports/answers.ts";
import type { HttpAnswer } from "../../transports/http.ts";

/** CloudEvents, "HTTP 1.1 Web Hooks", section 2.2: the receiver is gone, and nothing is to be sent to it any more. */
const GONE = 410;

/** Throws a DeliveryFault where it was not taken. */
export function assertTaken(answer: HttpAnswer, eventsSent: number, now: Millis): void {
  if (isTakenNowOrBefore(answer, eventsSent)) return;
  if (answer.status !== GONE) throw faultOfAnswer(answer, now);
  throw new DeliveryFault("denied", "the receiver answered 410: it takes nothing any more");
}
