/** Authorities, templates and certificates by them, for tests: what the wire would make of the fewest words. */
import type { AuthoritySettings } from "../../../secrets/configurations/authority.ts";
import type { Naming } from "../../../secrets/configurations/naming.ts";
import { NO_FIELDS } from "../../../secrets/configurations/naming.ts";
import type { PrivateCertRequest } from "../../../secrets/kinds/private-cert.ts";
import type { Caller } from "../../call.ts";
import type { CreateSecretInput, CreateSecretOutput } from "../../secrets/create-secret.ts";
import { createSecret } from "../../secrets/create-secret.ts";
import type { TestApp } from "../../testing/test-app.ts";
import type { ConfigurationView } from "../answers.ts";
import { configurationAction, type ConfigurationActionOutput } from "../change-configuration.ts";
import { createConfiguration, type CreateConfigurationInput } from "../create-configuration.ts";
import type { SigningArguments } from "../kinds/authority-actions.ts";
import type { AskedOfAuthority } from "../kinds/authority.ts";
import type { ActionArguments } from "../kinds/behaviour.ts";
import type { GivenRules } from "../kinds/certificate-template.ts";

export const HOUR = 3_600;
export const DAY = 24 * HOUR;
export const YEAR = 365 * DAY;

export function naming(commonName: string, more: Partial<Naming> = {}): Naming {
  const none = { altNames: [], ipSans: [], uriSans: [], otherSans: [] };
  return { commonName, excludeCnFromSans: false, ...none, ...more };
}

export function settings(more: Partial<AuthoritySettings> = {}): AuthoritySettings {
  return {
    maxTtlSeconds: 10 * YEAR,
    crlExpirySeconds: 72 * HOUR,
    crlDisabled: false,
    namesCrl: false,
    namesIssuer: false,
    origin: null,
    ...more,
  };
}

function asked(commonName: string, more: Partial<AskedOfAuthority>): AskedOfAuthority {
  return {
    naming: naming(commonName),
    subject: NO_FIELDS,
    keyType: "ec",
    format: "pem",
    privateKeyFormat: "der",
    ttlSeconds: null,
    maxPathLength: -1,
    permittedDnsDomains: null,
    ...more,
  };
}

interface Given {
  readonly settings?: Partial<AuthoritySettings>;
  readonly asked?: Partial<AskedOfAuthority>;
}

export function rootInput(name: string, given: Given = {}): CreateConfigurationInput {
  return {
    name,
    configurationType: "private_cert_configuration_root_ca",
    given: {
      kind: "root-authority",
      settings: settings(given.settings),
      asked: asked(`Authority ${name}`, given.asked ?? {}),
    },
  };
}

/** Signed by another one of this name at once; or `later`, or `outside`. */
export function intermediateInput(
  name: string,
  issuer: string,
  given: Given = {},
): CreateConfigurationInput {
  const isOutside = issuer === "outside";
  return {
    name,
    configurationType: "private_cert_configuration_intermediate_ca",
    given: {
      kind: "intermediate-authority",
      signing: isOutside
        ? { kind: "external", issuer: null }
        : { kind: "internal", issuer: issuer === "later" ? null : issuer },
      settings: settings({ maxTtlSeconds: 2 * YEAR, ...given.settings }),
      asked: asked(`Authority ${name}`, given.asked ?? {}),
    },
  };
}

export function templateInput(
  name: string,
  certificateAuthority: string,
  rules: GivenRules = {},
): CreateConfigurationInput {
  return {
    name,
    configurationType: "private_cert_configuration_template",
    given: {
      kind: "template",
      certificateAuthority,
      rules: { keyType: "ec", allowedDomains: ["example.com"], allowSubdomains: true, ...rules },
    },
  };
}

export function certificateInput(
  name: string,
  request: Partial<PrivateCertRequest> = {},
  more: Partial<CreateSecretInput> = {},
): CreateSecretInput {
  return {
    name,
    secretType: "private_cert",
    secretGroupId: "default",
    payload: {
      kind: "private_cert",
      certificateTemplate: "template",
      request: {
        naming: naming(`${name}.example.com`),
        ttlSeconds: null,
        csr: null,
        format: "pem",
        privateKeyFormat: "der",
        ...request,
      },
    },
    ...more,
  };
}

export const signing: SigningArguments = {
  naming: naming(""),
  subject: NO_FIELDS,
  ttlSeconds: null,
  maxPathLength: -1,
  permittedDnsDomains: null,
  useCsrValues: false,
};

/** What a story does again and again, by one caller. */
export interface Acting {
  make(input: CreateConfigurationInput): Promise<ConfigurationView>;
  act(name: string, action: string, given?: ActionArguments): Promise<ConfigurationActionOutput>;
  issue(...args: Parameters<typeof certificateInput>): Promise<CreateSecretOutput>;
}

export function acting(app: TestApp, caller: Caller): Acting {
  return {
    make: (input) => app.done(createConfiguration, caller, input),
    act: (name, action, given = {}) =>
      app.done(configurationAction, caller, { name, actionType: actionNamed(action), given }),
    issue: (...args) => app.done(createSecret, caller, certificateInput(...args)),
  };
}

export function actionNamed(action: string): string {
  return `private_cert_configuration_action_${action}`;
}
