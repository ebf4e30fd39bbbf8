/** Being written. */
import { Refusal } from "../../../kernel/errors.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

export interface NewDnsProvider {
  readonly kind: "dns-provider";
}

export interface DnsProviderPatch {
  readonly kind: "dns-provider";
}

export const dnsProvider: ConfigurationBehaviour<NewDnsProvider, DnsProviderPatch> = {
  async make() {
    throw new Refusal("invalid_request", "Not served yet.");
  },
  async assertDeletable() {},
};
