/**
 * The event as names and values for syslog's structured data: the eleven fields of DSV's record by their names there,
 * and what the other vocabularies ask for besides.
 */
import { catalogue } from "../catalogue.ts";
import type { AuditEvent } from "../event.ts";
import { renderDsv } from "./dsv.ts";

export interface SyslogFields {
  /** RFC 5424: no name twice, none longer than 32 characters. */
  readonly params: readonly (readonly [name: string, value: string])[];
  readonly message: string;
}

/** `index` is the entry's place in the log. */
export function renderSyslog(event: AuditEvent, index: number): SyslogFields {
  const { message, ...record } = renderDsv(event);
  const { initiator, target, reason } = event;
  const params: readonly (readonly [string, string | undefined])[] = [
    ["id", record.id],
    ["index", String(index)],
    ["operation", event.operation],
    ["outcome", event.outcome],
    ["action", record.action],
    ["status", String(record.status)],
    ["path", record.path],
    ["principal", record.principal],
    ["principalItemId", record.principalItemId],
    ["ipaddress", record.ipaddress],
    ["created", record.created],
    ["tenant", record.tenant],
    ["tenantName", record.tenantName],
    ["ibmAction", event.action],
    ["awsEventName", catalogue[event.operation].aws],
    ["initiator", initiator.id],
    ["authnId", initiator.authnId],
    ["accessKeyId", initiator.access?.keyId],
    ["target", target.id],
    ["targetName", target.name],
    ["reason", reason.reasonForFailure],
    ["correlationId", event.correlationId],
    ["requestId", event.requestId],
  ];
  const said = params.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { params: said, message };
}
