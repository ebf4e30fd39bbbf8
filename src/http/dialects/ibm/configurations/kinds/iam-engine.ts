/** Being written. */
import type { WireConfiguration } from "./wire-configuration.ts";

export const iamEngine: WireConfiguration = {
  create: () => ({ kind: "iam-engine" }),
  show: () => ({}),
};
