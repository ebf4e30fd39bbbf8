/** An event to a line of CEF, behind the header that its receiver expects. */
import { renderCef } from "../../../audit/render/cef.ts";
import { syslogSeverityOf } from "../../../audit/render/weight.ts";
import type { Entry } from "../../entry.ts";
import type { Credentials, Encode, Installation } from "../../sink.ts";
import { framed, hostNameOf, rfc3164Header, rfc5424Header } from "../../syslog-message.ts";
import type { CefSettings } from "./config.ts";
import { tooLong } from "./retry.ts";

/** What values are cut to, one after the other, until the line is short enough. */
const SHORTENINGS = [Infinity, 256, 64, 16];

export function cefEncoder(
  settings: CefSettings,
  { logName, version }: Installation,
  { token }: Credentials,
): Encode {
  const host = settings.hostname ?? hostNameOf(logName);
  const told = settings.sends_token ? token : undefined;
  return (entry) => {
    const header = headerOf(entry, host, settings);
    for (const maxChars of SHORTENINGS) {
      const { index, event } = entry;
      const origin = { version, host, logName, index, maxChars, token: told };
      const message = Buffer.from(`${header}${renderCef(event, origin)}`, "utf8");
      if (message.length <= settings.max_bytes) return framed(message, settings);
    }
    throw tooLong(settings.max_bytes);
  };
}

/** Without structured data, and without a byte order mark: what reads CEF looks for `CEF:0` where the message begins. */
function headerOf({ event }: Entry, host: string, { header, facility }: CefSettings): string {
  if (header === "none") return "";
  const { operation: messageId, eventTime: time } = event;
  const said = { facility, severity: syslogSeverityOf(event), time, host };
  if (header === "rfc3164") return rfc3164Header(said);
  return `${rfc5424Header({ ...said, app: "CEF", messageId })}- `;
}
