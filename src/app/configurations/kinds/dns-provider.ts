/** A DNS provider of IBM's cloud: kept with its credential, see `secrets/configurations/dns-provider.ts`. */
import { Refusal } from "../../../kernel/errors.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import {
  attributesOf,
  type Configuration,
  type ConfigurationType,
} from "../../../secrets/configurations/configuration.ts";
import {
  checkDnsCredential,
  checkDnsProvider,
  type DnsProviderAttributes,
  type DnsService,
} from "../../../secrets/configurations/dns-provider.ts";
import { MANUAL_DNS } from "../../../secrets/kinds/public-cert.ts";
import type { ConfigurationBehaviour, Made } from "./behaviour.ts";
import { assertOrdersNothing } from "./orders-nothing.ts";

export type NewDnsProvider = { readonly kind: "dns-provider" } & (
  | {
      readonly service: "cloud-internet-services";
      readonly crn: string;
      /** Left out where the instance has been let in by its CRN. */
      readonly apiKey?: Sensitive<string> | undefined;
    }
  | {
      readonly service: "classic-infrastructure";
      readonly username: string;
      readonly password: Sensitive<string>;
    }
);

export type DnsProviderPatch = { readonly kind: "dns-provider" } & (
  | {
      readonly service: "cloud-internet-services";
      readonly crn?: string | undefined;
      readonly apiKey?: Sensitive<string> | undefined;
    }
  | {
      readonly service: "classic-infrastructure";
      readonly username?: string | undefined;
      readonly password?: Sensitive<string> | undefined;
    }
);

const SERVICES: Readonly<Partial<Record<ConfigurationType, DnsService>>> = {
  public_cert_configuration_dns_cloud_internet_services: "cloud-internet-services",
  public_cert_configuration_dns_classic_infrastructure: "classic-infrastructure",
};

export const dnsProvider: ConfigurationBehaviour<NewDnsProvider, DnsProviderPatch> = {
  async make(given, { name, type }) {
    if (name === MANUAL_DNS) {
      throw new Refusal(
        "invalid_request",
        `The name ${MANUAL_DNS} stands for records that the owner publishes by hand.`,
        { field: "name" },
      );
    }
    assertOf(type, given.service);
    return given.service === "cloud-internet-services"
      ? made({ kind: "dns-provider", service: given.service, crn: given.crn }, given.apiKey ?? null)
      : made(
          { kind: "dns-provider", service: given.service, username: given.username },
          given.password,
        );
  },

  async patch(patch, configuration) {
    const before = attributesOf(configuration, "dns-provider");
    if (before.service === "cloud-internet-services") {
      if (patch.service !== before.service) throw notOf();
      return made({ ...before, crn: patch.crn ?? before.crn }, patch.apiKey);
    }
    if (patch.service !== before.service) throw notOf();
    return made({ ...before, username: patch.username ?? before.username }, patch.password);
  },

  assertDeletable: assertOrdersNothing,
};

/** A credential that is undefined stays as it is. */
function made(
  attributes: DnsProviderAttributes,
  credential: Sensitive<string> | null | undefined,
): Made {
  checkDnsProvider(attributes);
  const field =
    attributes.service === "cloud-internet-services"
      ? "cloudInternetServicesApikey"
      : "classicInfrastructurePassword";
  if (credential) checkDnsCredential(credential.reveal(), field);
  return credential === undefined ? { attributes } : { attributes, kept: credential };
}

function assertOf(type: Configuration["type"], service: DnsService): void {
  if (SERVICES[type] !== service) throw notOf();
}

function notOf(): Refusal {
  return new Refusal("invalid_request", "What is given is not of the configuration's type.", {
    field: "configurationType",
  });
}
