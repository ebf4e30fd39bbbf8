/** What an answer of HTTP means to a delivery that it has not taken. RFC 9110, section 15. */
import type { IncomingHttpHeaders } from "node:http";
import type { Millis } from "../../kernel/clock.ts";
import { DeliveryFault, type FaultKind } from "../fault.ts";

/** Not now; every 5xx besides. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
/** The address, the credentials or what lies between: no event of ours is at fault. Every 3xx besides. */
const DENYING: ReadonlySet<number> = new Set([
  401, 402, 403, 404, 405, 406, 407, 410, 411, 417, 421, 426, 431, 451,
]);
const TOO_LARGE = 413;

export interface AnswerHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

export function isTaken({ status }: AnswerHead): boolean {
  return status >= 200 && status < 300;
}

/** RFC 9110, section 15.5.10: what is sent with an id of its own and is there already is in conflict with itself. */
const CONFLICT = 409;

/**
 * Also of what the receiver has had before, the word for which was lost: it drops repetitions by their id, and says so. Of
 * several events it does not say which; they are sent one by one then.
 */
export function isTakenNowOrBefore(answer: AnswerHead, eventsSent: number): boolean {
  return isTaken(answer) || (answer.status === CONFLICT && eventsSent === 1);
}

/** Of an answer that is not 2xx. What it says besides its status and its Retry-After is nobody's to read. */
export function faultOfAnswer({ status, headers }: AnswerHead, now: Millis): DeliveryFault {
  const kind = kindOf(status);
  const sentence = `the receiver answered ${status}${HINTS[status] ?? ""}`;
  const retryAfterMs = kind === "unavailable" ? retryAfter(headers, now) : undefined;
  return new DeliveryFault(kind, sentence, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** RFC 9110, section 10.2.3: seconds, or a date. Undefined where there is none, or none that can be read. */
export function retryAfter(headers: IncomingHttpHeaders, now: Millis): Millis | undefined {
  const text = headers["retry-after"]?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  if (!text.endsWith("GMT")) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function kindOf(status: number): FaultKind {
  if (status === TOO_LARGE) return "too-large";
  if (PASSING.has(status)) return "unavailable";
  if (DENYING.has(status)) return "denied";
  if (status >= 300 && status < 400) return "denied";
  if (status >= 400 && status < 500) return "rejected";
  return "unavailable";
}

const HINTS: Readonly<Record<number, string>> = {
  301: ": it sends us elsewhere, where deliveries do not follow",
  302: ": it sends us elsewhere, where deliveries do not follow",
  303: ": it sends us elsewhere, where deliveries do not follow",
  307: ": it sends us elsewhere, where deliveries do not follow",
  308: ": it sends us elsewhere, where deliveries do not follow",
  401: ": the credentials are not the right ones",
  403: ": the credentials are not the right ones, or do not suffice",
  404: ": nothing is at that path",
  413: ": it is too much at a time",
  415: ": it takes other forms",
  429: ": it is too much for now",
};
