/** Messages to a receiver of CEF: see `transports/wire.ts`. */
import type { Link, LinkPorts } from "../../sink.ts";
import { openWire } from "../../transports/wire.ts";
import type { CefSettings } from "./config.ts";

export function openCef(settings: CefSettings, ports: LinkPorts): Link {
  return openWire(settings, ports);
}
