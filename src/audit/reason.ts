/** Why an operation ended as it did, in the terms of IBM's profile: HTTP status, phrase, and what it weighs. */
import type { ErrorCode } from "../kernel/errors.ts";
import type { Kind } from "./catalogue.ts";
import type { Severity } from "./event.ts";

/** What is said, and recorded, of whatever is tried with a secret that waits to be deleted: AWS's words. */
export const MARKED_FOR_DELETION =
  "You can't perform this operation on the secret because it was marked for deletion.";

/** The same of what is no secret: words that DSV's clients look for. */
export const MARKED_ITEM =
  "It is marked for deletion and will be removed; restore it to use it again.";

/** The HTTP status by which IBM's profile records each refusal. */
export const refusalStatus: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  locked: 412,
  gone: 410,
  too_large: 413,
  unsupported_media_type: 415,
  limit_reached: 400,
  rate_limited: 429,
  sealed: 503,
};

/** RFC 9110, section 15: the phrases; `reason.reasonType` of every event is one of these. */
const phrases: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

export function phraseOf(status: number): string {
  return phrases[status] ?? "Unknown";
}

/** What is answered with the secret as it is then, locks and credentials taken off it. */
const SHOWN_AFTER = /-(?:locks|credentials)\.delete$/;

/** Of a success: 201 for what made something, 204 for what removed it, 200 otherwise. */
export function successStatus(action: string, kind: Kind): number {
  if (kind !== "change") return 200;
  if (action.endsWith(".create") || action.endsWith(".invite")) return 201;
  if (action.endsWith(".delete") && !SHOWN_AFTER.test(action)) return 204;
  return 200;
}

/** IBM's public override table: what a failure weighs, by its status. */
const failureSeverity: Readonly<Record<number, Severity>> = {
  401: "critical",
  403: "critical",
  503: "critical",
  507: "critical",
};

export function severityOfFailure(status: number): Severity {
  return failureSeverity[status] ?? "warning";
}
