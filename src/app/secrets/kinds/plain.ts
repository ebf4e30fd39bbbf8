/** Values of the owner's own: what is given is what is kept. */
import { invariant, Refusal } from "../../../kernel/errors.ts";
import type { NewVersionPayload } from "../../../secrets/payload.ts";
import type { Behaviour } from "./behaviour.ts";

export const arbitrary: Behaviour<"arbitrary"> = {
  isReplicated: true,
  patches: [],
  make: async (payload) => ({ version: { payload } }),
  renew: async (payload) => ({ version: { payload: given(payload) } }),
};

export const kv: Behaviour<"kv"> = {
  isReplicated: true,
  patches: [],
  make: async (payload) => ({ version: { payload } }),
  renew: async (payload) => ({ version: { payload: given(payload) } }),
};

function given<Payload extends NewVersionPayload>(payload: Payload | undefined): Payload {
  if (!payload) {
    throw new Refusal("invalid_request", "A new version of this type needs its value.", {
      field: "payload",
    });
  }
  invariant(payload.kind === "arbitrary" || payload.kind === "kv", "a value of the owner's own");
  return payload;
}
