/** What DSV says of a SIEM endpoint, and the settings of a destination that this means; there and back. */
import { z } from "zod";
import type { DestinationView } from "../../../app/destinations/view.ts";
import type { SinkSettings } from "../../../delivery/sink.ts";
import { checkSink } from "../../../delivery/sinks.ts";
import { bareHost } from "../../../delivery/transports/address-guard.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { flag, wholeNumber } from "./fields.ts";

const SIEM_TYPES = ["syslog", "cef", "json", "splunk"] as const;
type SiemType = (typeof SIEM_TYPES)[number];

const PROTOCOLS = ["udp", "tcp", "tls", "http", "https"] as const;
type Protocol = (typeof PROTOCOLS)[number];

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

const word = z.string().toLowerCase();

/** All but the name and the token. */
export const siemFields = {
  siemType: word.pipe(z.enum(SIEM_TYPES)),
  host: z.string(),
  port: wholeNumber,
  protocol: word.pipe(z.enum(PROTOCOLS)),
  endpoint: z.string().default(""),
  loggingFormat: word,
  authMethod: word,
  sendToEngine: flag.default(false),
  pool: z.string().default(""),
  allowSelfSigned: flag.default(false),
};

const siemShape = z.object(siemFields);
export type SiemSettings = z.output<typeof siemShape>;

/** Visible characters of a URL's path and query. */
const PATH = /^\/[\x21\x22\x24-\x7e]{0,1023}$/;

/** Throws `invalid_request` for what DSV's endpoints cannot be, in the name of the field. */
export function checkedSiem(given: SiemSettings): SiemSettings {
  const { siemType, protocol, endpoint } = given;
  const protocols = protocolsOf[siemType];
  if (!protocols.includes(protocol)) {
    throw bad("protocol", `of the type ${siemType} is one of ${protocols.join(", ")}.`);
  }
  if (given.loggingFormat !== formatOf[siemType]) {
    throw bad("loggingFormat", `of the type ${siemType} is ${formatOf[siemType]}.`);
  }
  if (given.authMethod !== "token") throw bad("authMethod", "is token.");
  if (given.port < 1 || given.port > 65_535) throw bad("port", "is a number from 1 to 65535.");
  if (!isHttp(protocol) && endpoint !== "") throw bad("endpoint", "is for http and https only.");
  if (endpoint !== "" && !PATH.test(endpoint)) {
    throw bad("endpoint", "is the path of a URL: it begins with a slash, and has no spaces.");
  }
  // DSV has it for https alone; what another wire has said of TLS is shown, and taken again.
  if (given.allowSelfSigned && protocol !== "https" && protocol !== "tls") {
    throw bad("allowSelfSigned", "is for https and tls only.");
  }
  if (given.sendToEngine || given.pool !== "") {
    const field = given.sendToEngine ? "sendToEngine" : "pool";
    throw bad(field, "is left out: events go from the server itself, and by no engine.");
  }
  return given;
}

/** Minimal settings: what is not said is the sink's own default. */
export function settingsOf(given: SiemSettings): Readonly<Record<string, unknown>> {
  const { siemType, protocol, endpoint, port, allowSelfSigned } = given;
  return {
    kind: siemType,
    host: bareHost(given.host).toLowerCase(),
    port,
    ...(siemType === "splunk" ? {} : { transport: protocol }),
    ...(siemType === "syslog" ? { format: "rfc5424" } : {}),
    ...(endpoint === "" ? {} : { path: endpoint }),
    ...(allowSelfSigned ? { tls: { allow_self_signed: true } } : {}),
  };
}

/**
 * The same of one that there is. What DSV has no field for stays, such as a framing or an authority, unless the endpoint
 * becomes one of another type or transport.
 */
export function changedSettings(before: SinkSettings, given: SiemSettings): object {
  const settings = settingsOf(given);
  const isSame = before.kind === given.siemType && transportOf(before) === given.protocol;
  if (!isSame) return settings;
  const known: Readonly<Record<string, unknown>> = { ...before };
  const { path: _path, tls, ...kept } = known;
  const isSecured = typeof tls === "object" && tls !== null;
  return {
    ...kept,
    ...settings,
    ...(isSecured ? { tls: { ...tls, allow_self_signed: given.allowSelfSigned } } : {}),
  };
}

/** Whether DSV has the words for it: what it has none for is nothing to DSV's clients. */
export function isSiem(settings: SinkSettings): boolean {
  const { kind } = settings;
  if (!isSiemType(kind)) return false;
  const isOld = "format" in settings && settings.format !== formatOf[kind];
  const transport = transportOf(settings);
  return !isOld && protocolsOf[kind].some((protocol) => protocol === transport);
}

export function siemOf({ settings, address, shown }: DestinationView): SiemSettings {
  const { kind: siemType } = settings;
  const { path = "", tls = {} } = siemOnly.safeParse(settings).data ?? {};
  return {
    siemType: isSiemType(siemType) ? siemType : "syslog",
    host: address.host,
    port: address.port,
    protocol: PROTOCOLS.find((one) => one === address.transport) ?? "tcp",
    endpoint: path,
    loggingFormat: isSiemType(siemType) ? formatOf[siemType] : "",
    authMethod: "token",
    // Of those that were made when endpoints were only kept.
    sendToEngine: shown["sendToEngine"] === "true",
    pool: shown["pool"] ?? "",
    allowSelfSigned: tls.allow_self_signed ?? false,
  };
}

/** Of what is shown by this wire alone: an endpoint that is updated is sent to by the server itself. */
export const NO_ENGINE = { sendToEngine: "", pool: "" } as const;

const siemOnly = z.looseObject({
  path: z.string().optional(),
  tls: z.looseObject({ allow_self_signed: z.boolean().optional() }).optional(),
});

function transportOf(settings: SinkSettings): string | undefined {
  try {
    return checkSink(settings).address.transport;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function isSiemType(kind: string): kind is SiemType {
  return SIEM_TYPES.some((type) => type === kind);
}

function isHttp(protocol: Protocol): boolean {
  return protocol === "http" || protocol === "https";
}

function bad(field: string, what: string): Refusal {
  return new Refusal("invalid_request", `The ${field} ${what}`, { field });
}
