/** SIEM endpoints: servers that the trail is to be sent to, and what may be said of one. */
import { isIPv4, isIPv6 } from "node:net";
import { isAddressAllowed, NOBODYS_RANGES } from "../../identity/addresses.ts";
import { itemKind } from "../../items/item.ts";
import { Refusal } from "../../kernel/errors.ts";

export const SIEM_TYPES = ["syslog", "cef", "json", "splunk"] as const;
export type SiemType = (typeof SIEM_TYPES)[number];

export const PROTOCOLS = ["udp", "tcp", "tls", "http", "https"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** DSV, "Audit", the types of listeners and their transports: no others. */
const protocolsOf: Readonly<Record<SiemType, readonly Protocol[]>> = {
  syslog: ["udp", "tcp", "tls"],
  cef: ["udp", "tcp", "tls"],
  json: ["udp", "tcp", "http", "https"],
  splunk: ["https"],
};

const formatOf: Readonly<Record<SiemType, string>> = {
  syslog: "rfc5424",
  cef: "cef",
  json: "json",
  splunk: "json",
};

/** What is said of one, but for its name and its token. */
export interface SiemSettings {
  readonly siemType: SiemType;
  readonly host: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** The path of the URL, by HTTP only. */
  readonly endpoint: string;
  readonly loggingFormat: string;
  readonly authMethod: string;
  /** By an engine of the pool, where the server itself does not reach it. */
  readonly sendToEngine: boolean;
  readonly pool: string;
  /** Of its certificate, by https only. */
  readonly allowSelfSigned: boolean;
}

/** As it is kept: the token is sealed, in Base64. */
export interface SiemEndpoint extends SiemSettings {
  readonly sealedToken: string;
}

export const SIEM = itemKind<SiemEndpoint>("siem");

export const MAX_SIEM_ENDPOINTS_PER_ACCOUNT = 50;
export const MAX_TOKEN_CHARS = 4_096;
const MAX_NAME_CHARS = 100;
const MAX_HOST_CHARS = 253;

const NAME = /^[A-Za-z0-9_-]+$/;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
/** Visible characters of a URL's path and query. */
const PATH = /^\/[\x21\x22\x24-\x7e]{0,1023}$/;

export function checkedSiemName(name: string): string {
  if (NAME.test(name) && name.length <= MAX_NAME_CHARS) return name;
  throw bad("name", `has 1 to ${MAX_NAME_CHARS} letters, digits, - and _.`);
}

/** Throws `invalid_request` for what no endpoint can be, in the name of the field. */
export function checkedSettings(given: SiemSettings): SiemSettings {
  const { siemType, protocol, endpoint, sendToEngine, pool } = given;
  const protocols = protocolsOf[siemType];
  if (!protocols.includes(protocol)) {
    throw bad("protocol", `of the type ${siemType} is one of ${protocols.join(", ")}.`);
  }
  if (given.loggingFormat !== formatOf[siemType]) {
    throw bad("loggingFormat", `of the type ${siemType} is ${formatOf[siemType]}.`);
  }
  if (given.authMethod !== "token") throw bad("authMethod", "is token.");
  if (!Number.isInteger(given.port) || given.port < 1 || given.port > 65_535) {
    throw bad("port", "is a number from 1 to 65535.");
  }
  const isHttp = protocol === "http" || protocol === "https";
  if (!isHttp && endpoint !== "") throw bad("endpoint", "is for http and https only.");
  if (isHttp && endpoint !== "" && !PATH.test(endpoint)) {
    throw bad("endpoint", "is the path of a URL: it begins with a slash, and has no spaces.");
  }
  if (given.allowSelfSigned && protocol !== "https") {
    throw bad("allowSelfSigned", "is for https only.");
  }
  if (sendToEngine !== (pool !== "")) throw bad("pool", "goes together with sendToEngine.");
  return { ...given, host: checkedHost(given.host) };
}

/**
 * An address or a full name. Refused are addresses that are no server of anybody's, or at which machines of clouds are
 * told their own credentials; a name is looked up where it is used, and its addresses are looked at there.
 */
export function checkedHost(written: string): string {
  const host = written.replaceAll(/^\[|\]$/g, "").toLowerCase();
  if (isIPv4(host) || isIPv6(host)) {
    if (!isAddressAllowed(NOBODYS_RANGES, host)) return host;
    throw bad("host", "is an address that no collector has.");
  }
  const labels = host.split(".");
  // What ends in a number is an address to some, however it is written (WHATWG URL, "ends in a number").
  const isNumber = /^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "");
  if (host.length <= MAX_HOST_CHARS && !isNumber && labels.every((one) => LABEL.test(one))) {
    return host;
  }
  throw bad("host", "is an IP address or a full domain name.");
}

function bad(field: string, what: string): Refusal {
  return new Refusal("invalid_request", `The ${field} ${what}`, { field });
}
