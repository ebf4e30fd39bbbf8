/**
 * Sets the configuration of a type for wires that know no names of them: the oldest one is changed, and where there is
 * none it is made, under the name that is given. Recorded as what it comes to.
 */
import type { Configuration } from "../../secrets/configurations/configuration.ts";
import { changeOperation } from "../operation.ts";
import { instanceOf } from "../secrets/find.ts";
import type { ConfigurationView } from "./answers.ts";
import { updateConfiguration, type UpdateConfigurationInput } from "./change-configuration.ts";
import { createConfiguration, type CreateConfigurationInput } from "./create-configuration.ts";
import { locatedConfiguration } from "./find.ts";

export type SetConfigurationInput = CreateConfigurationInput & UpdateConfigurationInput;

/** The one that is changed, or the name that a new one gets. */
type Subject = Configuration | string;

export const setConfiguration = changeOperation<SetConfigurationInput, Subject, ConfigurationView>({
  name: "configuration.create",

  async locate(input, context) {
    const { store, call } = context;
    const at = instanceOf(call.place);
    const [first] = await store.configurations.configurationsOf(at, input.configurationType);
    if (!first) return createConfiguration.locate(input, context);
    const located = locatedConfiguration<Subject>(call.place, first.name, first);
    return { ...located, operation: "configuration.update", facts: { name: first.name } };
  },

  async work(input, subject, context) {
    if (typeof subject !== "string") return input;
    return { ...input, ...(await createConfiguration.work?.(input, subject, context)) };
  },

  run(input, located, context) {
    const { subject } = located;
    return typeof subject === "string"
      ? createConfiguration.run(input, { ...located, subject }, context)
      : updateConfiguration.run(input, { ...located, subject }, context);
  },
});
