/**
 * The event as strict CADF has it: an activity event by DMTF DSP0262 1.0.0, in JSON. What CADF has no attribute for
 * stands in tags, where one looks for it, and in attachments, where it is evidence; nothing stands beside the standard.
 */
import type { AuditEvent, EventHost } from "../event.ts";
import { cadfActionOf, cadfResourceOf, isAuthentication } from "./cadf-taxonomy.ts";

export type CadfEvent = Readonly<Record<string, unknown>>;

export const CADF_EVENT_TYPE = "http://schemas.dmtf.org/cloud/audit/1.0/event";
/** The domain that defines our reason codes: the registry of RFC 9110, section 16.2.1. */
const HTTP_STATUS_CODES =
  "https://www.iana.org/assignments/http-status-codes/http-status-codes.xhtml";
const JSON_CONTENT = "https://www.iana.org/assignments/media-types/application/json";
/** The node of every taxonomy for what could not be established, and the id of whoever that is. */
const UNKNOWN = "unknown";
const OBSERVER_TYPE = "service/security";
const TAG_DOMAIN = "keytrail";

export function renderCadf(event: AuditEvent): CadfEvent {
  return {
    typeURI: CADF_EVENT_TYPE,
    id: cadfId(event.id),
    eventType: "activity",
    eventTime: cadfTime(event.eventTime),
    action: cadfActionOf(event.operation),
    outcome: event.outcome,
    reason: { reasonType: HTTP_STATUS_CODES, reasonCode: String(event.reason.reasonCode) },
    severity: event.severity,
    name: event.message,
    initiator: initiatorOf(event),
    target: {
      id: cadfId(event.target.id),
      typeURI: cadfResourceOf(event.operation),
      ...named(event.target.name),
      domain: event.account,
    },
    observer: {
      id: cadfId(event.logSourceCRN),
      typeURI: OBSERVER_TYPE,
      name: event.observer.name,
    },
    tags: tagsOf(event),
    attachments: attachmentsOf(event),
  };
}

function initiatorOf(event: AuditEvent): object {
  const { id, name, typeURI, host } = event.initiator;
  return {
    id: cadfId(id),
    typeURI: id === "" ? UNKNOWN : typeURI,
    ...named(name),
    ...credentialOf(event),
    ...hostOf(host),
  };
}

/**
 * CADF asks of a credential that it names its token. Ours is never the credential itself: of a login it is the
 * identifier of the API key that was brought, else the identity that the credential was given to.
 */
function credentialOf({ initiator, operation, responseData }: AuditEvent) {
  const { id, authnId, authnName, credential } = initiator;
  if (credential.type === "public-access") return {};
  const key = isAuthentication(operation) ? responseData["apikeyId"] : undefined;
  const token = typeof key === "string" && key !== "" ? key : (authnId ?? id);
  const assertions = {
    ...(authnId === undefined ? {} : { authnId }),
    ...(authnName === undefined ? {} : { authnName }),
  };
  return {
    credential: {
      type: credential.type,
      token: token === "" ? UNKNOWN : token,
      ...(Object.keys(assertions).length === 0 ? {} : { assertions }),
    },
  };
}

function hostOf({ address, agent }: EventHost) {
  const host = {
    ...(address === "" ? {} : { address }),
    ...(agent === "" ? {} : { agent }),
  };
  return Object.keys(host).length === 0 ? {} : { host };
}

function named(name: string) {
  return name === "" ? {} : { name };
}

/** What joins events, and what they are picked by: CADF has no attribute for a correlation. */
function tagsOf(event: AuditEvent): string[] {
  return [
    tag("operation", event.operation),
    tag("action", event.action),
    tag("correlationId", event.correlationId),
    tag("requestId", event.requestId),
    tag("dataEvent", String(event.dataEvent)),
  ];
}

/** `//domain/name?value=v` (DSP0262, the Tag type). */
function tag(name: string, value: string): string {
  return `//${TAG_DOMAIN}/${name}?value=${encodeURIComponent(value.toWellFormed())}`;
}

function attachmentsOf(event: AuditEvent): object[] {
  const { account, region, instance, dialect, counters } = event;
  const { reasonType, reasonForFailure } = event.reason;
  const contents = {
    requestData: event.requestData,
    responseData: event.responseData,
    reason: reasonForFailure === undefined ? {} : { reasonType, reasonForFailure },
    context: { account, region, instance, dialect, counters },
  };
  return Object.entries(contents)
    .filter(([, content]) => Object.keys(content).length > 0)
    .map(([name, content]) => ({ name, contentType: JSON_CONTENT, content }));
}

/** A timestamp must name its offset in figures; `Z` is none. */
function cadfTime(rfc3339: string): string {
  return rfc3339.replace(/Z$/, "+00:00");
}

const ABSOLUTE = /^[a-z][a-z\d+.-]*:./i;

/** An Identifier is a URI (RFC 3986): a CRN is one, an IAM id is a relative one; what else is in them is escaped. */
function cadfId(text: string): string {
  const whole = text.toWellFormed();
  if (whole === "") return UNKNOWN;
  return ABSOLUTE.test(whole) ? encodeURI(whole).replaceAll("#", "%23") : encodeURIComponent(whole);
}
