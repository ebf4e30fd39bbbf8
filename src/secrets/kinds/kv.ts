/** A JSON object of the owner's own. It does not expire. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { checkJson, type JsonObject } from "../json.ts";
import { plain, type Kind } from "./kind.ts";

export interface KvPayload {
  readonly kind: "kv";
  readonly data: Sensitive<JsonObject>;
}

export const MAX_KV_BYTES = 512 * 1_024;

export const kv: Kind<KvPayload> = {
  ...plain,
  expiresByDate: false,
  check: ({ data }) => checkJson(data.reveal(), { field: "data", maxBytes: MAX_KV_BYTES }),
  encode: ({ data }) => utf8(JSON.stringify(data.reveal())),
  decode: (bytes) => ({
    kind: "kv",
    data: new Sensitive(JSON.parse(fromUtf8(bytes)) as JsonObject),
  }),
};
