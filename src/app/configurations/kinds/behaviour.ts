/**
 * What a type of configuration does of its own, at the points that all types pass. One to a file of this folder, all in
 * `behaviours.ts`.
 */
import type { Sensitive } from "../../../kernel/sensitive.ts";
import type {
  Configuration,
  ConfigurationAttributes,
  ConfigurationType,
} from "../../../secrets/configurations/configuration.ts";
import type { Instance } from "../../../secrets/secret.ts";
import type { Context } from "../../operation.ts";
import type { Transaction, View } from "../../state.ts";

/** A configuration that is being made: what is settled before its type has its say. */
export interface Making {
  readonly id: string;
  readonly at: Instance;
  readonly name: string;
  readonly type: ConfigurationType;
}

/** What a type makes of what it is given. */
export interface Made {
  readonly attributes: ConfigurationAttributes;
  /** What is kept sealed with it; undefined leaves what there is, null takes it away. */
  readonly kept?: Sensitive<string> | null;
}

/** What an action is asked with: by its name, in the domain's words. */
export type ActionArguments = Readonly<Record<string, unknown>>;
/** What an action answers with: public facts, certificates among them. */
export type ActionResult = Readonly<Record<string, unknown>>;

export interface ActionMade {
  /** What the action changed of the configuration; undefined for nothing. */
  readonly change?: Made;
  readonly result: ActionResult;
  /** Facts of what was done, for the record, by the names of the catalogue's row. */
  readonly recorded?: { readonly serialNumber?: string };
}

export interface ConfigurationBehaviour<New, Patch> {
  /** Slow work (a key pair) for a caller who may make it, before there is a transaction. */
  prepareNew?(given: New, context: Context<View>): Promise<New>;
  make(given: New, making: Making, context: Context<Transaction>): Promise<Made>;
  /** Undefined: nothing of it can be changed. */
  patch?(patch: Patch, configuration: Configuration, context: Context<Transaction>): Promise<Made>;
  /** What an answer says of it now, beside what is kept of it. */
  status?<Store extends View>(
    configuration: Configuration,
    context: Context<Store>,
  ): Promise<string>;
  /** Throws a Refusal while something depends on it. */
  assertDeletable(configuration: Configuration, context: Context<Transaction>): Promise<void>;
  /** By their `action_type`. */
  readonly actions?: Readonly<Record<string, ConfigurationAction>>;
}

export interface ConfigurationAction {
  /** Slow work for a caller who may do this, before there is a transaction. */
  prepare?(
    given: ActionArguments,
    configuration: Configuration,
    context: Context<View>,
  ): Promise<ActionArguments>;
  run(
    given: ActionArguments,
    configuration: Configuration,
    context: Context<Transaction>,
  ): Promise<ActionMade>;
}
