/** Being written. */
import { Refusal } from "../../../kernel/errors.ts";
import type { Behaviour } from "./behaviour.ts";

export const publicCert: Behaviour<"public_cert"> = {
  patches: [],
  async make() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
  async renew() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
};
