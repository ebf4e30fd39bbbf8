/** A receiver of CloudEvents 1.0.2 over HTTP, in all three content modes, that takes the specification at its word. */
import type { IncomingHttpHeaders } from "node:http";
import { textOf, type SiemReply, type SiemRequest } from "./siem-server.ts";

export interface ReceivedEvent {
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: unknown;
  /** Of binary mode: the data as it came. */
  readonly bytes?: Buffer;
}

type Check = (value: unknown) => boolean;

/** "Type System": String. */
const isString: Check = (value) =>
  typeof value === "string" &&
  value.isWellFormed() &&
  !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(value);
const isFilled: Check = (value) => isString(value) && value !== "";

/** RFC 3986, appendix A: what may stand in a URI reference at all, and escapes that are whole. */
const URI_CHARS = /^(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/;
const isUriReference: Check = (value) =>
  typeof value === "string" && URI_CHARS.test(value) && URL.canParse(value, "http://base.test/");
const isUri: Check = (value) =>
  isUriReference(value) && /^[a-z][a-z\d+.-]*:/i.test(String(value)) && URL.canParse(String(value));
/** RFC 3339. */
const isTimestamp: Check = (value) =>
  typeof value === "string" &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(value) &&
  !Number.isNaN(Date.parse(value));
/** RFC 2046. */
const isMediaType: Check = (value) =>
  typeof value === "string" && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w-]+=[\w-]+)*$/.test(value);

const REQUIRED: Readonly<Record<string, Check>> = {
  specversion: (value) => value === "1.0",
  id: isFilled,
  source: isUriReference,
  type: isFilled,
};

const OPTIONAL: Readonly<Record<string, Check>> = {
  datacontenttype: isMediaType,
  dataschema: isUri,
  subject: isFilled,
  time: isTimestamp,
  /** Extensions: sequence, partitioning. */
  sequence: isFilled,
  partitionkey: isFilled,
};

export function faultsOfAttributes(attributes: Readonly<Record<string, unknown>>): string[] {
  const missing = Object.keys(REQUIRED).filter((name) => attributes[name] === undefined);
  const wrong = Object.entries(attributes).flatMap(([name, value]) => {
    if (!/^[a-z0-9]{1,20}$/.test(name)) return [`${name} is no attribute's name`];
    const check = REQUIRED[name] ?? OPTIONAL[name];
    return check?.(value) ? [] : [`${name}: ${JSON.stringify(value)}`];
  });
  return [...missing.map((name) => `${name} is missing`), ...wrong];
}

export class CloudEventsReceiver {
  readonly events: ReceivedEvent[] = [];
  readonly faults: string[] = [];

  receive(request: SiemRequest): SiemReply {
    if (request.method !== "POST") return { status: 405, body: "" };
    const events = eventsOf(request);
    const faults = events.flatMap(({ attributes }) => faultsOfAttributes(attributes));
    this.faults.push(...faults);
    if (faults.length > 0) return { status: 400, body: "" };
    this.events.push(...events);
    return { status: 204 };
  }
}

function eventsOf({ headers, body }: SiemRequest): ReceivedEvent[] {
  const [type = ""] = (headers["content-type"] ?? "").split(";");
  if (type === "application/cloudevents-batch+json") {
    const batch = JSON.parse(textOf(body)) as unknown;
    if (!Array.isArray(batch)) throw new Error("a batch is an array");
    return batch.map(structured);
  }
  if (type === "application/cloudevents+json") return [structured(JSON.parse(textOf(body)))];
  if (type.startsWith("application/cloudevents")) throw new Error(`no such format: ${type}`);
  return [binary(headers, body)];
}

function structured(event: Readonly<Record<string, unknown>>): ReceivedEvent {
  const { data, ...attributes } = event;
  return { attributes: attributes as ReceivedEvent["attributes"], data };
}

/** HTTP Protocol Binding, section 3.1.3: what came in visible ASCII is decoded by its bytes. */
function binary(headers: IncomingHttpHeaders, bytes: Buffer): ReceivedEvent {
  const named = Object.entries(headers).filter(([name]) => name.startsWith("ce-"));
  const attributes = named.map(([name, value]) => {
    if (!/^[\x21-\x7e]*$/.test(String(value))) throw new Error(`${name} is no visible ASCII`);
    return [name.slice("ce-".length), decodeURIComponent(String(value))];
  });
  return {
    attributes: {
      ...Object.fromEntries(attributes),
      datacontenttype: headers["content-type"],
    } as ReceivedEvent["attributes"],
    data: JSON.parse(textOf(bytes)),
    bytes,
  };
}
