/** Being written. */
import { Refusal } from "../../../kernel/errors.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

export interface NewIntermediateAuthority {
  readonly kind: "intermediate-authority";
}

export interface IntermediateAuthorityPatch {
  readonly kind: "intermediate-authority";
}

export const intermediateAuthority: ConfigurationBehaviour<
  NewIntermediateAuthority,
  IntermediateAuthorityPatch
> = {
  async make() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
  async assertDeletable() {},
};
