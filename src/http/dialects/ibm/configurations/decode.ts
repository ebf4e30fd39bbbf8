/** Bodies, headers and queries of the calls about configurations, as the operations' inputs. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import {
  updateConfigurationInput,
  type ConfigurationActionInput,
  type UpdateConfigurationInput,
} from "../../../../app/configurations/change-configuration.ts";
import type { CreateConfigurationInput } from "../../../../app/configurations/create-configuration.ts";
import type { WhichConfiguration } from "../../../../app/configurations/find.ts";
import type { ListConfigurationsInput } from "../../../../app/configurations/read-configuration.ts";
import {
  KIND_OF_TYPE,
  type ConfigurationPatch,
} from "../../../../app/configurations/kinds/behaviours.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import {
  configurationTypes,
  isConfigurationType,
  type ConfigurationType,
} from "../../../../secrets/configurations/configuration.ts";
import type { ConfigurationSortField } from "../../../../secrets/configurations/store.ts";
import { bodyOf, patchOf, read } from "../body.ts";
import { originOf } from "../pages.ts";
import { segment } from "../path.ts";
import { Query } from "../query.ts";
import { secretTypeIn } from "../decode-secrets.ts";
import { wireConfigurations } from "./kinds/wire-configurations.ts";

/** Which of two configurations of one name is meant, on an instance that has such; with us it must simply fit. */
export const TYPE_HEADER = "x-sm-accept-configuration-type";

const named = z.looseObject({ name: z.string() });
const action = z.looseObject({ action_type: z.string() });

export function decodeNewConfiguration(request: FastifyRequest): CreateConfigurationInput {
  const { config_type: type, ...rest } = bodyOf(request);
  const configurationType = typeOf(type);
  const { name, ...given } = read(named, rest);
  const wire = wireConfigurations[configurationType];
  return { name, configurationType, given: wire.create(given, originOf(request)) };
}

export function decodeConfiguration(request: FastifyRequest): WhichConfiguration {
  const header = request.headers[TYPE_HEADER];
  const name = segment(request, "name");
  return header === undefined ? { name } : { name, configurationType: typeOf(header) };
}

/** The wire does not say of which type it is: the patch is read for each type whose fields it fits. */
export function decodeConfigurationPatch(request: FastifyRequest): UpdateConfigurationInput {
  const which = decodeConfiguration(request);
  const body = patchOf(request);
  const types = which.configurationType ? [which.configurationType] : configurationTypes;
  const patches: Partial<Record<ConfigurationPatch["kind"], ConfigurationPatch>> = {};
  const refusals: Refusal[] = [];
  for (const type of types) {
    try {
      const patch = wireConfigurations[type].patch?.(body, originOf(request));
      if (patch) patches[KIND_OF_TYPE[type]] = patch;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      refusals.push(refusal);
    }
  }
  if (Object.keys(patches).length > 0) return updateConfigurationInput(which, patches, body);
  const [only] = refusals;
  // Of one type there is one reason; of many, the fields belong to none of them.
  if (only && refusals.length === 1) throw only;
  throw new Refusal("invalid_request", "The request body has fields of no type of configuration.");
}

export function decodeConfigurationAction(request: FastifyRequest): ConfigurationActionInput {
  const { action_type: actionType, ...body } = read(action, bodyOf(request));
  const readers = configurationTypes.map((type) => wireConfigurations[type].actions ?? {});
  const reader = readers.find((one) => Object.hasOwn(one, actionType))?.[actionType];
  return { ...decodeConfiguration(request), actionType, given: reader ? reader(body) : body };
}

const sortFields: Readonly<Record<string, ConfigurationSortField>> = {
  config_type: "type",
  secret_type: "secretType",
  name: "name",
};

export function decodeConfigurationList(request: FastifyRequest): ListConfigurationsInput {
  const query = new Query(request, ["offset", "limit", "sort", "search", "secret_types"]);
  return {
    offset: query.whole("offset"),
    limit: query.whole("limit"),
    sort: query.sort("sort", sortFields),
    search: query.search("search"),
    secretTypes: query.list("secret_types")?.map(secretTypeIn),
  };
}

function typeOf(value: unknown): ConfigurationType {
  if (typeof value === "string" && isConfigurationType(value)) return value;
  throw new Refusal(
    "invalid_request",
    `The types of configurations are ${configurationTypes.join(", ")}.`,
    { field: "config_type" },
  );
}
