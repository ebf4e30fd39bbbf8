/** Events to a file of this machine, for a shipper that reads files. */
import { sink } from "../../sink.ts";
import { fileSettings } from "./config.ts";
import { fileEncoder } from "./encode.ts";
import { FileLink } from "./send.ts";

export const fileSink = sink("file", {
  schema: fileSettings,
  address: () => ({ transport: "file", host: "", port: 0 }),
  form: ({ form }) => form,
  credentials: () => [],
  limits: () => ({ maxEvents: 2_000, maxBytes: 4 * 1_024 * 1_024 }),
  encoder: fileEncoder,
  open: (settings) => new FileLink(settings),
  isPinnedOnly: true,
});
