/** Events as JSON over UDP, TCP, HTTP or HTTPS. */
import { bareHost } from "../../transports/address-guard.ts";
import { sink } from "../../sink.ts";
import { jsonCredentials, jsonLimits, jsonSettings } from "./config.ts";
import { jsonEncoder } from "./encode.ts";
import { openJson } from "./send.ts";

export const jsonSink = sink("json", {
  schema: jsonSettings,
  address: ({ transport, host, port }) => ({ transport, host: bareHost(host), port }),
  form: ({ form }) => form,
  credentials: jsonCredentials,
  limits: jsonLimits,
  encoder: jsonEncoder,
  open: openJson,
});
