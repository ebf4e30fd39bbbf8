/** Being written. */
import { Refusal } from "../../../kernel/errors.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

export interface NewIamEngine {
  readonly kind: "iam-engine";
}

export interface IamEnginePatch {
  readonly kind: "iam-engine";
}

export const iamEngine: ConfigurationBehaviour<NewIamEngine, IamEnginePatch> = {
  async make() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
  async assertDeletable() {},
};
