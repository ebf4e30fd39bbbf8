/** What the operations on configurations answer with. What they keep secret is never in it. */
import type {
  Configuration,
  ConfigurationAttributes,
  ConfigurationType,
} from "../../secrets/configurations/configuration.ts";
import type { Millis } from "../../kernel/clock.ts";

export interface ConfigurationView {
  readonly id: string;
  readonly name: string;
  readonly configurationType: ConfigurationType;
  readonly attributes: ConfigurationAttributes;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

export function viewOf(configuration: Configuration): ConfigurationView {
  const { id, name, type, attributes, createdBy, createdAt, updatedAt } = configuration;
  return { id, name, configurationType: type, attributes, createdBy, createdAt, updatedAt };
}
