/**
 * The error envelope of IBM's Policy Management, with its codes. IBM's SDKs read `errors[0].message` as the error's
 * message. A policy that stands in the way is named under `details.conflicts_with`.
 */
import type { ErrorCode, Refusal } from "../../../../kernel/errors.ts";
import { isRoleName } from "../../../../identity/roles.ts";
import type { Exchange } from "../../../dialect.ts";
import type { Answer } from "../../../route.ts";
import { RETRY_AFTER_S } from "../errors.ts";
import { crnOfRole } from "./role-crn.ts";

interface Wording {
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY = { "Retry-After": String(RETRY_AFTER_S) };
/** What is asked is understood, and not done. */
const REFUSED = "request_not_processed";
const CONFLICT = "policy_conflict_error";

const wordings: Readonly<Record<ErrorCode, Wording>> = {
  invalid_request: { status: 400, code: "invalid_body" },
  unauthenticated: {
    status: 401,
    code: "invalid_token",
    headers: { "WWW-Authenticate": 'Bearer realm="keytrail"' },
  },
  // The spelling is IBM's.
  forbidden: { status: 403, code: "insufficent_permissions" },
  not_found: { status: 404, code: "not_found" },
  method_not_allowed: { status: 405, code: REFUSED },
  conflict: { status: 409, code: CONFLICT },
  // IBM's errors name an entity tag among what conflicts: a change made against another state is one.
  precondition_failed: { status: 409, code: CONFLICT },
  locked: { status: 409, code: REFUSED },
  gone: { status: 410, code: "not_found" },
  too_large: { status: 413, code: "invalid_body" },
  unsupported_media_type: { status: 415, code: "unsupported_content_type" },
  limit_reached: { status: 400, code: REFUSED },
  rate_limited: { status: 429, code: "too_many_requests", headers: RETRY },
  sealed: { status: 503, code: "unable_to_process" },
};

/** Where IBM has a code of its own for one reason of several. */
const faults: Readonly<Record<string, string>> = {
  "missing-parameter": "missing_required_query_parameter",
  "unknown-role": "role_not_found",
};

export function refusalAnswer(refusal: Refusal, exchange: Exchange): Answer {
  const { details, message } = refusal;
  const wording = wordings[refusal.code];
  const code = details["missing"] === "policy" ? "policy_not_found" : faultOf(refusal);
  return envelope({ ...wording, ...(code === undefined ? {} : { code }) }, exchange, {
    message,
    ...conflictOf(refusal),
  });
}

/** Does not say that nothing was done: a change may stand committed, with its event waiting to be recorded. */
export function outageAnswer(exchange: Exchange): Answer {
  const message = "What is done cannot be recorded at the moment, so nothing is answered.";
  return envelope({ ...wordings.sealed, headers: RETRY }, exchange, { message });
}

export function faultAnswer(exchange: Exchange): Answer {
  const message = "Something went wrong inside the service.";
  return envelope({ status: 500, code: "unable_to_process" }, exchange, { message });
}

function faultOf({ code, details }: Refusal): string | undefined {
  return code === "invalid_request" ? faults[String(details["fault"])] : undefined;
}

function conflictOf({ code, details }: Refusal): object {
  if (code !== "conflict" && code !== "precondition_failed") return {};
  const { policy, entityTag: etag, role } = details;
  const conflicts = {
    ...(etag === undefined ? {} : { etag }),
    ...(typeof role === "string" && isRoleName(role) ? { role: crnOfRole(role) } : {}),
    ...(policy === undefined ? {} : { policy }),
  };
  return Object.keys(conflicts).length === 0 ? {} : { details: { conflicts_with: conflicts } };
}

function envelope(
  { status, code, headers }: Wording,
  exchange: Exchange,
  error: { readonly message: string; readonly details?: object },
): Answer {
  return {
    status,
    ...(headers ? { headers } : {}),
    body: { trace: exchange.requestId, errors: [{ code, ...error }], status_code: status },
  };
}
