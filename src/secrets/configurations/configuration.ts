/** A configuration: what secrets of some types are made with. A certificate authority, a template, an engine. */
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Instance, SecretType } from "../secret.ts";
import type { SealedValue, WrappedKey } from "../vault.ts";
import type { AuthorityAttributes } from "./authority.ts";
import type { CustomEngineAttributes } from "./custom-engine.ts";
import type { DnsProviderAttributes } from "./dns-provider.ts";
import type { IamEngineAttributes } from "./iam-engine.ts";
import type { LetsEncryptAttributes } from "./lets-encrypt.ts";
import type { TemplateAttributes } from "./template.ts";

/** The secret type that configurations of each type are for. */
export const CONFIGURATION_TYPES = {
  public_cert_configuration_ca_lets_encrypt: "public_cert",
  public_cert_configuration_dns_cloud_internet_services: "public_cert",
  public_cert_configuration_dns_classic_infrastructure: "public_cert",
  private_cert_configuration_root_ca: "private_cert",
  private_cert_configuration_intermediate_ca: "private_cert",
  private_cert_configuration_template: "private_cert",
  iam_credentials_configuration: "iam_credentials",
  custom_credentials_configuration: "custom_credentials",
} as const satisfies Readonly<Record<string, SecretType>>;

export type ConfigurationType = keyof typeof CONFIGURATION_TYPES;

export const configurationTypes = Object.keys(CONFIGURATION_TYPES) as readonly ConfigurationType[];

/** What a type of configuration knows of it; in clear, never a key. */
export type ConfigurationAttributes =
  | AuthorityAttributes
  | TemplateAttributes
  | IamEngineAttributes
  | CustomEngineAttributes
  | LetsEncryptAttributes
  | DnsProviderAttributes;

export interface Configuration {
  readonly id: string;
  readonly at: Instance;
  readonly type: ConfigurationType;
  /** One of a kind within the instance, whatever the type. It never changes. */
  readonly name: string;
  readonly attributes: ConfigurationAttributes;
  /** What it keeps secret: a private key, an account's key. */
  readonly sealed: SealedValue | null;
  readonly dataKey: WrappedKey;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** Of one type, in an instance; IBM's bound is for each engine. */
export const MAX_CONFIGURATIONS_OF_TYPE = 10;
export const MIN_CONFIGURATION_NAME_CHARS = 2;
export const MAX_CONFIGURATION_NAME_CHARS = 128;

const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;

export function isConfigurationType(text: string): text is ConfigurationType {
  return Object.hasOwn(CONFIGURATION_TYPES, text);
}

export function isConfigurationName(name: string): boolean {
  return (
    name.length >= MIN_CONFIGURATION_NAME_CHARS &&
    name.length <= MAX_CONFIGURATION_NAME_CHARS &&
    NAME.test(name)
  );
}

export function checkConfigurationName(name: string): void {
  if (isConfigurationName(name)) return;
  throw new Refusal(
    "invalid_request",
    `A configuration's name has ${MIN_CONFIGURATION_NAME_CHARS} to ${MAX_CONFIGURATION_NAME_CHARS} letters, digits, underscores, dashes or dots, and begins and ends with none of the last two.`,
    { field: "name" },
  );
}

/** Its attributes as those of the kind that is expected here; anything else is a bug of the caller. */
export function attributesOf<Kind extends ConfigurationAttributes["kind"]>(
  { attributes }: Pick<Configuration, "attributes">,
  kind: Kind,
): Extract<ConfigurationAttributes, { kind: Kind }> {
  if (attributes.kind !== kind)
    throw new Error(`a configuration of kind ${attributes.kind}, not ${kind}`);
  return attributes as Extract<ConfigurationAttributes, { kind: Kind }>;
}
