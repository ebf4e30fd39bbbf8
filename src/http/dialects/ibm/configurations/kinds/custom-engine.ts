/** Being written. */
import type { WireConfiguration } from "./wire-configuration.ts";

export const customEngine: WireConfiguration = {
  create: () => ({ kind: "custom-engine" }),
  show: () => ({}),
};
