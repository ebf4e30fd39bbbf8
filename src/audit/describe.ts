/** Turns what an operation reports of itself into an event: names, message, severity and recorded fields. */
import { toRfc3339, type Millis } from "../kernel/clock.ts";
import type { EventId } from "../kernel/ids.ts";
import { catalogue, serviceOf, type OperationName } from "./catalogue.ts";
import { crn, type Place } from "./crn.ts";
import type { Dialect, EventDraft, EventTarget, Initiator } from "./event.ts";
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
  | { readonly kind: "failure"; readonly status: number; readonly sentence: string };

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
  keytrail: "Keytrail",
};

/** The event's draft: everything but its counters, which only its place in the ledger can give. */
export function describe(happening: Happening): EventDraft {
  const row = catalogue[happening.operation];
  const { ending, target } = happening;
  const failed = ending.kind === "failure";
  const status = failed ? ending.status : successStatus(row.action, row.kind);
  return {
    id: happening.id,
    eventTime: toRfc3339(happening.at),
    operation: happening.operation,
    action: row.action,
    outcome: failed ? "failure" : "success",
    severity: failed ? severityOfFailure(status) : row.severity,
    message: messageOf(row.action, target.name, failed),
    reason: failed
      ? { reasonCode: status, reasonType: phraseOf(status), reasonForFailure: cut(ending.sentence) }
      : { reasonCode: status, reasonType: phraseOf(status) },
    initiator: happening.initiator,
    target: targetOf(row.action, target),
    requestData: recordable(happening.input, row.request),
    responseData: failed ? {} : recordable(ending.output, row.response),
    correlationId: cut(happening.correlationId),
    requestId: cut(happening.requestId),
    dataEvent: row.dataEvent,
    logSourceCRN: crn(serviceOf(row.action), target.place),
    account: target.place.account,
    region: target.place.region,
    instance: target.place.instance,
    dialect: happening.dialect,
  };
}

function targetOf(action: string, target: TargetRef): EventTarget {
  const service = serviceOf(action);
  const id =
    target.id === ""
      ? crn(service, target.place)
      : crn(service, target.place, { kind: target.kind, id: target.id });
  return {
    id,
    name: cut(target.name),
    typeURI: `${service}/${objectOf(action).replaceAll("-", "/")}`,
  };
}

/** `Secrets Manager: read secret db-prod`, and ` -failure` after what failed (IBM's profile, `message`). */
function messageOf(action: string, targetName: string, failed: boolean): string {
  const service = serviceOf(action);
  const verb = action.slice(action.lastIndexOf(".") + 1);
  const words = [serviceTitles[service] ?? service, ": ", verb, " ", objectOf(action)].join("");
  const named = targetName === "" ? words : `${words} ${cut(targetName)}`;
  return failed ? `${named} -failure` : named;
}

function objectOf(action: string): string {
  return action.slice(action.indexOf(".") + 1, action.lastIndexOf("."));
}
