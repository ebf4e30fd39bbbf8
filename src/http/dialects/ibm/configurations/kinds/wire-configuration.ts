/** How IBM's wire writes configurations of one type. One to a file of this folder, all in `wire-configurations.ts`. */
import type { ConfigurationView } from "../../../../../app/configurations/answers.ts";
import type {
  ActionArguments,
  ActionResult,
} from "../../../../../app/configurations/kinds/behaviour.ts";
import type {
  ConfigurationPatch,
  NewConfiguration,
} from "../../../../../app/configurations/kinds/behaviours.ts";

export type Body = Readonly<Record<string, unknown>>;

export interface WireConfiguration {
  /**
   * What a creation gives besides `config_type` and `name`, which are not in `body` any more. Strict. `origin` is where
   * this server was called: `https://host:port`.
   */
  create(body: Body, origin?: string): NewConfiguration;
  /** Undefined: nothing of it can be changed. Strict. */
  patch?(body: Body, origin?: string): ConfigurationPatch;
  /** What an answer has besides what every configuration's has. */
  show(configuration: ConfigurationView): object;
  /** The fields of an action besides `action_type`, by that name; an action that is missing takes none. Strict. */
  readonly actions?: Readonly<Record<string, (body: Body) => ActionArguments>>;
  /** What an action answers with besides `action_type`. */
  acted?(actionType: string, result: ActionResult): object;
}
