/** Events to where another destination's go: what IBM's `cloud_logs` targets are. */
import { sink } from "../../sink.ts";
import { ALIAS, aliasSettings } from "./config.ts";
import { aliasEncoder } from "./encode.ts";
import { AliasLink } from "./send.ts";

export const aliasSink = sink(ALIAS, {
  schema: aliasSettings,
  address: () => ({ transport: ALIAS, host: "", port: 0 }),
  form: () => "",
  credentials: () => [],
  limits: () => ({ maxEvents: 1, maxBytes: 1 }),
  encoder: () => aliasEncoder,
  open: () => new AliasLink(),
});
