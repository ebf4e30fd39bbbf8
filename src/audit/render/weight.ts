/** What an event weighs, on the scales of receivers of logs: syslog's, and CEF's. */
import { catalogue } from "../catalogue.ts";
import type { AuditEvent } from "../event.ts";

/** RFC 5424, section 6.2.1: critical, error, warning, notice, informational. */
export type SyslogSeverity = 2 | 3 | 4 | 5 | 6;

const FIRST_BREAKAGE = 500;
const REFUSALS: ReadonlySet<number> = new Set([401, 403]);

/**
 * 6 for what was read, 5 for what was changed, 4 for what was refused or failed, denials and failed logins among it. What
 * IBM's profile calls critical of what was done (a deletion, somebody locked out) is 3, and what could not be done
 * because something here is broken 2.
 */
export function syslogSeverityOf({
  operation,
  outcome,
  severity,
  reason,
}: AuditEvent): SyslogSeverity {
  if (outcome === "failure") return reason.reasonCode >= FIRST_BREAKAGE ? 2 : 4;
  if (severity === "critical") return 3;
  return severity === "warning" || catalogue[operation].kind === "change" ? 5 : 6;
}

const CEF_SEVERITIES: Readonly<Record<SyslogSeverity, number>> = { 2: 9, 3: 8, 4: 5, 5: 3, 6: 1 };
/** DSV's own for 401 and 403. */
const DENIED = 7;

/** From 0 to 10. */
export function cefSeverityOf(event: AuditEvent): number {
  const isDenied = event.outcome === "failure" && REFUSALS.has(event.reason.reasonCode);
  return isDenied ? DENIED : CEF_SEVERITIES[syslogSeverityOf(event)];
}
