/**
 * An event to a CloudEvent 1.0: context attributes, and the event in its form as the data. In JSON (structured and
 * batched mode), or (binary mode) the attributes' JSON, a line feed and the data, which `send` takes apart.
 */
import { CADF_EVENT_TYPE } from "../../../audit/render/cadf.ts";
import { OCSF_VERSION } from "../../../audit/render/ocsf.ts";
import { utf8 } from "../../../kernel/bytes.ts";
import type { Entry, Message } from "../../entry.ts";
import { bodyOf, type Form } from "../../form.ts";
import { joinedBytes } from "../../json-text.ts";
import type { Encode, Installation } from "../../sink.ts";
import type { CloudEventsSettings } from "./config.ts";

export type Attributes = Readonly<Record<string, string>>;

const SPEC_VERSION = "1.0";

/** Where somebody has published one. */
const SCHEMAS: Readonly<Partial<Record<Form, string>>> = {
  cadf: CADF_EVENT_TYPE,
  ocsf: `https://schema.ocsf.io/${OCSF_VERSION}/classes`,
};

/** So many digits has the greatest index: in this width texts are ordered as their numbers are. */
const SEQUENCE_DIGITS = String(Number.MAX_SAFE_INTEGER).length;

export function cloudEventsEncoder(settings: CloudEventsSettings, from: Installation): Encode {
  const { form, mode } = settings;
  return (entry) => {
    const attributes = JSON.stringify(attributesOf(entry, settings, from));
    const data = bodyOf(entry, form);
    if (mode === "binary") return utf8(`${attributes}\n${data}`);
    return utf8(`${attributes.slice(0, -1)},"data":${data}}`);
  };
}

/** JSON Event Format 1.0, section 4: an array of events. */
export function cloudEventsBatch(messages: readonly Message[]): Uint8Array {
  const events = messages.map(({ bytes }) => bytes);
  return joinedBytes(events, { head: "[", between: ",", tail: "]" });
}

/**
 * HTTP Protocol Binding 1.0.2, section 3.1: the attributes as headers, `datacontenttype` as Content-Type, the data as
 * the body.
 */
export function binaryRequest({ bytes }: Message): {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
} {
  const end = bytes.indexOf(LINE_FEED);
  const attributes = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString("utf8")) as Attributes;
  const headers = Object.entries(attributes).map(([name, value]) =>
    name === "datacontenttype" ? ["content-type", value] : [`ce-${name}`, headerText(value)],
  );
  return { headers: Object.fromEntries(headers), body: bytes.subarray(end + 1) };
}

const LINE_FEED = 0x0a;

/** Section 3.1.3.2: what is no visible ASCII, and `"` and `%`, by their bytes in UTF-8. */
function headerText(value: string): string {
  return value.replaceAll(/[^!#$&-~]/gu, (char) => {
    const bytes = [...utf8(char)];
    return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
  });
}

function attributesOf(
  { event, index }: Entry,
  { form, type_prefix: prefix }: CloudEventsSettings,
  { logName }: Installation,
): Attributes {
  const schema = SCHEMAS[form];
  return {
    specversion: SPEC_VERSION,
    id: event.id,
    source: sourceOf(logName, event.account),
    type: `${prefix ?? typePrefix(logName)}.${event.operation}`,
    ...nonEmpty("subject", attributeText(event.target.id || event.target.name)),
    time: event.eventTime,
    datacontenttype: "application/json",
    ...(schema === undefined ? {} : { dataschema: schema }),
    // Of the extension's own types of sequence none fits: `Integer` ends at 2^31 and has no gaps.
    sequence: String(index).padStart(SEQUENCE_DIGITS, "0"),
    // What belongs to one account stays in its order, whatever the receiver spreads events over.
    ...nonEmpty("partitionkey", attributeText(event.account)),
  };
}

/** CloudEvents 1.0.2, "Type System", String: without control characters, noncharacters and halves of surrogate pairs. */
function attributeText(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, "\ufffd");
}

function nonEmpty(name: string, value: string): Attributes {
  return value === "" ? {} : { [name]: value };
}

/**
 * A network-path reference (RFC 3986, section 4.2): the log's name, and whose events they are. A name that does not begin
 * as a host does is a path.
 */
function sourceOf(logName: string, account: string): string {
  const [host = "", ...path] = logName.split("/");
  const isHost = /^[\w.-]+(?::\d+)?$/.test(host) && URL.canParse(`http://${host}/`);
  const segments = [...(isHost ? path : [logName]), "accounts", account];
  const encoded = segments.map((one) => encodeURIComponent(one.toWellFormed()));
  return `${isHost ? `//${host}` : ""}/${encoded.join("/")}`;
}

/** The log's host from its end, as types are to begin: `example.com` gives `com.example`; and what the log is of. */
function typePrefix(logName: string): string {
  const [host = ""] = logName.split("/");
  const labels = host
    .replace(/:\d+$/, "")
    .split(".")
    .filter((label) => /^[\w-]+$/.test(label));
  return [...labels.toReversed(), "keytrail"].join(".");
}
