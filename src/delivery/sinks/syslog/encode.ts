/**
 * An event to a message of syslog. In the present form it has its fields as structured data, whatever its message is;
 * in the old form, which knows none, they stand before the message in the same notation.
 *
 * There is no `[meta sequenceId]` (RFC 5424, section 7.3.1): it counts what is sent, without gaps and without
 * repetitions, and what is delivered at least once to a destination with a filter cannot be counted so. `index` is the
 * event's place in the log, by which a receiver of everything sees what is missing.
 */
import { plainText, shortened } from "../../../audit/render/plain-text.ts";
import { renderSyslog } from "../../../audit/render/syslog.ts";
import { syslogSeverityOf } from "../../../audit/render/weight.ts";
import type { Entry } from "../../entry.ts";
import { bodyOf } from "../../form.ts";
import type { Credentials, Encode, Installation } from "../../sink.ts";
import {
  framed,
  hostNameOf,
  quoted,
  rfc3164Header,
  rfc5424Header,
  sdElement,
  type SyslogHeader,
} from "../../syslog-message.ts";
import type { SyslogSettings } from "./config.ts";
import { tooLong } from "./retry.ts";

const BOM = "\ufeff";

/** What values are cut to, one after the other, until the message is short enough. */
const SHORTENINGS = [Infinity, 512, 128, 32, 12];

/** Cut, these would mean something else. */
const WHOLE: ReadonlySet<string> = new Set(["id", "index", "operation", "created", "status"]);

interface Parts {
  readonly entry: Entry;
  readonly header: SyslogHeader;
  readonly params: readonly (readonly [string, string])[];
  readonly text: string;
}

export function syslogEncoder(
  settings: SyslogSettings,
  { logName, version }: Installation,
  { token }: Credentials,
): Encode {
  const { facility, app_name: app, sends_token: sendsToken } = settings;
  const host = settings.hostname ?? hostNameOf(logName);
  const told = sendsToken && token !== undefined ? [["token", token] as const] : [];
  const write = settings.format === "rfc5424" ? rfc5424(settings, version) : rfc3164(settings);
  return (entry) => {
    const { event, index } = entry;
    const severity = syslogSeverityOf(event);
    const { operation: messageId, eventTime: time } = event;
    const header = { facility, severity, time, host, app, messageId };
    const { params, message: text } = renderSyslog(event, index);
    const parts = { entry, header, params, text };
    for (const maxChars of SHORTENINGS) {
      const short = shortenedParts(parts, maxChars);
      const message = Buffer.from(
        write({ ...short, params: [...short.params, ...told] }, maxChars),
        "utf8",
      );
      if (message.length <= settings.max_bytes) return framed(message, settings);
    }
    throw tooLong(settings.max_bytes);
  };
}

/** A message that was shortened says so, in `shortened`. */
function shortenedParts(parts: Parts, maxChars: number): Parts {
  if (maxChars === Infinity) return parts;
  const params = parts.params.map(([name, value]): readonly [string, string] => [
    name,
    WHOLE.has(name) ? value : shortened(value, maxChars),
  ]);
  return {
    ...parts,
    params: [...params, ["shortened", "true"]],
    text: shortened(parts.text, maxChars),
  };
}

type Write = (parts: Parts, maxChars: number) => string;

/** RFC 5424, section 6. */
function rfc5424({ form, enterprise_number: enterprise }: SyslogSettings, version: string): Write {
  const origin = sdElement("origin", [
    ["software", "keytrail"],
    ["swVersion", version.slice(0, 32)],
  ]);
  const id = `audit@${enterprise}`;
  return ({ entry, header, params, text }, maxChars) => {
    const body = form === "text" ? plainText(text) : jsonOf(entry, form, maxChars);
    return `${rfc5424Header(header)}${sdElement(id, params)}${origin} ${BOM}${body}`;
  };
}

/** RFC 3164, section 4.1, without a byte order mark: what reads this form does not expect one. */
function rfc3164({ form }: SyslogSettings): Write {
  return ({ entry, header, params, text }, maxChars) => {
    const content =
      form === "text"
        ? [...params, ["message", text] as const]
            .map(([name, value]) => `${name}=${quoted(value)}`)
            .join(" ")
        : jsonOf(entry, form, maxChars);
    return `${rfc3164Header(header)}${header.app}: ${content}`;
  };
}

/** Never cut: half of a document is none. What is too long is named instead, and is to be had from the log. */
function jsonOf(entry: Entry, form: Exclude<SyslogSettings["form"], "text">, maxChars: number) {
  if (maxChars === Infinity) return bodyOf(entry, form);
  const { index, event } = entry;
  const { id, eventTime, operation } = event;
  return JSON.stringify({ id, index, eventTime, operation, omitted: "longer than max_bytes" });
}
