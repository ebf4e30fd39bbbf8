/** Events as log records of OpenTelemetry. */
import { sink } from "../../sink.ts";
import { webAddress, webCredentials } from "../../transports/web-receiver.ts";
import { MAX_BATCH_BYTES, otlpSettings } from "./config.ts";
import { otlpEncoder } from "./encode.ts";
import { OtlpLink } from "./send.ts";

export const otlpSink = sink("otlp", {
  schema: otlpSettings,
  address: webAddress,
  form: ({ form }) => form,
  credentials: webCredentials,
  limits: (settings) => ({ maxEvents: settings.batch_events, maxBytes: MAX_BATCH_BYTES }),
  encoder: otlpEncoder,
  open: (settings, ports) => new OtlpLink(settings, ports),
});
