/** Changes a configuration, has it do something, deletes it. */
import { Refusal } from "../../kernel/errors.ts";
import {
  CONFIGURATION_TYPES,
  type Configuration,
  type ConfigurationType,
} from "../../secrets/configurations/configuration.ts";
import type { SecretType } from "../../secrets/secret.ts";
import { changeOperation, type Context } from "../operation.ts";
import { changedFields } from "../secrets/changes.ts";
import type { Transaction } from "../state.ts";
import type { ConfigurationView } from "./answers.ts";
import { locateConfiguration, type WhichConfiguration } from "./find.ts";
import { sealKept } from "./keep.ts";
import type {
  ActionArguments,
  ActionResult,
  ConfigurationAction,
  Made,
} from "./kinds/behaviour.ts";
import {
  configurationBehaviourOf,
  KIND_OF_TYPE,
  type ConfigurationPatch,
} from "./kinds/behaviours.ts";
import { shown } from "./show.ts";

export interface UpdateConfigurationInput extends WhichConfiguration {
  /** Read by the configuration's own type; which that is, the wire does not know. */
  readonly patches: Readonly<Partial<Record<ConfigurationPatch["kind"], ConfigurationPatch>>>;
  /** The names of the patch's fields, for the record. */
  readonly changes: readonly string[];
}

/** The input of an update: the dialects' way to make it, with the patch read for each kind that it fits. */
export function updateConfigurationInput(
  which: WhichConfiguration,
  patches: UpdateConfigurationInput["patches"],
  patch: object,
): UpdateConfigurationInput {
  return { ...which, patches, changes: changedFields(patch) };
}

export const updateConfiguration = changeOperation<
  UpdateConfigurationInput,
  Configuration,
  ConfigurationView
>({
  name: "configuration.update",

  locate: locateConfiguration,

  async run({ patches }, { subject: configuration }, context) {
    const patch = patches[KIND_OF_TYPE[configuration.type]];
    const behaviour = configurationBehaviourOf(configuration.type);
    if (!patch || !behaviour.patch) {
      throw new Refusal(
        "invalid_request",
        "A configuration of this type has no such fields that could be changed.",
      );
    }
    const made = await behaviour.patch(patch, configuration, context);
    return shown(await kept(configuration, made, context), context);
  },
});

export interface ConfigurationActionInput extends WhichConfiguration {
  readonly actionType: string;
  readonly given: ActionArguments;
  /** The id of the configuration that it was prepared with. */
  readonly preparedWith?: string;
}

export interface ConfigurationActionOutput {
  readonly actionType: string;
  readonly configurationType: ConfigurationType;
  readonly secretType: SecretType;
  readonly result: ActionResult;
  /** Of the certificate that was signed, or revoked. */
  readonly serialNumber?: string;
}

export const configurationAction = changeOperation<
  ConfigurationActionInput,
  Configuration,
  ConfigurationActionOutput
>({
  name: "configuration.action",

  locate: locateConfiguration,

  async work(input, configuration, context) {
    const action = actionOf(configuration, input.actionType);
    const given = await action.prepare?.(input.given, configuration, context);
    return given ? { ...input, given, preparedWith: configuration.id } : input;
  },

  async run({ actionType, given, preparedWith }, { subject: configuration }, context) {
    const action = actionOf(configuration, actionType);
    if (preparedWith !== undefined && preparedWith !== configuration.id) {
      throw new Refusal("conflict", "Another configuration has just taken this name: try again.");
    }
    const { change, result, recorded } = await action.run(given, configuration, context);
    if (change) await kept(configuration, change, context);
    const { type } = configuration;
    const secretType = CONFIGURATION_TYPES[type];
    return { actionType, configurationType: type, secretType, result, ...recorded };
  },
});

function actionOf({ type }: Configuration, actionType: string): ConfigurationAction {
  const { actions = {} } = configurationBehaviourOf(type);
  const action = Object.hasOwn(actions, actionType) ? actions[actionType] : undefined;
  if (action) return action;
  throw new Refusal("invalid_request", "Configurations of this type have no such action.", {
    field: "actionType",
  });
}

/** The configuration as it is from now on. */
async function kept(
  configuration: Configuration,
  made: Made,
  { store, capabilities: { vault }, now }: Context<Transaction>,
): Promise<Configuration> {
  const changed: Configuration = {
    ...configuration,
    attributes: made.attributes,
    sealed:
      made.kept === undefined
        ? configuration.sealed
        : made.kept && sealKept(vault, configuration, made.kept),
    updatedAt: now,
  };
  await store.configurations.updateConfiguration(changed);
  return changed;
}

export const deleteConfiguration = changeOperation<WhichConfiguration, Configuration, object>({
  name: "configuration.delete",

  locate: locateConfiguration,

  async run(_input, { subject: configuration }, context) {
    const { store, capabilities } = context;
    await configurationBehaviourOf(configuration.type).assertDeletable(configuration, context);
    await store.configurations.deleteConfiguration(configuration.id);
    capabilities.vault.forget(configuration.at, configuration.id);
    return {};
  },
});
