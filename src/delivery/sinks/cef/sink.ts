/** Events to a receiver of CEF: ArcSight, Sentinel's agents, and many others. */
import { sink } from "../../sink.ts";
import { wireAddress, wireCredentials, wireLimits } from "../../transports/wire.ts";
import { cefSettings } from "./config.ts";
import { cefEncoder } from "./encode.ts";
import { openCef } from "./send.ts";

export const cefSink = sink("cef", {
  schema: cefSettings,
  address: wireAddress,
  form: () => "cef",
  credentials: (settings) => [
    ...wireCredentials(settings),
    // DSV's endpoints have one, sent or not.
    { name: "token", isRequired: settings.sends_token },
  ],
  limits: wireLimits,
  encoder: cefEncoder,
  open: openCef,
});
