/**
 * The errors of IBM's IAM Identity services. Its SDKs take `errors[0].message` for the error's message, except where
 * the context has a URL with `iam` in it: then they put a sentence of their own in its place, so no URL is given here.
 */
import type { ErrorCode, Refusal } from "../../../../kernel/errors.ts";
import type { Exchange } from "../../../dialect.ts";
import type { Answer } from "../../../route.ts";
import { RETRY_AFTER_S } from "../errors.ts";
import { contextOf } from "./context.ts";

interface Wording {
  readonly status: number;
  readonly code: string;
  /** IBM's, where it is known; nobody is helped by one that is made up. */
  readonly messageCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY = { "Retry-After": String(RETRY_AFTER_S) };

const wordings: Readonly<Record<ErrorCode, Wording>> = {
  invalid_request: { status: 400, code: "bad_request", messageCode: "BXNIM0106E" },
  // RFC 9110, section 11.6.1: a 401 names the scheme that would do.
  unauthenticated: {
    status: 401,
    code: "unauthorized",
    messageCode: "BXNIM0407E",
    headers: { "WWW-Authenticate": 'Bearer realm="keytrail"' },
  },
  forbidden: { status: 403, code: "forbidden", messageCode: "BXNIM0513E" },
  not_found: { status: 404, code: "not_found" },
  method_not_allowed: { status: 405, code: "method_not_allowed" },
  conflict: { status: 409, code: "conflict" },
  // IBM's interface names 409 alone for an entity tag that is not the present one; the event has 412.
  precondition_failed: { status: 409, code: "update_conflict" },
  // Apart from the 409 of a stale tag: reading it again does not help, unlocking it does. IBM's own is not published.
  locked: { status: 412, code: "locked" },
  gone: { status: 410, code: "gone" },
  too_large: { status: 413, code: "payload_too_large" },
  unsupported_media_type: { status: 415, code: "unsupported_media_type" },
  limit_reached: { status: 400, code: "limit_reached" },
  rate_limited: { status: 429, code: "too_many_requests", headers: RETRY },
  sealed: { status: 503, code: "service_unavailable" },
};

export function refusalAnswer({ code, message, details }: Refusal, exchange: Exchange): Answer {
  const facts = Object.entries(details).map(([name, value]) => `${name}: ${String(value)}`);
  return envelope(wordings[code], { message, details: facts.join("; ") }, exchange);
}

/** Does not say that nothing was done: a change may stand committed, with its event waiting to be recorded. */
export function outageAnswer(exchange: Exchange): Answer {
  const message = "What is done cannot be recorded at the moment, so nothing is answered.";
  return envelope(
    { status: 503, code: "service_unavailable", headers: RETRY },
    { message, details: "" },
    exchange,
  );
}

export function faultAnswer(exchange: Exchange): Answer {
  const message = "Something went wrong inside the service.";
  return envelope({ status: 500, code: "internal_error" }, { message, details: "" }, exchange);
}

function envelope(
  { status, code, messageCode = code, headers }: Wording,
  { message, details }: { readonly message: string; readonly details: string },
  { request, requestId }: Exchange,
): Answer {
  return {
    status,
    ...(headers ? { headers } : {}),
    body: {
      context: contextOf(request),
      status_code: status,
      errors: [{ code, message_code: messageCode, message, details }],
      trace: requestId,
    },
  };
}
