/** Being written. */
import { Refusal } from "../../../kernel/errors.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

export interface NewTemplate {
  readonly kind: "template";
}

export interface TemplatePatch {
  readonly kind: "template";
}

export const certificateTemplate: ConfigurationBehaviour<NewTemplate, TemplatePatch> = {
  async make() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
  async assertDeletable() {},
};
