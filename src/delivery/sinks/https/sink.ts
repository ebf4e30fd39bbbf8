/** Events to whatever takes requests: batches of JSON, and the APIs of Elastic, Datadog, Sentinel and Google SecOps. */
import { sink } from "../../sink.ts";
import { webAddress, webCredentials } from "../../transports/web-receiver.ts";
import { httpsLimits, httpsSettings } from "./config.ts";
import { httpsEncoder } from "./encode.ts";
import { HttpsLink } from "./send.ts";

export const httpsSink = sink("https", {
  schema: httpsSettings,
  address: webAddress,
  form: ({ form }) => form,
  credentials: webCredentials,
  limits: httpsLimits,
  encoder: httpsEncoder,
  open: (settings, ports) => new HttpsLink(settings, ports),
});
