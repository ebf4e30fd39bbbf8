/** `errorCode` and `errorMessage` of a record: what AWS's wire says of the same refusal, whichever wire it was given by. */
import type { AuditEvent } from "../event.ts";
import { MARKED_FOR_DELETION, refusalStatus } from "../reason.ts";
import { ERROR_CODES, type ErrorCode } from "../../kernel/errors.ts";
import { awsErrorOf, awsFaultOf } from "./aws-error.ts";

/** What AWS says of every sign-in that failed, and what alarms compare with. */
export const FAILED_AUTHENTICATION = "Failed authentication";

/**
 * Of what was tried with a secret that waits to be deleted. AWS once said `because it was deleted`, and today says
 * `because it was marked for deletion`; there are alarms that compare with the one, and such that compare with the
 * other. The wire says what AWS's does today.
 */
const DELETED = `${MARKED_FOR_DELETION} (You can't perform this operation on the secret because it was deleted.)`;

const OUT_OF_SERVICE = 503;

export interface RecordedError {
  readonly errorCode: string;
  readonly errorMessage: string;
}

/** Of an event that is a failure; `source` is its `eventSource`. */
export function recordedError({ reason }: AuditEvent, source: string): RecordedError {
  const { reasonCode, reasonType, reasonForFailure, cause } = reason;
  const service = source.slice(0, source.indexOf("."));
  const code = reason.code ?? codeOf(reasonCode);
  if (code === undefined) {
    const fault = awsFaultOf(service, reasonCode === OUT_OF_SERVICE ? "outage" : "fault");
    return { errorCode: fault.code, errorMessage: fault.message };
  }
  const sentence = reasonForFailure || reasonType;
  const error = awsErrorOf(service, { code, reason: cause, sentence });
  const isOfDeleted = error.message === MARKED_FOR_DELETION;
  return { errorCode: error.code, errorMessage: isOfDeleted ? DELETED : error.message };
}

/** Of records from before refusals' codes were kept: by the status, of those that share one the most general. */
function codeOf(status: number): ErrorCode | undefined {
  if (status === OUT_OF_SERVICE) return undefined;
  return ERROR_CODES.find((code) => refusalStatus[code] === status);
}

/** What went wrong in a rotation, in AWS's words, as far as it is known. */
export function rotationError({ requestData }: AuditEvent): { readonly errorMessage: string } {
  const { rotationLambdaARN, step } = requestData;
  const lambda = typeof rotationLambdaARN === "string" ? ` ${rotationLambdaARN}` : "";
  const during = typeof step === "string" ? ` during ${step} step` : "";
  return { errorMessage: `Error when executing lambda${lambda}${during}` };
}
