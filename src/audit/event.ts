/**
 * The audit event: the one record of something that happened, in IBM's profile of CADF (DMTF DSP0262) with the
 * few attributes the other vocabularies need. A line of the ledger is one event, encoded here and only here.
 */
import type { ErrorCode } from "../kernel/errors.ts";
import type { EventId } from "../kernel/ids.ts";
import { operationNamed, type OperationName } from "./catalogue.ts";

export type Outcome = "success" | "failure" | "pending" | "unknown";
export type Severity = "normal" | "warning" | "critical";
export type Dialect = "native" | "ibm" | "aws" | "dsv" | "internal";

export type InitiatorType =
  | "service/security/account/user"
  | "service/security/account/serviceid"
  | "service/security/account/profile"
  | "service/security/clientid"
  | "service/security/client/certificateid";

export type CredentialType =
  | "token"
  | "user"
  | "apikey"
  | "access-key"
  | "session-key"
  | "apikey-serviceid"
  | "certificate"
  | "public-access";

/** Where the initiator called from. `agent` is what the client says of itself, cut to MAX_AGENT_CHARS. */
export interface EventHost {
  readonly address: string;
  readonly addressType: "IPv4" | "IPv6" | "";
  readonly agent: string;
}

/** Who did it. `id` and `name` are empty when nobody could be established. */
export interface Initiator {
  readonly id: string;
  readonly name: string;
  readonly typeURI: InitiatorType;
  /** The identity that logged in, when it acts as another one (a trusted profile, a session of a role). */
  readonly authnId?: string;
  readonly authnName?: string;
  readonly credential: { readonly type: CredentialType };
  /** Of calls that were signed with an access key. */
  readonly access?: InitiatorAccess;
  readonly host: EventHost;
}

/** The access key of a call by AWS's wire, by its id, which is no secret; and what kind of caller it makes. */
export interface InitiatorAccess {
  readonly keyId: string;
  readonly kind: "root" | "user" | "role" | "federated";
  readonly sessionName?: string;
  readonly sourceIdentity?: string;
  /** RFC 3339; of keys that end with a session. */
  readonly startedAt?: string;
  readonly mfa?: boolean;
  /** Of the caller, where it is not the account of the event. */
  readonly account?: string;
}

/** What it was done to. `id` is a CRN: everything done to one secret carries that secret's CRN. */
export interface EventTarget {
  readonly id: string;
  readonly name: string;
  readonly typeURI: string;
}

export interface Reason {
  /** The HTTP status that IBM's profile gives the outcome; other dialects may have answered another one. */
  readonly reasonCode: number;
  readonly reasonType: string;
  readonly reasonForFailure?: string;
  /** Of a refusal: its code, and its reason where it gave one. Of closed sets, never anything that was sent. */
  readonly code?: ErrorCode;
  readonly cause?: string;
}

export type EventData = Readonly<Record<string, unknown>>;

/** The n-th event on this target and by this initiator, in ledger order, from 1; null where there is none. */
export interface Counters {
  readonly target: number | null;
  readonly initiator: number | null;
}

/** An event before the trail has given it its counters. */
export interface EventDraft {
  readonly id: EventId;
  /** RFC 3339, UTC, milliseconds. */
  readonly eventTime: string;
  readonly operation: OperationName;
  readonly action: string;
  readonly outcome: Outcome;
  readonly severity: Severity;
  readonly message: string;
  readonly reason: Reason;
  readonly initiator: Initiator;
  readonly target: EventTarget;
  readonly requestData: EventData;
  readonly responseData: EventData;
  /** Joins the events of one undertaking: the caller's correlation id when it sent one. */
  readonly correlationId: string;
  /** One per request answered; `X-Global-Transaction-Id` and `X-Amzn-RequestId` on the wires. */
  readonly requestId: string;
  readonly dataEvent: boolean;
  readonly logSourceCRN: string;
  readonly account: string;
  readonly region: string;
  readonly instance: string | null;
  readonly dialect: Dialect;
}

export interface AuditEvent extends EventDraft {
  readonly observer: { readonly name: "ActivityTracker" };
  readonly saveServiceCopy: boolean;
  readonly counters: Counters;
}

/** C2SP tlog-tiles, entry bundles: a leaf's length is a uint16. */
export const MAX_LINE_BYTES = 65_535;

/**
 * The event's line, in fixed order, without a newline: the exact bytes that are hashed into the log. An event
 * whose request and response data would make it longer than a leaf may be loses those, and says so.
 */
export function encodeEvent(draft: EventDraft, counters: Counters): Uint8Array {
  const line = lineOf(draft, counters);
  if (line.length <= MAX_LINE_BYTES) return line;
  const omitted = { omitted: "too long for one entry of the log" };
  return lineOf({ ...draft, requestData: omitted, responseData: omitted }, counters);
}

/** By Buffer: of a text of this length it makes UTF-8 seven times as fast as TextEncoder. */
function lineOf(draft: EventDraft, counters: Counters): Uint8Array {
  return Buffer.from(JSON.stringify(inOrder(draft, counters)), "utf8");
}

export function parseEvent(line: Uint8Array): AuditEvent {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("utf8");
  return asNamedNow(JSON.parse(text));
}

/** Of an event that was recorded when its operation was called something else. */
export function asNamedNow<E extends Pick<AuditEvent, "operation">>(event: E): E {
  const operation = operationNamed(event.operation);
  return operation === event.operation ? event : { ...event, operation };
}

function inOrder(draft: EventDraft, counters: Counters): AuditEvent {
  return {
    id: draft.id,
    eventTime: draft.eventTime,
    operation: draft.operation,
    action: draft.action,
    outcome: draft.outcome,
    severity: draft.severity,
    message: draft.message,
    reason: draft.reason,
    initiator: draft.initiator,
    target: draft.target,
    observer: { name: "ActivityTracker" },
    requestData: draft.requestData,
    responseData: draft.responseData,
    correlationId: draft.correlationId,
    requestId: draft.requestId,
    dataEvent: draft.dataEvent,
    saveServiceCopy: true,
    logSourceCRN: draft.logSourceCRN,
    account: draft.account,
    region: draft.region,
    instance: draft.instance,
    dialect: draft.dialect,
    counters,
  };
}
