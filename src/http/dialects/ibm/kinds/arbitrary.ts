import { z } from "zod";
import { Sensitive } from "../../../../kernel/sensitive.ts";
import { textOf } from "../../../../secrets/kinds/arbitrary.ts";
import { read } from "../body.ts";
import { date, present } from "../shapes.ts";
import { common, commonOf, type WireKind } from "./wire-kind.ts";

const prototype = z.strictObject({
  secret_type: z.literal("arbitrary"),
  ...common,
  payload: z.string(),
  expiration_date: z.string().optional(),
});

export const arbitrary: WireKind<"arbitrary"> = {
  create(body) {
    const secret = read(prototype, body);
    return {
      ...commonOf(secret),
      expirationDate: secret.expiration_date,
      payload: { kind: "arbitrary", payload: new Sensitive(secret.payload) },
    };
  },
  metadata: (secret) => present("expiration_date", secret.expiresAt, date),
  value: (payload) => ({ payload: textOf(payload) }),
};
