/** Being written. */
import { Refusal } from "../../../kernel/errors.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

export interface NewRootAuthority {
  readonly kind: "root-authority";
}

export interface RootAuthorityPatch {
  readonly kind: "root-authority";
}

export const rootAuthority: ConfigurationBehaviour<NewRootAuthority, RootAuthorityPatch> = {
  async make() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
  async assertDeletable() {},
};
