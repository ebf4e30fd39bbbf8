/** The configurations of DNS providers: an API key, or a password, goes in and never comes out. */
import { z } from "zod";
import { Sensitive } from "../../../../../kernel/sensitive.ts";
import { attributesOf } from "../../../../../secrets/configurations/configuration.ts";
import { read } from "../../body.ts";
import type { WireConfiguration } from "./wire-configuration.ts";

const internetServices = z.strictObject({
  cloud_internet_services_apikey: z.string().optional(),
  cloud_internet_services_crn: z.string(),
});
const internetServicesPatch = internetServices.partial();

const classic = z.strictObject({
  classic_infrastructure_username: z.string(),
  classic_infrastructure_password: z.string(),
});
const classicPatch = classic.partial();

/** `public_cert_configuration_dns_cloud_internet_services` */
export const cloudInternetServices: WireConfiguration = {
  create(body) {
    const given = read(internetServices, body);
    return {
      kind: "dns-provider",
      service: "cloud-internet-services",
      crn: given.cloud_internet_services_crn,
      apiKey: sensitive(given.cloud_internet_services_apikey),
    };
  },
  patch(body) {
    const given = read(internetServicesPatch, body);
    return {
      kind: "dns-provider",
      service: "cloud-internet-services",
      crn: given.cloud_internet_services_crn,
      apiKey: sensitive(given.cloud_internet_services_apikey),
    };
  },
  show(configuration) {
    const attributes = attributesOf(configuration, "dns-provider");
    if (attributes.service !== "cloud-internet-services") return {};
    return { cloud_internet_services_crn: attributes.crn };
  },
};

/** `public_cert_configuration_dns_classic_infrastructure` */
export const classicInfrastructure: WireConfiguration = {
  create(body) {
    const given = read(classic, body);
    return {
      kind: "dns-provider",
      service: "classic-infrastructure",
      username: given.classic_infrastructure_username,
      password: new Sensitive(given.classic_infrastructure_password),
    };
  },
  patch(body) {
    const given = read(classicPatch, body);
    return {
      kind: "dns-provider",
      service: "classic-infrastructure",
      username: given.classic_infrastructure_username,
      password: sensitive(given.classic_infrastructure_password),
    };
  },
  show(configuration) {
    const attributes = attributesOf(configuration, "dns-provider");
    if (attributes.service !== "classic-infrastructure") return {};
    return { classic_infrastructure_username: attributes.username };
  },
};

function sensitive(text: string | undefined): Sensitive<string> | undefined {
  return text === undefined ? undefined : new Sensitive(text);
}
