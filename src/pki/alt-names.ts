/** Subject alternative names (RFC 5280, section 4.2.1.6): read from what callers write, and to and from DER. */
import { isIPv4, isIPv6 } from "node:net";
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import { Refusal } from "../kernel/errors.ts";
import {
  context,
  contextPlain,
  element,
  NotDer,
  oid,
  readElement,
  readElements,
  readOid,
  sequence,
  TAG,
  within,
  type Element,
} from "./der.ts";

export type AltName =
  | { readonly kind: "dns" | "email" | "ip" | "uri"; readonly value: string }
  /** A name of a kind of one's own: its OID, and a text. */
  | { readonly kind: "other"; readonly oid: string; readonly value: string }
  /** A name of a kind that is not read here, as it stands. */
  | { readonly kind: "unread"; readonly bytes: Uint8Array };

export const MAX_ALT_NAMES = 100;
/** Of a certificate from elsewhere. */
export const MAX_READ_ALT_NAMES = 2_000;
export const MAX_DNS_CHARS = 253;
export const MAX_EMAIL_CHARS = 320;
export const MAX_URI_CHARS = 2_048;
export const MAX_OTHER_CHARS = 1_024;

const TAGS = { other: context(0), email: contextPlain(1), dns: contextPlain(2) } as const;
const URI_TAG = contextPlain(6);
const IP_TAG = contextPlain(7);

/** A wildcard stands for the first label only. */
const DNS =
  /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const EMAIL = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^@\s]+$/i;
const URI = /^[a-z][a-z0-9+.-]*:[!-~]+$/i;
const OTHER = /^([0-2](?:\.\d{1,15}){1,20})[;:]UTF-?8(?:String)?:(.+)$/is;

/** As callers write them. */
export interface GivenAltNames {
  /** Host names and e-mail addresses. */
  readonly altNames?: readonly string[] | undefined;
  readonly ipSans?: readonly string[] | undefined;
  readonly uriSans?: readonly string[] | undefined;
  /** Each `<oid>;UTF8:<text>`, as OpenSSL writes them; or with a colon after the OID. */
  readonly otherSans?: readonly string[] | undefined;
}

/** Reads them, each once. Refuses what is not of its kind, without quoting it. */
export function altNamesOf(given: GivenAltNames): readonly AltName[] {
  const names = [
    ...(given.altNames ?? []).map(hostOrEmail),
    ...(given.ipSans ?? []).map(ipName),
    ...(given.uriSans ?? []).map(uriName),
    ...(given.otherSans ?? []).map(otherName),
  ];
  const unique = [...new Map(names.map((one) => [altNameText(one), one])).values()];
  if (unique.length > MAX_ALT_NAMES) {
    const sentence = `A certificate has at most ${MAX_ALT_NAMES} alternative names here.`;
    throw new Refusal("limit_reached", sentence, { field: "altNames" });
  }
  return unique;
}

export function isHostName(text: string): boolean {
  return text.length <= MAX_DNS_CHARS && DNS.test(text);
}

export function isEmail(text: string): boolean {
  const host = text.slice(text.lastIndexOf("@") + 1);
  return text.length <= MAX_EMAIL_CHARS && EMAIL.test(text) && isHostName(host);
}

/** One line of text: the value itself, of other names with the OID before it. */
export function altNameText(name: AltName): string {
  if (name.kind === "other") return `${name.oid};UTF8:${name.value}`;
  return name.kind === "unread" ? `#${Buffer.from(name.bytes).toString("hex")}` : name.value;
}

/** GeneralNames in DER. */
export function encodeAltNames(names: readonly AltName[]): Uint8Array {
  return sequence(...names.map(encodeAltName));
}

/** Reads GeneralNames in DER. Throws `NotDer`. */
export function readAltNames(der: Uint8Array): readonly AltName[] {
  const elements = within(readElement(der), TAG.sequence);
  if (elements.length > MAX_READ_ALT_NAMES) throw new NotDer("names without end");
  return elements.map(readAltName);
}

function hostOrEmail(text: string): AltName {
  if (isEmail(text)) return { kind: "email", value: text };
  if (isHostName(text)) return { kind: "dns", value: text };
  throw refused("altNames", "An alternative name is a host name or an e-mail address.");
}

function ipName(text: string): AltName {
  // An address with a zone is a place in one machine, and no name of it.
  if ((!isIPv4(text) && !isIPv6(text)) || text.includes("%")) {
    throw refused("ipSans", "An alternative name of this kind is an IPv4 or IPv6 address.");
  }
  return { kind: "ip", value: ipText(ipBytes(text)) };
}

function uriName(text: string): AltName {
  if (text.length > MAX_URI_CHARS || !URI.test(text)) {
    throw refused("uriSans", "An alternative name of this kind is a URI with its scheme.");
  }
  return { kind: "uri", value: text };
}

function otherName(text: string): AltName {
  const [, dotted, value] = OTHER.exec(text) ?? [];
  const isOk = dotted && value && value.length <= MAX_OTHER_CHARS && value.isWellFormed();
  if (!isOk || !isOid(dotted)) {
    throw refused("otherSans", "An alternative name of this kind is written <oid>;UTF8:<text>.");
  }
  return { kind: "other", oid: dotted, value };
}

/** Whether it is an object identifier as it is written with dots (X.660). */
export function isOid(text: string): boolean {
  if (!/^[0-2](?:\.(?:0|[1-9]\d{0,14})){1,20}$/.test(text)) return false;
  const [root, second = 0] = text.split(".").map(Number);
  return root === 2 || second < 40;
}

function encodeAltName(name: AltName): Uint8Array {
  switch (name.kind) {
    case "dns":
    case "email":
      return element(TAGS[name.kind], utf8(name.value));
    case "uri":
      return element(URI_TAG, utf8(name.value));
    case "ip":
      return element(IP_TAG, ipBytes(name.value));
    case "other":
      return element(
        TAGS.other,
        oid(name.oid),
        element(context(0), element(TAG.utf8String, utf8(name.value))),
      );
    case "unread":
      return name.bytes;
  }
}

function readAltName({ tag, content, bytes }: Element): AltName {
  switch (tag) {
    case TAGS.email:
      return { kind: "email", value: ascii(content) };
    case TAGS.dns:
      return { kind: "dns", value: ascii(content) };
    case URI_TAG:
      return { kind: "uri", value: ascii(content) };
    case IP_TAG:
      return { kind: "ip", value: ipText(content) };
    case TAGS.other:
      return readOther(content) ?? { kind: "unread", bytes };
    default:
      return { kind: "unread", bytes };
  }
}

/** Undefined where the value is not a text. */
function readOther(content: Uint8Array): AltName | undefined {
  const [type, wrapped] = readElements(content);
  const [value, ...rest] = within(wrapped, context(0));
  if (value?.tag !== TAG.utf8String || rest.length > 0) return undefined;
  try {
    return { kind: "other", oid: readOid(type), value: fromUtf8(value.content) };
  } catch {
    return undefined;
  }
}

function ascii(content: Uint8Array): string {
  // Whatever is in there, it comes out as one line of text.
  if (content.some((byte) => byte < 0x20 || byte > 0x7e)) throw new NotDer("not a name in ASCII");
  return Buffer.from(content).toString("latin1");
}

/** Four bytes, or sixteen. */
function ipBytes(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split(".").map(Number));
  // The URL parser writes every form of an IPv6 address in the one of RFC 5952, without dots.
  const [head = "", tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::");
  const groups = (part: string): readonly number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((one) => [one >> 8, one & 0xff]));
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw new NotDer("not an address");
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] as number) << 8) | (bytes[at * 2 + 1] as number)).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

function refused(field: string, sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
