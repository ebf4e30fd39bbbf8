/**
 * An event to a log record of OTLP 1.10 in JSON (proto3's mapping: integers of 64 bits are strings, enums are numbers,
 * names in lowerCamelCase). A message is a whole `ResourceLogs` of one record; a batch joins them to one of many.
 */
import { otelAttributes, otelSeverity } from "../../../audit/render/otel.ts";
import { utf8 } from "../../../kernel/bytes.ts";
import type { Entry, Message } from "../../entry.ts";
import { bodyOf } from "../../form.ts";
import { joinedBytes, wellFormedJson } from "../../json-text.ts";
import type { Encode, Installation } from "../../sink.ts";
import type { OtlpSettings } from "./config.ts";

/** Before and after the record, in every message. JSON's quotes keep any name from looking like it. */
const BEFORE = '"logRecords":[';
const AFTER = "]}]}";

export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } }
  /** What has no value: proto3's `oneof` with nothing set. */
  | Readonly<Record<string, never>>;

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

export function otlpEncoder(settings: OtlpSettings, from: Installation): Encode {
  const before = beforeRecord(settings, from);
  return (entry) => {
    const record = wellFormedJson(JSON.stringify(recordOf(entry, settings)));
    return utf8(`${before}${record}${AFTER}`);
  };
}

/** `ExportLogsServiceRequest`. Of one destination, what stands before the record is the same in all messages. */
export function otlpRequest(messages: readonly Message[]): Uint8Array {
  const [first] = messages;
  const before = first ? Buffer.from(first.bytes).indexOf(BEFORE) + BEFORE.length : 0;
  const head = Buffer.from(first?.bytes.subarray(0, before) ?? []).toString("utf8");
  const records = messages.map(({ bytes }) => bytes.subarray(before, -AFTER.length));
  return joinedBytes(records, {
    head: `{"resourceLogs":[${head}`,
    between: ",",
    tail: `${AFTER}]}`,
  });
}

function beforeRecord({ service_name: service }: OtlpSettings, from: Installation): string {
  const resource = {
    attributes: keyValues({
      "service.name": service,
      "service.version": from.version,
      "service.instance.id": from.logName,
      "keytrail.log": from.logName,
    }),
  };
  const scope = { name: "keytrail.audit", version: from.version };
  const text = `{"resource":${JSON.stringify(resource)},"scopeLogs":[{"scope":${JSON.stringify(scope)},`;
  return `${wellFormedJson(text)}${BEFORE}`;
}

function recordOf(entry: Entry, { form, body }: OtlpSettings): object {
  const { event, index } = entry;
  const nanos = nanosOf(event.eventTime);
  const text = bodyOf(entry, form);
  return {
    timeUnixNano: nanos,
    observedTimeUnixNano: nanos,
    severityNumber: otelSeverity(event),
    severityText: event.severity,
    eventName: event.operation,
    body: body === "string" ? { stringValue: text } : anyValue(JSON.parse(text)),
    attributes: keyValues({ ...otelAttributes(event), "keytrail.log.index": index }),
  };
}

/** One that cannot be read as a time is unknown: 0. */
function nanosOf(rfc3339: string): string {
  const millis = Date.parse(rfc3339);
  return Number.isNaN(millis) ? "0" : `${BigInt(millis) * 1_000_000n}`;
}

function keyValues(members: object): readonly KeyValue[] {
  return Object.entries(members).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** Of any value that JSON has. */
export function anyValue(value: unknown): AnyValue {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (typeof value === "object" && value !== null) {
    return { kvlistValue: { values: keyValues(value) } };
  }
  return {};
}
