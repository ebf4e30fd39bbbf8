/** The error envelope of IBM's event routing, and its codes. IBM's SDKs read `errors[0].message` as the error's message. */
import type { ErrorCode, Refusal } from "../../../../kernel/errors.ts";
import type { Exchange } from "../../../dialect.ts";
import type { Answer } from "../../../route.ts";
import { RETRY_AFTER_S, type Wording } from "../errors.ts";

const RETRY = { "Retry-After": String(RETRY_AFTER_S) };

const wordings: Readonly<Record<ErrorCode, Wording>> = {
  invalid_request: { status: 400, code: "invalid_value" },
  unauthenticated: {
    status: 401,
    code: "invalid_token",
    headers: { "WWW-Authenticate": 'Bearer realm="keytrail"' },
  },
  forbidden: { status: 403, code: "forbidden" },
  not_found: { status: 404, code: "not_found" },
  method_not_allowed: { status: 405, code: "method_not_allowed" },
  conflict: { status: 409, code: "conflict" },
  precondition_failed: { status: 412, code: "precondition_failed" },
  locked: { status: 409, code: "locked" },
  gone: { status: 404, code: "not_found" },
  too_large: { status: 413, code: "payload_too_large" },
  unsupported_media_type: { status: 415, code: "unsupported_media_type" },
  limit_reached: { status: 400, code: "limit_reached" },
  rate_limited: { status: 429, code: "too_many_requests", headers: RETRY },
  sealed: { status: 503, code: "service_unavailable" },
};

/** Where IBM has a code of its own for one reason of several, or a recovery to tell. */
const reasons: Readonly<Record<string, { readonly code: string; readonly recovery: string }>> = {
  "region-not-allowed": {
    code: "region_not_allowed",
    recovery: "Create the target in a permitted region, or change permitted_target_regions.",
  },
  "target-limit": {
    code: "target_limit_reached",
    recovery: "Delete a target that is not used any more.",
  },
  "route-limit": {
    code: "route_limit_reached",
    recovery: "Delete a route, or add rules to one that there is.",
  },
};

export function refusalAnswer(refusal: Refusal, exchange: Exchange): Answer {
  const { code, message, details } = refusal;
  const wording = wordings[code];
  const reason = String(details["reason"]);
  const known = Object.hasOwn(reasons, reason) ? reasons[reason] : undefined;
  if (known) return envelope(wording, { ...known, message }, exchange);
  // What cannot be read as a whole, and not one value of it.
  const isUnread = code === "invalid_request" && details["field"] === undefined;
  return envelope(wording, { code: isUnread ? "binding_error" : wording.code, message }, exchange);
}

/** Does not say that nothing was done: a change may stand committed, with its event waiting to be recorded. */
export function outageAnswer(exchange: Exchange): Answer {
  const message = "What is done cannot be recorded at the moment, so nothing is answered.";
  const { status, code } = wordings.sealed;
  return envelope({ status, code, headers: RETRY }, { code, message }, exchange);
}

export function faultAnswer(exchange: Exchange): Answer {
  const code = "internal_error";
  const message = "Something went wrong inside the service.";
  return envelope({ status: 500, code }, { code, message }, exchange);
}

function envelope(
  { status, headers }: Wording,
  { code, message, recovery }: { code: string; message: string; recovery?: string },
  exchange: Exchange,
): Answer {
  const error = { code, message, ...(recovery === undefined ? {} : { recovery }) };
  return {
    status,
    ...(headers ? { headers } : {}),
    body: { trace: exchange.requestId, errors: [error], status_code: status },
  };
}
