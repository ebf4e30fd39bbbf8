/**
 * Version 1's form of an error: a collection of one, whose resource has an `error_message`. The fields of version 2 stand
 * beside it, since IBM's SDKs look for their message there. A name that is taken is a 409 here, unlike in version 2.
 */
import type { ErrorCode, Refusal } from "../../../../kernel/errors.ts";
import type { Dialect, Exchange } from "../../../dialect.ts";
import type { Answer } from "../../../route.ts";
import { faultAnswer, outageAnswer, refusalAnswer } from "../errors.ts";
import { collectionOf } from "./collection.ts";

const OTHER_STATUS: Readonly<Partial<Record<ErrorCode, number>>> = { conflict: 409 };

interface Envelope {
  readonly errors: readonly { readonly message: string }[];
}

export const v1Errors: Pick<Dialect, "refusal" | "outage" | "fault"> = {
  refusal(refusal: Refusal, exchange: Exchange): Answer {
    const answer = refusalAnswer(refusal, exchange);
    return inForm({ ...answer, status: OTHER_STATUS[refusal.code] ?? answer.status });
  },
  outage: (exchange) => inForm(outageAnswer(exchange)),
  fault: (exchange) => inForm(faultAnswer(exchange)),
};

function inForm(answer: Answer): Answer {
  const envelope = answer.body as Envelope;
  const resources = envelope.errors.map(({ message }) => ({ error_message: message }));
  return {
    ...answer,
    body: { ...collectionOf("error", resources), ...envelope, status_code: answer.status },
  };
}
