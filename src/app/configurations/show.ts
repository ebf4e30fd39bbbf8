/** A configuration as it is shown now, with what its type knows of it only when it is asked. */
import type { Configuration } from "../../secrets/configurations/configuration.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import { viewOf, type ConfigurationView } from "./answers.ts";
import { configurationBehaviourOf } from "./kinds/behaviours.ts";

export async function shown<Store extends View>(
  configuration: Configuration,
  context: Context<Store>,
): Promise<ConfigurationView> {
  const status = await configurationBehaviourOf(configuration.type).status?.(
    configuration,
    context,
  );
  return { ...viewOf(configuration), status: status ?? null };
}
