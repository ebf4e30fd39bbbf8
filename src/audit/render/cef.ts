/**
 * The event in ArcSight's Common Event Format (CEF:0): one line, with the fields that DSV sends under the names of CEF's
 * dictionary, and no longer than the dictionary has them.
 */
import { isIPv6 } from "node:net";
import { catalogue } from "../catalogue.ts";
import { titleOf } from "../describe.ts";
import type { AuditEvent } from "../event.ts";
import { renderDsv } from "./dsv.ts";
import { categorizations } from "./ecs-category.ts";
import { iamIdOf, isByServer, partyOf, thingOf } from "./parties.ts";
import { plainText, shortened } from "./plain-text.ts";
import { cefSeverityOf } from "./weight.ts";

export const CEF_VENDOR = "Keytrail";
export const CEF_PRODUCT = "Keytrail";

/** The dictionary's, in characters. What is not named here has numbers and addresses for values. */
const MAX_CHARS = {
  externalId: 40,
  act: 63,
  outcome: 63,
  cat: 1_023,
  reason: 1_023,
  msg: 1_023,
  suser: 1_023,
  suid: 1_023,
  duser: 1_023,
  duid: 1_023,
  filePath: 1_023,
  request: 1_023,
  requestMethod: 1_023,
  requestClientApplication: 1_023,
  dvchost: 100,
  deviceExternalId: 255,
  cs1: 4_000,
  cs2: 4_000,
  cs3: 4_000,
  cs4: 4_000,
  cs5: 4_000,
  cs6: 4_000,
} as const satisfies Readonly<Record<string, number>>;

/** Cut, these would mean something else. */
const WHOLE: ReadonlySet<string> = new Set([
  "externalId",
  "token",
  "rt",
  "start",
  "cn1",
  "cn2",
  "c6a2",
]);

type TextKey = keyof typeof MAX_CHARS;

export interface CefOrigin {
  /** Of the product. */
  readonly version: string;
  readonly host: string;
  readonly logName: string;
  /** Of the entry, in the log. */
  readonly index: number;
  /** No text value is longer than this, whatever the dictionary allows; for lines that have to be shorter. */
  readonly maxChars: number;
  /** By which the receiver knows the sender, where it is one that wants this in every line. */
  readonly token: string | undefined;
}

export function renderCef(event: AuditEvent, origin: CefOrigin): string {
  const header = [
    CEF_VENDOR,
    CEF_PRODUCT,
    origin.version,
    event.operation,
    titleOf(event.operation),
    String(cefSeverityOf(event)),
  ];
  const extension = fieldsOf(event, origin).flatMap(([key, value]) => {
    if (value === "") return [];
    const max = Object.hasOwn(MAX_CHARS, key) ? MAX_CHARS[key as TextKey] : Infinity;
    const maxChars = WHOLE.has(key) ? max : Math.min(max, origin.maxChars);
    return [`${key}=${escapedValue(shortened(value, maxChars))}`];
  });
  return `CEF:0|${header.map(escapedHeader).join("|")}|${extension.join(" ")}`;
}

function fieldsOf(
  event: AuditEvent,
  { host, logName, index, token }: CefOrigin,
): readonly (readonly [key: string, value: string])[] {
  const record = renderDsv(event);
  const { initiator, target } = event;
  const { agent } = initiator.host;
  const at = String(Date.parse(event.eventTime));
  return [
    ["externalId", record.id],
    ["act", record.action],
    ["outcome", event.outcome],
    ["cat", categorizations[event.operation].category.join("/")],
    ["rt", at],
    ["start", at],
    ["dvchost", host],
    ["deviceExternalId", logName],
    ...addressOf(record.ipaddress),
    ["suser", record.principal],
    ["suid", record.principalItemId],
    ...whomOf(event),
    ["filePath", record.path],
    ["request", target.id],
    ["requestMethod", isByServer(event) ? "" : record.action],
    ["requestClientApplication", agent],
    ["reason", event.reason.reasonForFailure ?? ""],
    ["msg", record.message],
    ...labelled("cn1", "status", String(record.status)),
    ...labelled("cn2", "index", String(index)),
    ...labelled("cs1", "tenant", record.tenant),
    ...labelled("cs2", "ibmAction", event.action),
    ...labelled("cs3", "awsEventName", catalogue[event.operation].aws),
    ...labelled("cs4", "correlationId", event.correlationId),
    ...labelled("cs5", "requestId", event.requestId),
    ...labelled("cs6", "authnId", initiator.authnId ?? ""),
    ["token", token ?? ""],
  ];
}

type Fields = readonly (readonly [string, string])[];

/** `src` is of IPv4 in CEF:0. */
function addressOf(address: string): Fields {
  if (!isIPv6(address)) return [["src", address]];
  return labelled("c6a2", "Source IPv6 Address", address);
}

/** Of a user or another identity to which something was done. */
function whomOf({ target }: AuditEvent): Fields {
  const thing = thingOf(target);
  if (partyOf(thing) === undefined) return [];
  return [
    ["duser", thing.name],
    ["duid", iamIdOf(thing)],
  ];
}

function labelled(key: string, label: string, value: string): Fields {
  return value === ""
    ? []
    : [
        [key, value],
        [`${key}Label`, label],
      ];
}

/** CEF, "Character Encoding": of the header. */
function escapedHeader(text: string): string {
  const plain = plainText(text);
  return /[\\|]/.test(plain) ? plain.replaceAll(/[\\|]/g, String.raw`\$&`) : plain;
}

/** Most values have none of these: they are looked at, and stay as they are. */
const SPECIAL = /[\\=\r\n]/;

/** Of the extension, where line feeds and carriage returns have an escape of their own. */
function escapedValue(text: string): string {
  if (!SPECIAL.test(text)) return plainText(text);
  const lines = text.replaceAll(/[\\=]/g, String.raw`\$&`).split(/(\r|\n)/);
  return lines
    .map((part) =>
      part === "\n" ? String.raw`\n` : part === "\r" ? String.raw`\r` : plainText(part),
    )
    .join("");
}
