/**
 * The three kinds of failure. A Refusal is part of an operation's contract and is recorded; an Outage is the
 * world failing us (disk, network) and closes the road; anything else thrown is a bug.
 */

/** Every reason for which an operation may be refused. Dialects translate it through a total table. */
export const ERROR_CODES = [
  "invalid_request",
  "unauthenticated",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "conflict",
  "precondition_failed",
  "locked",
  "gone",
  "too_large",
  "unsupported_media_type",
  "limit_reached",
  "rate_limited",
  "sealed",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export type RefusalDetails = Readonly<
  Record<string, string | number | boolean | readonly string[]>
>;

/**
 * A domain's "no": a code from the closed list and a sentence fit for the caller. The sentence and the details
 * are recorded in the trail and sent on the wire, so they never quote a value that may be secret.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ErrorCode;
  readonly details: RefusalDetails;

  constructor(code: ErrorCode, message: string, details: RefusalDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** The trail or a store cannot do its work. Callers answer 503 and do nothing further: fail closed. */
export class Outage extends Error {
  override readonly name = "Outage";
}

/** States what must hold; a false condition is a bug in this program, never bad input. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
