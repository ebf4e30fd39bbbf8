/**
 * Configurations in version 1's words, as far as these say the same as version 2's: the key of the engine that mints IAM
 * credentials, and lists by name. What version 1 says of authorities, templates and DNS providers is refused with the
 * call that does it.
 */
import type { FastifyRequest } from "fastify";
import type { ConfigurationView } from "../../../../app/configurations/answers.ts";
import {
  configurationAction,
  deleteConfiguration,
  updateConfiguration,
  updateConfigurationInput,
} from "../../../../app/configurations/change-configuration.ts";
import { createConfiguration } from "../../../../app/configurations/create-configuration.ts";
import {
  listConfigurations,
  readConfiguration,
  type ListConfigurationsInput,
  type ListConfigurationsOutput,
} from "../../../../app/configurations/read-configuration.ts";
import {
  setConfiguration,
  type SetConfigurationInput,
} from "../../../../app/configurations/set-configuration.ts";
import type { Operation } from "../../../../app/operation.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import type { ConfigurationType } from "../../../../secrets/configurations/configuration.ts";
import type { SecretType } from "../../../../secrets/secret.ts";
import type { Method, Route } from "../../../route.ts";
import { bodyOf } from "../body.ts";
import { wireConfigurations } from "../configurations/kinds/wire-configurations.ts";
import { line, noContent, ok } from "../line.ts";
import { segment } from "../path.ts";
import { collectionOf, type Resource } from "./collection.ts";

const IAM_ENGINE = "iam_credentials_configuration";
/** Version 1 knows one, without a name. */
const IAM_ENGINE_NAME = "iam_credentials";

/** By what version 1 calls them in its paths. */
const ELEMENTS: Readonly<
  Partial<Record<SecretType, Readonly<Record<string, readonly ConfigurationType[]>>>>
> = {
  iam_credentials: {},
  public_cert: {
    certificate_authorities: ["public_cert_configuration_ca_lets_encrypt"],
    dns_providers: [
      "public_cert_configuration_dns_cloud_internet_services",
      "public_cert_configuration_dns_classic_infrastructure",
    ],
  },
  private_cert: {
    root_certificate_authorities: ["private_cert_configuration_root_ca"],
    intermediate_certificate_authorities: ["private_cert_configuration_intermediate_ca"],
    certificate_templates: ["private_cert_configuration_template"],
  },
};

const CONFIG = "/api/v1/config/:type";
const ELEMENT = `${CONFIG}/:element`;
const NAMED = `${ELEMENT}/:name`;
const V2 = "/api/v2/configurations";

export const configRoutes: readonly Route[] = [
  line(`PUT ${CONFIG}`, setConfiguration, [decodeEngine, noContent]),
  line(`GET ${CONFIG}`, listConfigurations, [decodeList, ok(listBody)]),
  line(`GET ${ELEMENT}`, listConfigurations, [decodeList, ok(listBody)]),
  elsewhere(`POST ${ELEMENT}`, createConfiguration, `POST ${V2}`),
  elsewhere(`GET ${NAMED}`, readConfiguration, `GET ${V2}/{name}`),
  elsewhere(`PUT ${NAMED}`, updateConfiguration, `PATCH ${V2}/{name}`),
  elsewhere(`DELETE ${NAMED}`, deleteConfiguration, `DELETE ${V2}/{name}`),
  elsewhere(`POST ${NAMED}`, configurationAction, `POST ${V2}/{name}/actions`),
];

/** A call whose words version 2 has changed: recorded as what it asks for, and refused. */
function elsewhere<Input extends object, Subject, Output extends object>(
  call: `${Method} /${string}`,
  operation: Operation<Input, Subject, Output>,
  instead: string,
): Route {
  const decode = (): never => {
    const sentence = `Version 1 of this call is not served: it is ${instead} in version 2.`;
    throw new Refusal("not_found", sentence);
  };
  return line(call, operation, [decode, noContent]);
}

function decodeEngine(request: FastifyRequest): SetConfigurationInput {
  const type: string = segment(request, "type");
  if (type !== "iam_credentials") {
    throw new Refusal(
      "invalid_request",
      `Version 1 sets the engine of iam_credentials; the others are set by POST ${V2}.`,
      { field: "secret_type" },
    );
  }
  return engineOf(bodyOf(request));
}

export function engineOf(body: Resource): SetConfigurationInput {
  const wire = wireConfigurations[IAM_ENGINE];
  const given = wire.create(body);
  const patch = wire.patch?.(body);
  const which = { name: IAM_ENGINE_NAME, configurationType: IAM_ENGINE } as const;
  const patches = patch ? { [patch.kind]: patch } : {};
  return { ...updateConfigurationInput(which, patches, body), ...which, given };
}

function decodeList(request: FastifyRequest): ListConfigurationsInput {
  const type = segment(request, "type") as SecretType;
  const elements = Object.hasOwn(ELEMENTS, type) ? ELEMENTS[type] : undefined;
  const element = segment(request, "element");
  if (!elements || (element !== "" && !Object.hasOwn(elements, element))) {
    throw new Refusal("not_found", "Version 1 has no such configurations.");
  }
  return { secretTypes: [type] };
}

/** The engine's key is not given out: its id says which it is. */
function engineResource(configuration: ConfigurationView): object {
  return { name: configuration.name, ...wireConfigurations[IAM_ENGINE].show(configuration) };
}

/** Of several, for a wire that knows one: the oldest, which is the one that it sets. */
export function engineOfAll({ configurations }: ListConfigurationsOutput): object {
  const [oldest] = configurations.toSorted((a, b) => a.createdAt - b.createdAt);
  return oldest ? engineResource(oldest) : {};
}

/** By name and type, gathered by what they are. */
function listBody({ configurations }: ListConfigurationsOutput, request: FastifyRequest): object {
  const type = segment(request, "type") as SecretType;
  if (type === "iam_credentials") {
    return collectionOf("config", configurations.map(engineResource));
  }
  const asked = segment(request, "element");
  const elements = Object.entries(ELEMENTS[type] ?? {}).filter(
    ([element]) => asked === "" || element === asked,
  );
  const gathered = elements.map(([element, types]) => [
    element,
    configurations
      .filter((one) => types.includes(one.configurationType))
      .map((one) => ({ name: one.name, type: one.configurationType })),
  ]);
  return collectionOf("config", [Object.fromEntries(gathered) as object]);
}
