/**
 * The event in the log data model of OpenTelemetry: its severity, and attributes by the semantic conventions (1.3x)
 * where they have one. What they have none for stands under `keytrail`, as they ask of custom attributes.
 */
import type { AuditEvent, Severity } from "../event.ts";
import { isByServer } from "./parties.ts";

/** `SeverityNumber`: INFO, WARN, ERROR. `SeverityText` is the event's own word. */
const SEVERITY_NUMBERS: Readonly<Record<Severity, number>> = {
  normal: 9,
  warning: 13,
  critical: 17,
};

export function otelSeverity({ severity }: AuditEvent): number {
  return SEVERITY_NUMBERS[severity];
}

export type OtelAttributes = Readonly<Record<string, string | number | boolean>>;

/** Flat, and none of them empty. */
export function otelAttributes(event: AuditEvent): OtelAttributes {
  return {
    "log.record.uid": event.id,
    "event.id": event.id,
    ...present({
      ...whoOf(event),
      ...calledBy(event),
      "error.type":
        event.outcome === "failure" ? (event.reason.code ?? event.reason.reasonType) : "",
      "cloud.account.id": event.account,
      "cloud.region": event.region,
      "keytrail.instance": event.instance ?? "",
      "keytrail.action": event.action,
      "keytrail.outcome": event.outcome,
      "keytrail.message": event.message,
      "keytrail.target.id": event.target.id,
      "keytrail.target.name": event.target.name,
      "keytrail.target.type": event.target.typeURI,
      "keytrail.request.id": event.requestId,
      "keytrail.correlation.id": event.correlationId,
      "keytrail.dialect": event.dialect,
    }),
    "keytrail.data_event": event.dataEvent,
  };
}

/** `enduser.id` is what older receivers know of a user. */
function whoOf({ initiator }: AuditEvent) {
  return {
    "enduser.id": initiator.id,
    "user.id": initiator.id,
    "user.name": initiator.name,
    "keytrail.authn.id": initiator.authnId ?? "",
  };
}

function calledBy(event: AuditEvent) {
  const { host } = event.initiator;
  return {
    "client.address": host.address,
    "user_agent.original": host.agent,
    ...(isByServer(event) ? {} : { "http.response.status_code": event.reason.reasonCode }),
  };
}

function present(attributes: OtelAttributes): OtelAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ""));
}
