/**
 * What DSV answers to our refusals: a status and a sentence, in DSV's own words where they are known. The wire answers
 * with it, and the DSV record of any wire's call says the same.
 */
import type { ErrorCode } from "../../kernel/errors.ts";
import type { OperationName } from "../catalogue.ts";

export interface DsvError {
  readonly status: number;
  readonly message: string;
}

/** What is known of a refusal, now or from its event. */
export interface DsvRefusalFacts {
  readonly operation: OperationName;
  readonly code: ErrorCode;
  /** `details.reason`, of a closed set. */
  readonly reason?: string | undefined;
  readonly sentence: string;
}

interface Naming {
  readonly status: number;
  /** DSV's words; else the refusal's own. */
  readonly message?: string;
}

const byCode: Readonly<Record<ErrorCode, Naming>> = {
  invalid_request: { status: 400 },
  unauthenticated: { status: 401, message: "unable to authenticate" },
  // Word for word what clients look for.
  forbidden: { status: 403, message: "Invalid permissions" },
  not_found: { status: 404, message: "unable to find item with specified identifier" },
  method_not_allowed: { status: 405 },
  conflict: { status: 400 },
  precondition_failed: { status: 400 },
  locked: { status: 400 },
  gone: { status: 400 },
  too_large: { status: 413 },
  unsupported_media_type: { status: 415 },
  limit_reached: { status: 400 },
  rate_limited: { status: 429 },
  sealed: { status: 503 },
};

const byReason: Readonly<Record<string, Naming>> = {
  "marked-for-deletion": {
    status: 404,
    message: "the item is marked for deletion and will be removed; restore it to use it again",
  },
  "name-of-deleted": {
    status: 400,
    message:
      "a secret at path is marked for deletion and will be removed; restore it, or delete it with force, before another takes its place",
  },
  "ambiguous-name": {
    status: 400,
    message: "several secrets, of different types, are at path; use the id of one",
  },
  "value-gone": { status: 404 },
  // Of somebody who may set it, and is asked for the one there is.
  "wrong-current-password": { status: 400, message: "current password is incorrect" },
  "url-used": { status: 400, message: "url has already used" },
  "engine-not-connected": { status: 503, message: "engine is not connected" },
  "engine-silent": { status: 504, message: "engine is connected but did not answer in time" },
  "unknown-pool": { status: 400, message: "specified pool doesn't exist" },
  // Who brings a password that is right may know what else is asked for.
  "second-factor-required": { status: 401 },
  "second-factor-missing": { status: 401 },
  "password-not-allowed": { status: 401 },
  "provider-exists": { status: 400, message: "an auth provider with this name already exists" },
  "unknown-provider": { status: 404, message: "unable to find provider with specified name." },
};

const SECRET_EXISTS = "error creating secret, secret at path already exists";
const PRINCIPAL_EXISTS = "a security principal with this name already exists";
const SIEM_EXISTS = "a SIEM endpoint with this name already exists";
/** Of what is in use under its name. */
const taken: Readonly<Partial<Record<OperationName, string>>> = {
  "secret.create": SECRET_EXISTS,
  "secret.restore": SECRET_EXISTS,
  "pki-root.register": SECRET_EXISTS,
  "pki-root.create": SECRET_EXISTS,
  "pki-leaf.issue": SECRET_EXISTS,
  "user.create": PRINCIPAL_EXISTS,
  "user.restore": PRINCIPAL_EXISTS,
  "access-group.create": PRINCIPAL_EXISTS,
  "access-group.restore": PRINCIPAL_EXISTS,
  "profile.create": PRINCIPAL_EXISTS,
  "profile.restore": PRINCIPAL_EXISTS,
  "destination.create": SIEM_EXISTS,
  "destination.update": SIEM_EXISTS,
};

export function dsvErrorOf({ operation, code, reason, sentence }: DsvRefusalFacts): DsvError {
  const named =
    reason !== undefined && Object.hasOwn(byReason, reason) ? byReason[reason] : undefined;
  const { status, message } = named ?? byCode[code];
  const words = message ?? (code === "conflict" ? taken[operation] : undefined);
  return { status, message: words ?? sentence };
}
