/** Messages to a receiver of syslog: see `transports/wire.ts`. */
import type { Link, LinkPorts } from "../../sink.ts";
import { openWire } from "../../transports/wire.ts";
import type { SyslogSettings } from "./config.ts";

export function openSyslog(settings: SyslogSettings, ports: LinkPorts): Link {
  return openWire(settings, ports);
}
