/**
 * The event in the Open Cybersecurity Schema Framework, version 1.8.0, with its `cloud` profile. What the schema has
 * no attribute for stands in `unmapped`.
 */
import { catalogue, serviceOf } from "../catalogue.ts";
import type { AuditEvent, Outcome, Severity } from "../event.ts";
import { activities, ocsfCategories, ocsfClasses, type Activity } from "./ocsf-class.ts";
import {
  accountObject,
  actorOf,
  changedUserOf,
  concernedOf,
  endpointOf,
  entityOf,
  granteeOf,
  groupOf,
  OTHER,
  PRODUCT,
  resourceOf,
  type OcsfObject,
} from "./ocsf-objects.ts";
import { isByServer, isEmpty } from "./parties.ts";

export const OCSF_VERSION = "1.8.0";

/** `severity_id`: what is routine is informational; a grave success (a deletion) is as critical as a refusal. */
const SEVERITIES: Readonly<Record<Severity, readonly [id: number, name: string]>> = {
  normal: [1, "Informational"],
  warning: [3, "Medium"],
  critical: [5, "Critical"],
};

const STATUSES: Readonly<Record<Outcome, readonly [id: number, name: string]>> = {
  success: [1, "Success"],
  failure: [2, "Failure"],
  pending: [OTHER, "Pending"],
  unknown: [0, "Unknown"],
};

export function renderOcsf(event: AuditEvent): OcsfObject {
  const activity = activityOf(event);
  const isServer = isByServer(event);
  return {
    ...classification(activity),
    ...ending(event),
    time: millisOf(event.eventTime),
    timezone_offset: 0,
    message: event.message,
    metadata: metadataOf(event),
    actor: actorOf(event),
    src_endpoint: endpointOf(event.initiator.host, isServer),
    api: apiOf(event),
    ...(isServer ? {} : httpOf(event)),
    cloud: {
      provider: PRODUCT.name,
      account: accountObject(event.account),
      ...(event.region === "" ? {} : { region: event.region }),
    },
    ...ofClass(activity, event, isServer),
    ...observablesOf(event, isServer),
    unmapped: unmappedOf(event),
  };
}

/** Rights given to an access group are the group's affair, and those given to an identity the identity's. */
function activityOf(event: AuditEvent): Activity {
  const activity = activities[event.operation];
  return activity.class === 3005 && isGroup(granteeIdOf(event))
    ? { ...activity, class: 3006 }
    : activity;
}

/** The subject of a policy: asked for when it is made, and told when it is deleted. */
function granteeIdOf({ requestData, responseData }: AuditEvent): string {
  const subject = requestData["subject"] ?? responseData["subject"];
  return typeof subject === "string" ? subject : "";
}

function isGroup(subject: string): boolean {
  return subject.startsWith("AccessGroupId-");
}

function classification(activity: Activity): OcsfObject {
  const category = Math.floor(activity.class / 1_000);
  const className = ocsfClasses[activity.class];
  const caption = activity.id === OTHER ? "Other" : activity.name;
  return {
    activity_id: activity.id,
    activity_name: activity.name,
    category_uid: category,
    category_name: ocsfCategories[category],
    class_uid: activity.class,
    class_name: className,
    type_uid: activity.class * 100 + activity.id,
    type_name: `${className}: ${caption}`,
  };
}

function ending({ outcome, severity, reason }: AuditEvent): OcsfObject {
  const [severityId, severityName] = SEVERITIES[severity];
  const [statusId, status] = STATUSES[outcome];
  return {
    severity_id: severityId,
    severity: severityName,
    status_id: statusId,
    status,
    status_code: String(reason.reasonCode),
    status_detail: reason.reasonForFailure || reason.reasonType,
  };
}

/** Events are stamped with UTC; one that cannot be read as a time stands at the epoch, not at no time. */
function millisOf(rfc3339: string): number {
  const millis = Date.parse(rfc3339);
  return Number.isNaN(millis) ? 0 : millis;
}

function metadataOf(event: AuditEvent): OcsfObject {
  return {
    version: OCSF_VERSION,
    profiles: ["cloud"],
    product: PRODUCT,
    uid: event.id,
    original_event_uid: event.id,
    event_code: event.action,
    ...(event.correlationId === "" ? {} : { correlation_uid: event.correlationId }),
    log_name: "audit",
    log_provider: PRODUCT.name,
    original_time: event.eventTime,
    tenant_uid: event.account,
  };
}

function apiOf(event: AuditEvent): OcsfObject {
  const { reason, requestData, responseData } = event;
  return {
    operation: event.operation,
    service: { name: serviceOf(event.action) },
    request: {
      uid: event.requestId || event.id,
      ...(isEmpty(requestData) ? {} : { data: requestData }),
    },
    response: {
      code: reason.reasonCode,
      message: reason.reasonType,
      ...(event.outcome === "failure"
        ? { error: reason.reasonType, error_message: reason.reasonForFailure || reason.reasonType }
        : {}),
      ...(isEmpty(responseData) ? {} : { data: responseData }),
    },
  };
}

function httpOf({ initiator, reason, requestId }: AuditEvent): OcsfObject {
  const { agent } = initiator.host;
  return {
    http_request: {
      ...(requestId === "" ? {} : { uid: requestId }),
      ...(agent === "" ? {} : { user_agent: agent }),
    },
    http_response: { code: reason.reasonCode, status: reason.reasonType },
  };
}

/** What a class has besides, by the class: the one that is acted upon, in the form that the class wants it in. */
function ofClass({ class: uid }: Activity, event: AuditEvent, isServer: boolean): OcsfObject {
  switch (uid) {
    case 3001:
      return { user: changedUserOf(event) };
    case 3002:
      return {
        user: concernedOf(event),
        service: { name: serviceOf(event.action) },
        is_remote: !isServer,
        ...sessionOf(event),
      };
    case 3004:
      return { entity: entityOf(event) };
    case 3005:
      return {
        user: granteeOf(granteeIdOf(event), event.account),
        privileges: privilegesOf(event),
        resources: [resourceOf(event)],
      };
    case 3006:
      return groupManagement(event);
    case 6002:
      return { app: PRODUCT };
    case 6003:
      return { resources: [resourceOf(event)] };
  }
}

/** Members by their ids; of a policy the group is the one that it gives rights to. */
function groupManagement(event: AuditEvent): OcsfObject {
  const grantee = granteeIdOf(event);
  if (isGroup(grantee)) {
    return { group: { uid: grantee, type: "Access Group" }, privileges: privilegesOf(event) };
  }
  const member = event.requestData["iam_id"];
  return {
    group: groupOf(event),
    ...(typeof member === "string" ? { user: granteeOf(member, event.account) } : {}),
  };
}

function sessionOf({ requestData, responseData }: AuditEvent): OcsfObject {
  const session = responseData["session"] ?? requestData["session"];
  return typeof session === "string" && session !== "" ? { session: { uid: session } } : {};
}

function privilegesOf({ requestData, responseData }: AuditEvent): readonly string[] {
  const roles = requestData["roles"] ?? responseData["roles"];
  return Array.isArray(roles) ? roles.map(String) : [];
}

/** What an analyst searches all events for, whichever attribute it stands in. */
function observablesOf({ initiator }: AuditEvent, isServer: boolean): OcsfObject {
  const { address, addressType } = initiator.host;
  const observables = [
    ...(addressType === "" || address === ""
      ? []
      : [{ name: "src_endpoint.ip", type_id: 2, type: "IP Address", value: address }]),
    ...(initiator.name === "" || isServer
      ? []
      : [{ name: "actor.user.name", type_id: 4, type: "User Name", value: initiator.name }]),
  ];
  return observables.length === 0 ? {} : { observables };
}

function unmappedOf(event: AuditEvent): OcsfObject {
  const { authnId, authnName, credential } = event.initiator;
  return {
    event_name: catalogue[event.operation].aws,
    target: event.target,
    instance: event.instance,
    dialect: event.dialect,
    data_event: event.dataEvent,
    credential_type: credential.type,
    ...(authnId === undefined ? {} : { authn_id: authnId }),
    ...(authnName === undefined ? {} : { authn_name: authnName }),
    counters: event.counters,
  };
}
