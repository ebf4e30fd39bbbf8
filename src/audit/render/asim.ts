/**
 * The event in the columns of Microsoft's Advanced Security Information Model, Audit Event schema 0.1: a flat record,
 * as a table of Sentinel has it.
 */
import { categorizations, type EventType } from "./ecs-category.ts";
import type { AuditEvent, EventHost, Outcome, Severity } from "../event.ts";
import { PRODUCT } from "./ocsf-objects.ts";
import { isByServer, kindOf, thingOf } from "./parties.ts";

export const ASIM_SCHEMA = { name: "AuditEvent", version: "0.1" } as const;

export type AsimRecord = Readonly<Record<string, string | number>>;

/** `EventType`: what was done, in the closed list of the schema. */
const TYPES: Readonly<Partial<Record<EventType, string>>> = {
  access: "Read",
  change: "Set",
  creation: "Create",
  deletion: "Delete",
  info: "Read",
};

const RESULTS: Readonly<Record<Outcome, string>> = {
  success: "Success",
  failure: "Failure",
  pending: "NA",
  unknown: "NA",
};

const SEVERITIES: Readonly<Record<Severity, string>> = {
  normal: "Informational",
  warning: "Medium",
  critical: "High",
};

/** Times are the event's; `TimeGenerated` is what tables of Log Analytics are ordered by. */
export function renderAsim(event: AuditEvent): AsimRecord {
  return {
    TimeGenerated: event.eventTime,
    EventStartTime: event.eventTime,
    EventEndTime: event.eventTime,
    EventCount: 1,
    EventSchema: ASIM_SCHEMA.name,
    EventSchemaVersion: ASIM_SCHEMA.version,
    EventVendor: PRODUCT.vendor_name,
    EventProduct: PRODUCT.name,
    EventOriginalUid: event.id,
    EventOriginalType: event.action,
    EventType: typeOf(event),
    EventResult: RESULTS[event.outcome],
    ...(event.outcome === "failure" ? detailsOf(event) : {}),
    EventSeverity: SEVERITIES[event.severity],
    EventOriginalSeverity: event.severity,
    EventMessage: event.message,
    Operation: event.operation,
    ...objectOf(event),
    ...actorOf(event),
    TargetAppName: PRODUCT.name,
    TargetAppType: "Service",
  };
}

function typeOf({ operation }: AuditEvent): string {
  const [type = "info"] = categorizations[operation].type;
  return TYPES[type] ?? "Other";
}

function detailsOf({ reason }: AuditEvent): AsimRecord {
  return {
    EventResultDetails: reason.reasonType,
    EventOriginalResultDetails: reason.reasonForFailure || String(reason.reasonCode),
  };
}

/** A policy is told from the rest; whatever else is kept here is a resource. */
function objectOf({ target }: AuditEvent): AsimRecord {
  const { kind, id } = thingOf(target);
  return {
    Object: target.name || id || target.id,
    ObjectId: target.id,
    ObjectType: kind.startsWith("policy") ? "Policy Rule" : "Cloud Resource",
    OriginalObjectType: target.typeURI,
  };
}

const ACTOR_TYPES = {
  user: "Regular",
  "service-id": "Service Principal",
  profile: "Application",
  server: "System",
  nobody: "Other",
} as const;

function actorOf(event: AuditEvent): AsimRecord {
  const { initiator, account } = event;
  const { id, name, host } = initiator;
  return {
    ActorScopeId: account,
    ActorUserType: ACTOR_TYPES[kindOf(initiator)],
    ActorOriginalUserType: initiator.typeURI,
    ...(id === "" ? {} : { ActorUserId: id, ActorUserIdType: "Other" }),
    ...(name === "" ? {} : { ActorUsername: name, ActorUsernameType: "Simple" }),
    ...(isAddress(host) && !isByServer(event) ? { SrcIpAddr: host.address } : {}),
    ...(host.agent === "" ? {} : { HttpUserAgent: host.agent }),
  };
}

function isAddress({ address, addressType }: EventHost): boolean {
  return addressType !== "" && address !== "";
}
