/** The native error form: `{"errors":[{"code","message",…details}],"trace":"<request id>"}`. */
import { z } from "zod";
import { refusalStatus } from "../../../audit/reason.ts";
import type { ErrorCode, Refusal } from "../../../kernel/errors.ts";
import type { Exchange } from "../../dialect.ts";
import type { Answer } from "../../route.ts";

/** How long a client is asked to wait before it tries again what may work then (RFC 9110, section 10.2.3). */
export const RETRY_AFTER_S = 5;

const RETRY = { "retry-after": String(RETRY_AFTER_S) };

/** Headers that come with a code; the statuses are those by which the trail records each refusal. */
const headersOf: Readonly<Record<ErrorCode, Readonly<Record<string, string>>>> = {
  invalid_request: {},
  // RFC 9110, section 11.6.1: a 401 names the scheme that would do.
  unauthenticated: { "www-authenticate": 'Bearer realm="keytrail"' },
  forbidden: {},
  not_found: {},
  method_not_allowed: {},
  conflict: {},
  precondition_failed: {},
  locked: {},
  gone: {},
  too_large: {},
  unsupported_media_type: {},
  limit_reached: {},
  rate_limited: RETRY,
  sealed: RETRY,
};

export const errorShape = z
  .strictObject({
    errors: z.array(
      z
        .looseObject({
          code: z.string(),
          message: z.string(),
          column: z.int().optional().meta({
            description: "Of an error in a query: where, in characters from 1.",
          }),
          field: z.string().optional(),
        })
        .meta({ description: "What was refused and why; further members depend on the code." }),
    ),
    trace: z.string().meta({ description: "The request's id, as the trail has it in requestId." }),
  })
  .meta({ id: "Error" });

/** The details are the refusal's own: typed, bounded, and never a value that may be secret. */
export function refusalAnswer(refusal: Refusal, { requestId }: Exchange): Answer {
  const { code, message, details } = refusal;
  return {
    status: refusalStatus[code],
    headers: headersOf[code],
    body: { errors: [{ ...details, code, message }], trace: requestId },
  };
}

export function outageAnswer({ requestId }: Exchange): Answer {
  const message =
    "A part of the service is out of order; nothing is answered that is not recorded.";
  const body = { errors: [{ code: "unavailable", message }], trace: requestId };
  return { status: 503, headers: RETRY, body };
}

export function faultAnswer({ requestId }: Exchange): Answer {
  const message = "Something went wrong inside the service.";
  return { status: 500, body: { errors: [{ code: "internal", message }], trace: requestId } };
}
