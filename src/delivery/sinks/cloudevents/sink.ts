/** Events as CloudEvents, to whatever takes those: brokers, functions, event grids. */
import { sink } from "../../sink.ts";
import { webAddress, webCredentials } from "../../transports/web-receiver.ts";
import { cloudEventsLimits, cloudEventsSettings } from "./config.ts";
import { cloudEventsEncoder } from "./encode.ts";
import { CloudEventsLink } from "./send.ts";

export const cloudEventsSink = sink("cloudevents", {
  schema: cloudEventsSettings,
  address: webAddress,
  form: ({ form }) => form,
  credentials: webCredentials,
  limits: cloudEventsLimits,
  encoder: cloudEventsEncoder,
  open: (settings, ports) => new CloudEventsLink(settings, ports),
});
