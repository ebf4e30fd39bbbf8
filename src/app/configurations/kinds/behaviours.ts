/** Every type of configuration: one that is missing here does not compile. */
import type { ConfigurationType } from "../../../secrets/configurations/configuration.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";
import {
  certificateTemplate,
  type NewTemplate,
  type TemplatePatch,
} from "./certificate-template.ts";
import { customEngine, type CustomEnginePatch, type NewCustomEngine } from "./custom-engine.ts";
import { dnsProvider, type DnsProviderPatch, type NewDnsProvider } from "./dns-provider.ts";
import { iamEngine, type IamEnginePatch, type NewIamEngine } from "./iam-engine.ts";
import {
  intermediateAuthority,
  type IntermediateAuthorityPatch,
  type NewIntermediateAuthority,
} from "./intermediate-authority.ts";
import { letsEncrypt, type LetsEncryptPatch, type NewLetsEncrypt } from "./lets-encrypt.ts";
import { rootAuthority, type NewRootAuthority, type RootAuthorityPatch } from "./root-authority.ts";

/** What a new configuration is given, by its kind. */
export type NewConfiguration =
  | NewRootAuthority
  | NewIntermediateAuthority
  | NewTemplate
  | NewIamEngine
  | NewCustomEngine
  | NewLetsEncrypt
  | NewDnsProvider;

/** A merge patch, by its kind: what is left out stays. */
export type ConfigurationPatch =
  | RootAuthorityPatch
  | IntermediateAuthorityPatch
  | TemplatePatch
  | IamEnginePatch
  | CustomEnginePatch
  | LetsEncryptPatch
  | DnsProviderPatch;

/** The kind of what configurations of each type are given and changed by. */
export const KIND_OF_TYPE = {
  public_cert_configuration_ca_lets_encrypt: "lets-encrypt",
  public_cert_configuration_dns_cloud_internet_services: "dns-provider",
  public_cert_configuration_dns_classic_infrastructure: "dns-provider",
  private_cert_configuration_root_ca: "root-authority",
  private_cert_configuration_intermediate_ca: "intermediate-authority",
  private_cert_configuration_template: "template",
  iam_credentials_configuration: "iam-engine",
  custom_credentials_configuration: "custom-engine",
} as const satisfies Readonly<Record<ConfigurationType, NewConfiguration["kind"]>>;

type KindOf = NewConfiguration["kind"];

const behaviours: {
  readonly [Kind in KindOf]: ConfigurationBehaviour<
    Extract<NewConfiguration, { kind: Kind }>,
    Extract<ConfigurationPatch, { kind: Kind }>
  >;
} = {
  "root-authority": rootAuthority,
  "intermediate-authority": intermediateAuthority,
  template: certificateTemplate,
  "iam-engine": iamEngine,
  "custom-engine": customEngine,
  "lets-encrypt": letsEncrypt,
  "dns-provider": dnsProvider,
};

/** Sound as long as what is given is of the type's own kind: `checkKind`. */
export function configurationBehaviourOf(
  type: ConfigurationType,
): ConfigurationBehaviour<NewConfiguration, ConfigurationPatch> {
  return behaviours[KIND_OF_TYPE[type]];
}
