/** Being written. */
import { Refusal } from "../../../kernel/errors.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

export interface NewCustomEngine {
  readonly kind: "custom-engine";
}

export interface CustomEnginePatch {
  readonly kind: "custom-engine";
}

export const customEngine: ConfigurationBehaviour<NewCustomEngine, CustomEnginePatch> = {
  async make() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
  async assertDeletable() {},
};
