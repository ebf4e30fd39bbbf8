/** Events to Splunk's HTTP Event Collector. */
import { bareHost } from "../../transports/address-guard.ts";
import { sink } from "../../sink.ts";
import { LIMITS, splunkCredentials, splunkSettings } from "./config.ts";
import { splunkEncoder } from "./encode.ts";
import { SplunkLink } from "./send.ts";

export const splunkSink = sink("splunk", {
  schema: splunkSettings,
  address: ({ host, port }) => ({ transport: "https", host: bareHost(host), port }),
  form: ({ form }) => form,
  credentials: splunkCredentials,
  limits: () => LIMITS,
  encoder: splunkEncoder,
  open: (settings, ports) => new SplunkLink(settings, ports),
});
