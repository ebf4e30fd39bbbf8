/** Makes a configuration: a certificate authority, a template, an engine. */
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import {
  checkConfigurationName,
  MAX_CONFIGURATIONS_OF_TYPE,
  type Configuration,
  type ConfigurationType,
} from "../../secrets/configurations/configuration.ts";
import { callerId, changeOperation, type Context } from "../operation.ts";
import { instanceOf } from "../secrets/find.ts";
import type { View } from "../state.ts";
import type { ConfigurationView } from "./answers.ts";
import { locatedConfiguration } from "./find.ts";
import { sealKept } from "./keep.ts";
import {
  configurationBehaviourOf,
  KIND_OF_TYPE,
  type NewConfiguration,
} from "./kinds/behaviours.ts";
import { shown } from "./show.ts";

export interface CreateConfigurationInput {
  readonly name: string;
  readonly configurationType: ConfigurationType;
  readonly given: NewConfiguration;
}

export const createConfiguration = changeOperation<
  CreateConfigurationInput,
  string,
  ConfigurationView
>({
  name: "configuration.create",

  async locate({ name }, { call }) {
    checkConfigurationName(name);
    return locatedConfiguration(call.place, name, name);
  },

  async work(input, _name, context) {
    checkKind(input);
    // Before a key is made, which takes long; and once more when it is kept.
    await assertRoom(input, context);
    const behaviour = configurationBehaviourOf(input.configurationType);
    const given = await behaviour.prepareNew?.(input.given, context);
    return given ? { ...input, given } : input;
  },

  async run({ name, configurationType: type, given }, _located, context) {
    const { store, capabilities, call, caller, now } = context;
    const at = instanceOf(call.place);
    await assertRoom({ name, configurationType: type }, context);
    const id = randomId();
    const { attributes, kept } = await configurationBehaviourOf(type).make(
      given,
      { id, at, name, type },
      context,
    );
    const dataKey = capabilities.vault.newDataKey(at, id);
    const configuration: Configuration = {
      id,
      at,
      type,
      name,
      attributes,
      sealed: kept ? sealKept(capabilities.vault, { id, at, dataKey }, kept) : null,
      dataKey,
      createdBy: callerId(caller),
      createdAt: now,
      updatedAt: now,
    };
    await store.configurations.insertConfiguration(configuration);
    return shown(configuration, context);
  },
});

async function assertRoom<Store extends View>(
  { name, configurationType }: Omit<CreateConfigurationInput, "given">,
  { store: { configurations }, call }: Context<Store>,
): Promise<void> {
  const at = instanceOf(call.place);
  if (await configurations.configuration(at, name)) {
    throw new Refusal("conflict", "A configuration of this name already exists.", {
      field: "name",
    });
  }
  const others = await configurations.configurationsOf(at, configurationType);
  if (others.length >= MAX_CONFIGURATIONS_OF_TYPE) {
    throw new Refusal(
      "limit_reached",
      `The instance has reached the maximum of ${MAX_CONFIGURATIONS_OF_TYPE} configurations of this type.`,
    );
  }
}

function checkKind({ configurationType, given }: CreateConfigurationInput): void {
  if (given.kind === KIND_OF_TYPE[configurationType]) return;
  throw new Refusal("invalid_request", "What is given is not of the configuration's type.", {
    field: "configurationType",
  });
}
