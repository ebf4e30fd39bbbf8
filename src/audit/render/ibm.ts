/** The event as IBM's activity tracking events have it (atracker, `events/event.md`): what IBM's tools parse. */
import type { AuditEvent, Initiator, Reason } from "../event.ts";

export type IbmEvent = Readonly<Record<string, unknown>>;

export function renderIbm(event: AuditEvent): IbmEvent {
  return {
    eventTime: ibmTime(event.eventTime),
    action: event.action,
    outcome: event.outcome,
    message: event.message,
    severity: event.severity,
    id: event.id,
    correlationId: event.correlationId,
    initiator: ibmInitiator(event.initiator),
    target: event.target,
    observer: event.observer,
    reason: ibmReason(event.reason),
    requestData: { requestId: event.requestId, ...event.requestData },
    responseData: event.responseData,
    logSourceCRN: event.logSourceCRN,
    saveServiceCopy: event.saveServiceCopy,
    dataEvent: event.dataEvent,
    "X-Global-Transaction-Id": event.requestId,
  };
}

/** IBM's events know of no access keys. */
function ibmInitiator(initiator: Initiator): object {
  const { id, name, typeURI, authnId = "", authnName = "", credential, host } = initiator;
  return { authnId, authnName, id, name, typeURI, credential, host };
}

function ibmReason({ reasonCode, reasonType, reasonForFailure }: Reason): object {
  return {
    reasonCode,
    reasonType,
    ...(reasonForFailure === undefined ? {} : { reasonForFailure }),
  };
}

/** `YYYY-MM-DDTHH:mm:ss.SS+0000`: two digits of a second, and an offset without a colon. */
export function ibmTime(rfc3339: string): string {
  return `${rfc3339.slice(0, 22)}+0000`;
}
