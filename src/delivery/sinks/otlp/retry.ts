/**
 * What the answers of OTLP's receivers mean. The specification lets clients drop what is refused; nothing is dropped
 * here. Where it forbids to repeat a request, the request is not repeated as it was.
 */
import { z } from "zod";
import type { Millis } from "../../../kernel/clock.ts";
import { DeliveryFault } from "../../fault.ts";
import { faultOfAnswer, isTaken } from "../../transports/answers.ts";
import type { HttpAnswer } from "../../transports/http.ts";
import { answeredJson } from "../../transports/web-sender.ts";

/** OTLP 1.10, "Retryable Response Codes". */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const exported = z.looseObject({
  partialSuccess: z.looseObject({ rejectedLogRecords: z.coerce.number().optional() }).nullish(),
});

/**
 * Throws a DeliveryFault unless every record was taken. Of some that were not, the answer says how many and not which:
 * `rejected`, by which fewer are sent at a time until each that is refused stands alone and can be named. What was taken
 * meanwhile comes again; `log.record.uid` tells it. Errors that are not to be tried again (500, say) are `denied`: they
 * show at once, and are tried rarely.
 */
export function assertTaken(answer: HttpAnswer, now: Millis): void {
  if (!isTaken(answer)) {
    const fault = faultOfAnswer(answer, now);
    if (fault.kind !== "unavailable" || RETRYABLE.has(answer.status)) throw fault;
    throw new DeliveryFault("denied", fault.message);
  }
  const refused = exported.safeParse(answeredJson(answer)).data?.partialSuccess?.rejectedLogRecords;
  if (refused !== undefined && refused > 0) {
    throw new DeliveryFault("rejected", "the receiver has refused the record (partial success)");
  }
}
