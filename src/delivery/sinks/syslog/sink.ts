/** Events to a receiver of syslog. */
import { sink } from "../../sink.ts";
import { wireAddress, wireCredentials, wireLimits } from "../../transports/wire.ts";
import { syslogSettings } from "./config.ts";
import { syslogEncoder } from "./encode.ts";
import { openSyslog } from "./send.ts";

export const syslogSink = sink("syslog", {
  schema: syslogSettings,
  address: wireAddress,
  form: ({ form }) => form,
  credentials: (settings) => [
    ...wireCredentials(settings),
    // DSV's endpoints have one, sent or not.
    { name: "token", isRequired: settings.sends_token },
  ],
  limits: wireLimits,
  encoder: syslogEncoder,
  open: openSyslog,
});
