/** What precedes a message of syslog, in the old form and the present one; and how messages follow one another. */
import { plainText } from "../audit/render/plain-text.ts";
import type { SyslogSeverity } from "../audit/render/weight.ts";
import { utf8 } from "../kernel/bytes.ts";

/** RFC 5424, section 6.2.1, and the names that syslog daemons have for them. */
export const FACILITIES = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
  "ntp",
  "audit",
  "alert",
  "clock",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
] as const;

export type Facility = number | (typeof FACILITIES)[number];

export const LOG_AUDIT = 13;
export const MAX_FACILITY = FACILITIES.length - 1;

/**
 * What rsyslog takes unless it is told otherwise: a little less than the 8,192 bytes that receivers should take (RFC 5425,
 * section 4.3.1). It cuts what is longer, and over a stream takes the rest for further messages.
 */
export const DEFAULT_MAX_BYTES = 8_096;

/** RFC 5424, section 6. */
export const MAX_HOST_NAME_CHARS = 255;
export const MAX_APP_NAME_CHARS = 48;

export interface SyslogHeader {
  readonly facility: Facility;
  readonly severity: SyslogSeverity;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly host: string;
  readonly app: string;
  readonly messageId: string;
}

/** Up to the structured data, exclusive, with a space at the end. */
export function rfc5424Header({ time, host, app, messageId, ...weight }: SyslogHeader): string {
  const micros = time.replace(/Z$/, "000Z");
  return `<${priority(weight)}>1 ${micros} ${host} ${app} - ${messageId} `;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * RFC 3164, section 4.1: `<110>Nov 21 09:31:07 host `. It has neither a year nor a zone; the time is that of UTC, as all
 * times here.
 */
export function rfc3164Header({
  time,
  host,
  ...weight
}: Pick<SyslogHeader, "facility" | "severity" | "time" | "host">): string {
  const month = MONTHS[Number(time.slice(5, 7)) - 1];
  const day = String(Number(time.slice(8, 10))).padStart(2);
  return `<${priority(weight)}>${month} ${day} ${time.slice(11, 19)} ${host} `;
}

function priority({ facility, severity }: Pick<SyslogHeader, "facility" | "severity">): number {
  const code = typeof facility === "number" ? facility : FACILITIES.indexOf(facility);
  return code * 8 + severity;
}

/** RFC 5424, section 6.3: `[id name="value"]`. */
export function sdElement(
  id: string,
  params: readonly (readonly [name: string, value: string])[],
): string {
  return `[${[id, ...params.map(([name, value]) => `${name}=${quoted(value)}`)].join(" ")}]`;
}

/** RFC 5424, section 6.3.3: these three have an escape, and nothing else does. */
export function quoted(value: string): string {
  const text = plainText(value);
  return SPECIAL.test(text) ? `"${text.replaceAll(EACH_SPECIAL, String.raw`\$&`)}"` : `"${text}"`;
}

const SPECIAL = /["\\\]]/;
const EACH_SPECIAL = /["\\\]]/g;

/** Of what the log is called (`audit.example.com/log`), what a HOSTNAME may be. */
export function hostNameOf(logName: string): string {
  const [host = ""] = logName.split("/");
  return host.replaceAll(/[^\w.-]/g, "-").slice(0, MAX_HOST_NAME_CHARS) || "-";
}

/**
 * `octet`: RFC 6587, section 3.4.1, and RFC 5425, section 4.3: the length, a space, the message. `lf`: RFC 6587, section
 * 3.4.2: a line feed after it. A datagram is a message.
 */
export function framed(
  message: Uint8Array,
  { transport, framing }: { readonly transport: string; readonly framing: "octet" | "lf" },
): Uint8Array {
  if (transport === "udp") return message;
  if (framing === "lf") return Buffer.concat([message, LINE_FEED]);
  return Buffer.concat([utf8(`${message.length} `), message]);
}

const LINE_FEED = utf8("\n");
