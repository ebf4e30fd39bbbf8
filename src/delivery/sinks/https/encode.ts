/** An event to what stands for it in a request, and those of a batch to the request's body. */
import type { AuditEvent, Severity } from "../../../audit/event.ts";
import { renderAsim } from "../../../audit/render/asim.ts";
import { renderDatadog } from "../../../audit/render/datadog.ts";
import { utf8 } from "../../../kernel/bytes.ts";
import type { Entry, Message } from "../../entry.ts";
import { bodyOf, type Form } from "../../form.ts";
import { joinedBytes, wellFormedJson } from "../../json-text.ts";
import type { Encode, Installation } from "../../sink.ts";
import type { DatadogSettings, ElasticSettings, HttpsSettings, Shape } from "./config.ts";

export function httpsEncoder(settings: HttpsSettings, from: Installation): Encode {
  switch (settings.shape) {
    case "ndjson":
    case "array":
    case "object":
    case "secops":
      return (entry) => utf8(bodyOf(entry, settings.form));
    case "elastic-bulk":
      return (entry) => utf8(elasticLines(entry, settings));
    case "datadog":
      return (entry) => utf8(datadogLog(entry, settings, from));
    case "sentinel":
      return (entry) => utf8(sentinelRow(entry, settings.form));
  }
}

const LINES = { between: "\n", tail: "\n" } as const;
const ARRAY = { head: "[", between: ",", tail: "]" } as const;

const AROUND: Readonly<
  Record<Shape, { readonly type: string; readonly parts: Parameters<typeof joinedBytes>[1] }>
> = {
  ndjson: { type: "application/x-ndjson", parts: LINES },
  array: { type: "application/json", parts: ARRAY },
  object: { type: "application/json", parts: {} },
  /** Each of ours ends with its own line feed. */
  "elastic-bulk": { type: "application/x-ndjson", parts: {} },
  datadog: { type: "application/json", parts: ARRAY },
  sentinel: { type: "application/json", parts: ARRAY },
  secops: { type: "application/x-ndjson", parts: LINES },
};

export function requestBody(
  shape: Shape,
  messages: readonly Message[],
): { readonly type: string; readonly body: Uint8Array } {
  const { type, parts } = AROUND[shape];
  const encoded = messages.map(({ bytes }) => bytes);
  return { type, body: joinedBytes(encoded, parts) };
}

/**
 * Action and document, a line each. `create`: what is there already is not written again, and data streams take nothing
 * else. A rendering stands at the top, beside the time that data streams ask for; an entry as ECS has originals.
 */
function elasticLines(entry: Entry, { form }: ElasticSettings): string {
  const { event, index } = entry;
  const action = JSON.stringify({ create: { _id: event.id } });
  const time = JSON.stringify({ "@timestamp": event.eventTime });
  if (form === "ecs") return `${action}\n${bodyOf(entry, form)}\n`;
  if (form !== "entry") return `${action}\n${merged(time, bodyOf(entry, form))}\n`;
  const original = JSON.stringify({
    event: {
      id: event.id,
      kind: "event",
      dataset: "keytrail.audit",
      original: bodyOf(entry, form),
    },
    keytrail: { index },
  });
  return `${action}\n${merged(time, wellFormedJson(original))}\n`;
}

/** The members of two JSON objects in one. */
function merged(first: string, second: string): string {
  if (second === "{}") return first;
  return first === "{}" ? second : `${first.slice(0, -1)},${second.slice(1)}`;
}

const STATUSES: Readonly<Record<Severity, string>> = {
  normal: "info",
  warning: "warn",
  critical: "error",
};

/** With `timestamp` in front: see `datedNow`. */
function datadogLog(
  entry: Entry,
  { form, service, source, hostname, tags }: DatadogSettings,
  { logName, version }: Installation,
): string {
  const { event, index } = entry;
  const whole = JSON.stringify({
    timestamp: event.eventTime,
    ddsource: source,
    ddtags: [`account:${tagged(event.account)}`, `version:${tagged(version)}`, ...tags].join(","),
    hostname: hostname ?? logName,
    service,
    status: STATUSES[event.severity],
    message: event.message || event.operation,
    ...renderDatadog(event),
  });
  const body = form === "entry" ? JSON.stringify(bodyOf(entry, form)) : bodyOf(entry, form);
  const own = `{"keytrail":{"index":${index},"${form}":${body}}}`;
  return wellFormedJson(merged(whole, own));
}

/** Tags are told apart by commas. */
function tagged(text: string): string {
  return text.replaceAll(/[,\s]/g, "_");
}

/** Datadog: a log that is dated more than 18 hours back is not kept. With room for the way there. */
export const MAX_DATED_BACK_MS = 17 * 3_600_000;

const DATE = /^\{"timestamp":"([^"]*)",/;
const MAX_DATE_BYTES = 80;

/**
 * Of what has waited too long the official date is left out, so that it is kept under the time of its arrival;
 * `event_time` says when it was. Without that, everything of an outage of a day would be lost.
 */
export function datedNow(message: Message, now: number): Message {
  const head = Buffer.from(message.bytes.subarray(0, MAX_DATE_BYTES)).toString("latin1");
  const [prefix = "", time = ""] = DATE.exec(head) ?? [];
  if (prefix === "" || now - Date.parse(time) <= MAX_DATED_BACK_MS) return message;
  const rest = message.bytes.subarray(prefix.length);
  return { ...message, bytes: Buffer.concat([Buffer.from("{"), rest]) };
}

/** The columns of ASIM; what else there is to say stands in one of the type `dynamic`, for a rule to take apart. */
function sentinelRow(entry: Entry, form: Form): string {
  const { event, index } = entry;
  const row = JSON.stringify({ ...renderAsim(event), LogIndex: index, ...contextOf(event) });
  const body = bodyOf(entry, form);
  const fields = `{"AdditionalFields":${form === "entry" ? JSON.stringify({ entry: body }) : body}}`;
  return wellFormedJson(merged(row, fields));
}

function contextOf({ region, correlationId, requestId }: AuditEvent) {
  return {
    Region: region,
    ...(correlationId === "" ? {} : { CorrelationId: correlationId }),
    ...(requestId === "" ? {} : { RequestId: requestId }),
  };
}
