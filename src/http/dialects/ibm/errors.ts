/**
 * IBM's error envelope, and what each refusal is called in it. IBM's SDKs read `errors[0].message` as the error's
 * message and the HTTP status as its status; the codes of Secrets Manager v2 are not published, so these follow the
 * words that its sibling services use.
 */
import type { ErrorCode, Refusal } from "../../../kernel/errors.ts";
import type { Exchange } from "../../dialect.ts";
import type { Answer } from "../../route.ts";

/** How long a client is asked to wait before it tries again what may work then (RFC 9110, section 10.2.3). */
export const RETRY_AFTER_S = 1;

export interface Wording {
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY = { "Retry-After": String(RETRY_AFTER_S) };

const wordings: Readonly<Record<ErrorCode, Wording>> = {
  invalid_request: { status: 400, code: "bad_request" },
  // RFC 9110, section 11.6.1: a 401 names the scheme that would do.
  unauthenticated: {
    status: 401,
    code: "unauthorized",
    headers: { "WWW-Authenticate": 'Bearer realm="keytrail"' },
  },
  forbidden: { status: 403, code: "forbidden" },
  not_found: { status: 404, code: "not_found" },
  method_not_allowed: { status: 405, code: "method_not_allowed" },
  // 409 would be the plain reading, and it is how the event records it. But clients of v2 look for a duplicate by
  // its status 400 and "already exists" in the message: IBM's own suites do, and programs were written after them.
  conflict: { status: 400, code: "conflict" },
  precondition_failed: { status: 412, code: "precondition_failed" },
  locked: { status: 412, code: "locked" },
  gone: { status: 410, code: "gone" },
  too_large: { status: 413, code: "payload_too_large" },
  unsupported_media_type: { status: 415, code: "unsupported_media_type" },
  limit_reached: { status: 400, code: "limit_reached" },
  rate_limited: { status: 429, code: "too_many_requests", headers: RETRY },
  sealed: { status: 503, code: "service_unavailable" },
};

/** The word for a refusal in an error's `code`. */
export function codeOf(code: ErrorCode): string {
  return wordings[code].code;
}

export function refusalAnswer(refusal: Refusal, exchange: Exchange): Answer {
  return envelope(wordings[refusal.code], refusal.message, exchange);
}

/** Does not say that nothing was done: a change may stand committed, with its event waiting to be recorded. */
export function outageAnswer(exchange: Exchange): Answer {
  const sentence = "What is done cannot be recorded at the moment, so nothing is answered.";
  return envelope({ status: 503, code: "service_unavailable", headers: RETRY }, sentence, exchange);
}

export function faultAnswer(exchange: Exchange): Answer {
  const sentence = "Something went wrong inside the service.";
  return envelope({ status: 500, code: "internal_error" }, sentence, exchange);
}

function envelope({ status, code, headers }: Wording, message: string, exchange: Exchange): Answer {
  return {
    status,
    ...(headers ? { headers } : {}),
    body: { errors: [{ code, message }], status_code: status, trace: exchange.requestId },
  };
}
