/** Being written. */
import type { WireConfiguration } from "./wire-configuration.ts";

export const letsEncrypt: WireConfiguration = {
  create: () => ({ kind: "lets-encrypt" }),
  show: () => ({}),
};
