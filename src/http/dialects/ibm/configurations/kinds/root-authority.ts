/** Being written. */
import type { WireConfiguration } from "./wire-configuration.ts";

export const rootAuthority: WireConfiguration = {
  create: () => ({ kind: "root-authority" }),
  show: () => ({}),
};
