import { z } from "zod";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { read } from "../body.ts";
import { jsonObject } from "../fields.ts";
import { common, commonOf, type WireKind } from "./wire-kind.ts";

const prototype = z.strictObject({ secret_type: z.literal("kv"), ...common, data: jsonObject });

export const kv: WireKind<"kv"> = {
  create(body) {
    const secret = read(prototype, body);
    return { ...commonOf(secret), payload: { kind: "kv", data: new Sensitive(secret.data) } };
  },
  metadata: () => ({}),
  value: ({ data }) => ({ data: data.reveal() }),
};
