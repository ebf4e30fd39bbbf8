/** Every type of configuration as IBM's wire writes it: one that is missing here does not compile. */
import type { ConfigurationType } from "../../../../../secrets/configurations/configuration.ts";
import { certificateTemplate } from "./certificate-template.ts";
import { customEngine } from "./custom-engine.ts";
import { classicInfrastructure, cloudInternetServices } from "./dns-provider.ts";
import { iamEngine } from "./iam-engine.ts";
import { intermediateAuthority } from "./intermediate-authority.ts";
import { letsEncrypt } from "./lets-encrypt.ts";
import { rootAuthority } from "./root-authority.ts";
import type { WireConfiguration } from "./wire-configuration.ts";

export const wireConfigurations: Readonly<Record<ConfigurationType, WireConfiguration>> = {
  public_cert_configuration_ca_lets_encrypt: letsEncrypt,
  public_cert_configuration_dns_cloud_internet_services: cloudInternetServices,
  public_cert_configuration_dns_classic_infrastructure: classicInfrastructure,
  private_cert_configuration_root_ca: rootAuthority,
  private_cert_configuration_intermediate_ca: intermediateAuthority,
  private_cert_configuration_template: certificateTemplate,
  iam_credentials_configuration: iamEngine,
  custom_credentials_configuration: customEngine,
};
