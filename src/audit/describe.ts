/** Turns what an operation reports of itself into an event: names, message, severity and recorded fields. */
import { toRfc3339, type Millis } from "../kernel/clock.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import type { EventId } from "../kernel/ids.ts";
import { catalogue, operationNames, serviceOf, type OperationName } from "./catalogue.ts";
import type { Row } from "./catalogue/row.ts";
import { crn, type Place } from "./crn.ts";
import type { Dialect, EventDraft, Initiator, Reason, Severity } from "./event.ts";
import { phraseOf, severityOfFailure, successStatus } from "./reason.ts";
import { cut, recordable } from "./redaction.ts";

/** What an operation acted on. `kind` and `id` make the CRN: `secret` and a UUID, say. */
export interface TargetRef {
  readonly place: Place;
  readonly kind: string;
  readonly id: string;
  readonly name: string;
}

/** How an operation ended. A failure carries the status IBM's profile gives it and a sentence. */
export type Ending =
  | { readonly kind: "success"; readonly output: object }
  /** Work outside this server begins; how it ends is another event of the same correlation. */
  | { readonly kind: "pending" }
  | {
      readonly kind: "failure";
      readonly status: number;
      readonly sentence: string;
      /** Of a refusal; what broke has none. */
      readonly code?: ErrorCode;
      /** Why, in a word or two of a closed set: `marked-for-deletion`. */
      readonly cause?: string | undefined;
    };

export interface Happening {
  readonly id: EventId;
  readonly at: Millis;
  readonly operation: OperationName;
  readonly initiator: Initiator;
  readonly target: TargetRef;
  readonly input: object;
  readonly ending: Ending;
  readonly dialect: Dialect;
  readonly requestId: string;
  readonly correlationId: string;
}

const serviceTitles: Readonly<Record<string, string>> = {
  "secrets-manager": "Secrets Manager",
  "iam-identity": "IAM Identity Service",
  "iam-groups": "IAM Access Groups",
  "iam-am": "IAM Access Management",
  "user-management": "User Management",
  kms: "Key Protect",
  atracker: "Activity Tracker",
  keytrail: "Keytrail",
};

/** The form of what refusals give as their reason; of another form it is not one of the set, and not recorded. */
const CAUSE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** RFC 9110, section 15.3.3: accepted, and not ended. */
const PENDING_STATUS = 202;

/** What every event of one operation has in common, put into words once. */
interface Wording {
  readonly row: Row;
  readonly service: string;
  /** `Secrets Manager: read secret` */
  readonly message: string;
  readonly typeURI: string;
  readonly successStatus: number;
}

const wordings = Object.fromEntries(
  operationNames.map((name) => [name, wordingOf(catalogue[name])]),
) as Readonly<Record<OperationName, Wording>>;

function wordingOf(row: Row): Wording {
  const { action, kind } = row;
  const service = serviceOf(action);
  const object = action.slice(action.indexOf(".") + 1, action.lastIndexOf("."));
  const verb = action.slice(action.lastIndexOf(".") + 1);
  return {
    row,
    service,
    message: `${serviceTitles[service] ?? service}: ${verb} ${row.objectInMessage ?? object}`,
    typeURI: `${service}/${object.replaceAll("-", "/")}`,
    successStatus: successStatus(action, kind),
  };
}

/** What an operation is called in messages, whatever it was done to: `Secrets Manager: read secret`. */
export function titleOf(operation: OperationName): string {
  return wordings[operation].message;
}

/** The event's draft: everything but its counters, which only its place in the ledger can give. */
export function describe(happening: Happening): EventDraft {
  const wording = wordings[happening.operation];
  const { ending, target } = happening;
  const { row, service } = wording;
  const failed = ending.kind === "failure";
  const status = statusOf(ending, wording);
  return {
    id: happening.id,
    eventTime: toRfc3339(happening.at),
    operation: happening.operation,
    action: row.action,
    outcome: ending.kind,
    severity: failed ? weightOf(row, ending) : row.severity,
    message: messageOf(wording.message, nameOf(target), failed),
    reason: reasonOf(ending, status),
    initiator: happening.initiator,
    target: {
      id: crn(service, target.place, target.id === "" ? undefined : target),
      name: cut(nameOf(target)),
      typeURI: wording.typeURI,
    },
    requestData: recordable(happening.input, row.request),
    responseData: ending.kind === "success" ? recordable(ending.output, row.response) : {},
    correlationId: cut(happening.correlationId),
    requestId: cut(happening.requestId),
    dataEvent: row.dataEvent,
    logSourceCRN: crn(service, target.place),
    account: target.place.account,
    region: target.place.region,
    instance: target.place.instance,
    dialect: happening.dialect,
  };
}

/** What is in a home is called by whose home that is, and its name there: `users:bob/db`. No other name has a colon. */
function nameOf({ place, name }: TargetRef): string {
  if (!place.home) return name;
  const { principal } = place.home;
  return name === "" ? principal : `${principal}/${name}`;
}

function reasonOf(ending: Ending, status: number): Reason {
  const reason = { reasonCode: status, reasonType: phraseOf(status) };
  if (ending.kind !== "failure") return reason;
  const { sentence, code, cause = "" } = ending;
  return {
    ...reason,
    reasonForFailure: cut(sentence),
    ...(code === undefined ? {} : { code }),
    ...(CAUSE.test(cause) ? { cause } : {}),
  };
}

function statusOf(ending: Ending, wording: Wording): number {
  if (ending.kind === "failure") return ending.status;
  return ending.kind === "pending" ? PENDING_STATUS : wording.successStatus;
}

function weightOf(row: Row, { status, code }: Ending & { readonly kind: "failure" }): Severity {
  return (code && row.failureSeverity?.[code]) ?? severityOfFailure(status);
}

/** `Secrets Manager: read secret db-prod`, and ` -failure` after what failed (IBM's profile, `message`). */
function messageOf(words: string, targetName: string, failed: boolean): string {
  const named = targetName === "" ? words : `${words} ${cut(targetName)}`;
  return failed ? `${named} -failure` : named;
}
