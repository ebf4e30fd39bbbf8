/**
 * The event in the standard attributes of Datadog's logs, beside those that its intake reserves (`message`, `status`,
 * `service`, `timestamp`), which whoever sends it adds.
 */
import type { AuditEvent } from "../event.ts";
import { isByServer } from "./parties.ts";

export type DatadogAttributes = Readonly<Record<string, unknown>>;

export function renderDatadog(event: AuditEvent): DatadogAttributes {
  const { initiator, reason, target, requestId } = event;
  const { address, addressType, agent } = initiator.host;
  return {
    evt: { id: event.id, name: event.operation, outcome: event.outcome, category: "audit" },
    ...(initiator.id === "" ? {} : { usr: { id: initiator.id, name: initiator.name } }),
    ...(addressType === "" || address === "" ? {} : { network: { client: { ip: address } } }),
    ...(isByServer(event)
      ? {}
      : {
          http: {
            status_code: reason.reasonCode,
            ...(requestId === "" ? {} : { request_id: requestId }),
            ...(agent === "" ? {} : { useragent: agent }),
          },
        }),
    ...(event.outcome === "failure"
      ? {
          error: { kind: reason.reasonType, message: reason.reasonForFailure ?? reason.reasonType },
        }
      : {}),
    target: { id: target.id, name: target.name, type: target.typeURI },
    account: event.account,
    region: event.region,
    correlation_id: event.correlationId,
    event_time: event.eventTime,
  };
}
