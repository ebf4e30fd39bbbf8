/**
 * The event in the Elastic Common Schema, version 8.17, as nested objects. What the schema has no field for stands
 * under `keytrail`, a name of ours as the schema asks of custom fields.
 */
import { serviceOf } from "../catalogue.ts";
import type { AuditEvent, Outcome, Severity } from "../event.ts";
import { categorizations, denied, type Categorization } from "./ecs-category.ts";
import {
  iamIdOf,
  isByServer,
  isEmail,
  isEmpty,
  isToOneself,
  kindOf,
  partyOf,
  thingOf,
} from "./parties.ts";

export const ECS_VERSION = "8.17.0";

export type EcsEvent = Readonly<Record<string, unknown>>;

/** `event.severity` on the scale of Elastic's own alerts: low, medium, critical. */
const SEVERITIES: Readonly<Record<Severity, number>> = { normal: 21, warning: 47, critical: 99 };

/** ECS knows no outcome that is still to come. */
const OUTCOMES: Readonly<Record<Outcome, string>> = {
  success: "success",
  failure: "failure",
  pending: "unknown",
  unknown: "unknown",
};

export function renderEcs(event: AuditEvent): EcsEvent {
  const isServer = isByServer(event);
  const user = userOf(event);
  return {
    "@timestamp": event.eventTime,
    message: event.message,
    ecs: { version: ECS_VERSION },
    event: {
      id: event.id,
      kind: "event",
      ...categorizationOf(event),
      action: event.operation,
      code: event.action,
      outcome: OUTCOMES[event.outcome],
      severity: SEVERITIES[event.severity],
      provider: "keytrail",
      module: "keytrail",
      dataset: "keytrail.audit",
      ...optional("reason", event.reason.reasonForFailure ?? ""),
    },
    ...(isEmpty(user) ? {} : { user }),
    ...groupOf(event),
    ...sourceOf(event),
    ...relatedOf(event),
    ...(isServer ? {} : httpOf(event)),
    service: { name: serviceOf(event.action), type: "keytrail" },
    organization: { id: event.account },
    cloud: { account: { id: event.account }, ...optional("region", event.region) },
    keytrail: ownFieldsOf(event),
  };
}

/** A login that failed is no denial but an authentication with that outcome. */
function categorizationOf({ operation, outcome, reason }: AuditEvent): Categorization {
  const categorization = categorizations[operation];
  const isRefused = outcome === "failure" && [401, 403].includes(reason.reasonCode);
  const isApi = !categorization.category.includes("authentication");
  return isRefused && isApi ? denied(categorization) : categorization;
}

/**
 * `user` is who asked, `user.effective` the profile whose rights they applied, `user.target` whom else they changed.
 * The server is no user, and neither is somebody unknown.
 */
function userOf(event: AuditEvent): EcsEvent {
  const { initiator } = event;
  const thing = thingOf(event.target);
  const isTarget = partyOf(thing) !== undefined && !isToOneself(event);
  const target = isTarget ? identity(iamIdOf(thing), thing.name) : {};
  const isKnown = !["server", "nobody"].includes(kindOf(initiator));
  const acting = isKnown ? identity(initiator.id, initiator.name) : {};
  const asking = identity(initiator.authnId ?? "", initiator.authnName ?? "");
  return {
    ...(isKnown && !isEmpty(asking) ? { ...asking, effective: acting } : acting),
    ...(isEmpty(target) ? {} : { target }),
  };
}

function identity(id: string, name: string): EcsEvent {
  return {
    ...optional("id", id),
    ...optional("name", name),
    ...(id.startsWith("IBMid-") && isEmail(name) ? { email: name } : {}),
  };
}

function groupOf({ target }: AuditEvent): EcsEvent {
  const { kind, id, name } = thingOf(target);
  return kind === "groups" && id !== "" ? { group: { id, ...optional("name", name) } } : {};
}

function sourceOf({ initiator }: AuditEvent): EcsEvent {
  const { address, addressType, agent } = initiator.host;
  return {
    ...(address === ""
      ? {}
      : { source: { address, ...(addressType === "" ? {} : { ip: address }) } }),
    ...(agent === "" ? {} : { user_agent: { original: agent } }),
  };
}

/** Everybody and every address that the event has anything to do with, to be found by either. */
function relatedOf(event: AuditEvent): EcsEvent {
  const { initiator } = event;
  const { id, name, authnId = "", authnName = "" } = initiator;
  const thing = thingOf(event.target);
  const targeted = partyOf(thing) === undefined ? [] : [iamIdOf(thing), thing.name];
  const isKnown = !["server", "nobody"].includes(kindOf(initiator));
  const named = [...(isKnown ? [id, name, authnId, authnName] : []), ...targeted];
  const user = [...new Set(named.filter((one) => one !== ""))];
  const { address, addressType } = initiator.host;
  const ip = address === "" || addressType === "" ? [] : [address];
  const related = {
    ...(user.length === 0 ? {} : { user }),
    ...(ip.length === 0 ? {} : { ip }),
  };
  return isEmpty(related) ? {} : { related };
}

function httpOf({ requestId, reason }: AuditEvent): EcsEvent {
  return {
    http: {
      ...(requestId === "" ? {} : { request: { id: requestId } }),
      response: { status_code: reason.reasonCode },
    },
  };
}

function ownFieldsOf(event: AuditEvent): EcsEvent {
  return {
    target: event.target,
    initiator: {
      id: event.initiator.id,
      type: event.initiator.typeURI,
      credential: event.initiator.credential.type,
    },
    request: event.requestData,
    response: event.responseData,
    instance: event.instance,
    dialect: event.dialect,
    correlation_id: event.correlationId,
    data_event: event.dataEvent,
    counters: event.counters,
  };
}

function optional(field: string, value: string): EcsEvent {
  return value === "" ? {} : { [field]: value };
}
