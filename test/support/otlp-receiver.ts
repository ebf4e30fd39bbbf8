/**
 * A receiver of OTLP/HTTP with JSON, stricter than a collector: the messages of opentelemetry-proto 1.10 as data, no
 * fields that they do not have, and proto3's mapping to JSON to the letter.
 */
import { textOf, type SiemReply, type SiemRequest } from "./siem-server.ts";

type Json = Readonly<Record<string, unknown>>;
export type LogRecord = Json;

const MAX_BODY_BYTES = 20 * 1_024 * 1_024;
const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_INT64 = 2n ** 63n - 1n;

interface Field {
  readonly type: string;
  readonly isRepeated?: true;
}

const one = (type: string): Field => ({ type });
const many = (type: string): Field => ({ type, isRepeated: true });

/** The fields of each message, by their names in JSON. */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  ExportLogsServiceRequest: { resourceLogs: many("ResourceLogs") },
  ResourceLogs: {
    resource: one("Resource"),
    scopeLogs: many("ScopeLogs"),
    schemaUrl: one("string"),
  },
  Resource: { attributes: many("KeyValue"), droppedAttributesCount: one("uint32") },
  ScopeLogs: { scope: one("Scope"), logRecords: many("LogRecord"), schemaUrl: one("string") },
  Scope: {
    name: one("string"),
    version: one("string"),
    attributes: many("KeyValue"),
    droppedAttributesCount: one("uint32"),
  },
  LogRecord: {
    timeUnixNano: one("fixed64"),
    observedTimeUnixNano: one("fixed64"),
    severityNumber: one("SeverityNumber"),
    severityText: one("string"),
    body: one("AnyValue"),
    attributes: many("KeyValue"),
    droppedAttributesCount: one("uint32"),
    flags: one("uint32"),
    traceId: one("hex"),
    spanId: one("hex"),
    eventName: one("string"),
  },
  KeyValue: { key: one("string"), value: one("AnyValue") },
  AnyValue: {
    stringValue: one("string"),
    boolValue: one("bool"),
    intValue: one("int64"),
    doubleValue: one("double"),
    arrayValue: one("ArrayValue"),
    kvlistValue: one("KeyValueList"),
    bytesValue: one("base64"),
  },
  ArrayValue: { values: many("AnyValue") },
  KeyValueList: { values: many("KeyValue") },
};

const isDecimal = (value: unknown, most: bigint): boolean =>
  typeof value === "string" && /^-?\d+$/.test(value) && BigInt(value) <= most;

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string" && value.isWellFormed(),
  bool: (value) => typeof value === "boolean",
  double: (value) => typeof value === "number",
  uint32: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32,
  int64: (value) => isDecimal(value, MAX_INT64),
  fixed64: (value) => isDecimal(value, MAX_UINT64) && !String(value).startsWith("-"),
  hex: (value) => typeof value === "string" && /^(?:[\da-f]{2})*$/i.test(value),
  base64: (value) => typeof value === "string" && /^[A-Za-z\d+/]*={0,2}$/.test(value),
  /** Enums are numbers, and never the unspecified one. */
  SeverityNumber: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 24,
};

/** Everything that is wrong with it. */
export function faultsOfOtlp(value: unknown, type = "ExportLogsServiceRequest", at = ""): string[] {
  const scalar = SCALARS[type];
  if (scalar) return scalar(value) ? [] : [`${at}: ${JSON.stringify(value)} is no ${type}`];
  const fields = MESSAGES[type] ?? {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [`${at} is no ${type}`];
  }
  const faults = Object.entries(value).flatMap(([name, member]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const there = `${at}.${name}`;
    if (!field) return [`${there}: no field of ${type}`];
    if (!field.isRepeated) return faultsOfOtlp(member, field.type, there);
    if (!Array.isArray(member)) return [`${there} is no list`];
    return member.flatMap((each, n) => faultsOfOtlp(each, field.type, `${there}[${n}]`));
  });
  return [...faults, ...faultsOfMessage(type, value as Json, at)];
}

function faultsOfMessage(type: string, value: Json, at: string): string[] {
  if (type === "AnyValue" && Object.keys(value).length > 1) return [`${at}: two values in one`];
  if (type === "LogRecord" || type === "Resource") {
    const keys = ((value["attributes"] ?? []) as Json[]).map(({ key }) => key);
    if (keys.includes("")) return [`${at}: an attribute without a key`];
    if (new Set(keys).size !== keys.length) return [`${at}: an attribute twice`];
  }
  return [];
}

/** What an AnyValue stands for. */
export function valueOf(any: Json): unknown {
  const [[kind, value] = ["", null]] = Object.entries(any);
  if (kind === "intValue") return Number(value);
  if (kind === "arrayValue") return ((value as Json)["values"] as Json[]).map(valueOf);
  if (kind === "kvlistValue") return attributesOf((value as Json)["values"]);
  return value;
}

export function attributesOf(list: unknown): Json {
  const pairs = list as readonly { key: string; value: Json }[];
  return Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]));
}

export class OtlpReceiver {
  readonly records: LogRecord[] = [];
  readonly resources: Json[] = [];
  readonly faults: string[] = [];
  /** Refused, which the answer only counts. */
  refuses: (record: LogRecord) => boolean = () => false;

  receive({ method, url, headers, body }: SiemRequest): SiemReply {
    if (method !== "POST" || url.pathname !== "/v1/logs") return { status: 404, body: {} };
    if (headers["content-type"] !== "application/json") return { status: 415, body: {} };
    if (body.length > MAX_BODY_BYTES) return { status: 413, body: {} };
    const request = JSON.parse(textOf(body)) as Json;
    const faults = faultsOfOtlp(request);
    this.faults.push(...faults);
    if (faults.length > 0) return { status: 400, body: { message: faults[0] } };
    let refused = 0;
    for (const logs of request["resourceLogs"] as readonly Json[]) {
      this.resources.push(attributesOf((logs["resource"] as Json)["attributes"]));
      for (const { logRecords } of logs["scopeLogs"] as readonly { logRecords: LogRecord[] }[]) {
        for (const record of logRecords) {
          if (this.refuses(record)) refused += 1;
          else this.records.push(record);
        }
      }
    }
    const rejectedLogRecords = String(refused);
    const partialSuccess = { rejectedLogRecords, errorMessage: "some were refused" };
    return { status: 200, body: refused > 0 ? { partialSuccess } : {} };
  }
}
