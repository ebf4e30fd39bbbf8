/** Being written. */
import type { WireConfiguration } from "./wire-configuration.ts";

export const intermediateAuthority: WireConfiguration = {
  create: () => ({ kind: "intermediate-authority" }),
  show: () => ({}),
};
