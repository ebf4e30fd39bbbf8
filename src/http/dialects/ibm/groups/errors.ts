/**
 * The errors of IBM's Access Groups service: for a call as a whole, and for one part of a call of several. IBM's SDKs
 * read `errors[0].message` as the error's message.
 */
import { refusalStatus } from "../../../../audit/reason.ts";
import type { ErrorCode, Refusal } from "../../../../kernel/errors.ts";
import type { Exchange } from "../../../dialect.ts";
import type { Answer } from "../../../route.ts";
import { codeOf, refusalAnswer as commonAnswer } from "../errors.ts";

/** What differs here from IBM's other wires, by the status codes that this interface of IBM's names. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  conflict: 409,
  // 409 is what IBM names for an entity tag that is not the present one; the event has 412.
  precondition_failed: 409,
};

export function refusalAnswer(refusal: Refusal, exchange: Exchange): Answer {
  const answer = commonAnswer(refusal, exchange);
  const status = statusOf(refusal.code, answer.status);
  return { ...answer, status, body: { ...(answer.body as object), status_code: status } };
}

/** How one part of a call was refused, while others were done. */
export interface PartProblem {
  readonly status_code: number;
  readonly trace: string;
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

export function problemOf({ code, message }: Refusal, trace: string): PartProblem {
  const status = statusOf(code, refusalStatus[code]);
  return { status_code: status, trace, errors: [{ code: codeOf(code), message }] };
}

function statusOf(code: ErrorCode, usual: number): number {
  return statuses[code] ?? usual;
}
