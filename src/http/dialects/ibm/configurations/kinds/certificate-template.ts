/** Being written. */
import type { WireConfiguration } from "./wire-configuration.ts";

export const certificateTemplate: WireConfiguration = {
  create: () => ({ kind: "template" }),
  show: () => ({}),
};
