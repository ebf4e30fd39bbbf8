/** Being written. */
import { Refusal } from "../../../kernel/errors.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

export interface NewLetsEncrypt {
  readonly kind: "lets-encrypt";
}

export interface LetsEncryptPatch {
  readonly kind: "lets-encrypt";
}

export const letsEncrypt: ConfigurationBehaviour<NewLetsEncrypt, LetsEncryptPatch> = {
  async make() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
  async assertDeletable() {},
};
