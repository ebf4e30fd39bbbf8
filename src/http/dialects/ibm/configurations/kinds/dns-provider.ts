/** Being written. */
import type { WireConfiguration } from "./wire-configuration.ts";

export const dnsProvider: WireConfiguration = {
  create: () => ({ kind: "dns-provider" }),
  show: () => ({}),
};
