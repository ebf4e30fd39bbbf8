/** The calls about configurations, line by line. */
import {
  configurationAction,
  deleteConfiguration,
  updateConfiguration,
} from "../../../../app/configurations/change-configuration.ts";
import { createConfiguration } from "../../../../app/configurations/create-configuration.ts";
import {
  listConfigurations,
  readConfiguration,
} from "../../../../app/configurations/read-configuration.ts";
import type { Route } from "../../../route.ts";
import { created, line, noContent, ok } from "../line.ts";
import {
  decodeConfiguration,
  decodeConfigurationAction,
  decodeConfigurationList,
  decodeConfigurationPatch,
  decodeNewConfiguration,
} from "./decode.ts";
import { configurationActionBody, configurationBody, configurationListBody } from "./encode.ts";

const CONFIGURATIONS = "/api/v2/configurations";
const CONFIGURATION = `${CONFIGURATIONS}/:name`;

export const configurationRoutes: readonly Route[] = [
  line(`POST ${CONFIGURATIONS}`, createConfiguration, [
    decodeNewConfiguration,
    created(configurationBody),
  ]),
  line(`GET ${CONFIGURATIONS}`, listConfigurations, [
    decodeConfigurationList,
    ok(configurationListBody),
  ]),
  line(`GET ${CONFIGURATION}`, readConfiguration, [decodeConfiguration, ok(configurationBody)]),
  line(`PATCH ${CONFIGURATION}`, updateConfiguration, [
    decodeConfigurationPatch,
    ok(configurationBody),
  ]),
  line(`DELETE ${CONFIGURATION}`, deleteConfiguration, [decodeConfiguration, noContent]),
  line(`POST ${CONFIGURATION}/actions`, configurationAction, [
    decodeConfigurationAction,
    created(configurationActionBody),
  ]),
];
