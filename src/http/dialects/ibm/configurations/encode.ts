/** Configurations as IBM's wire shows them. */
import type { FastifyRequest } from "fastify";
import type { ConfigurationView } from "../../../../app/configurations/answers.ts";
import type { ConfigurationActionOutput } from "../../../../app/configurations/change-configuration.ts";
import type { ListConfigurationsOutput } from "../../../../app/configurations/read-configuration.ts";
import { CONFIGURATION_TYPES } from "../../../../secrets/configurations/configuration.ts";
import { pageLinks } from "../pages.ts";
import { date } from "../shapes.ts";
import { wireConfigurations } from "./kinds/wire-configurations.ts";

export function configurationBody(configuration: ConfigurationView): object {
  const { configurationType: type, name, createdBy, createdAt, updatedAt } = configuration;
  return {
    config_type: type,
    name,
    secret_type: CONFIGURATION_TYPES[type],
    created_by: createdBy,
    created_at: date(createdAt),
    updated_at: date(updatedAt),
    ...wireConfigurations[type].show(configuration),
  };
}

export function configurationListBody(
  list: ListConfigurationsOutput,
  request: FastifyRequest,
): object {
  return {
    ...pageLinks(list, request),
    configurations: list.configurations.map(configurationBody),
  };
}

export function configurationActionBody(output: ConfigurationActionOutput): object {
  const { actionType, configurationType, result } = output;
  return {
    action_type: actionType,
    config_type: configurationType,
    ...wireConfigurations[configurationType].acted?.(actionType, result),
  };
}
