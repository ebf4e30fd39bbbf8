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
  /** Of an engine: the key that says whose rights it has. For the record. */
  readonly apiKeyId?: string;
  /** Of an authority: whether it signs, or what it lacks. Null for the types that have none. */
  readonly status: string | null;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

/** All but its status, which it has at one time or another. */
export function viewOf(configuration: Configuration): Omit<ConfigurationView, "status"> {
  const { id, name, type, attributes, createdBy, createdAt, updatedAt } = configuration;
  const view = { id, name, configurationType: type, attributes, createdBy, createdAt, updatedAt };
  return attributes.kind === "iam-engine" ? { ...view, apiKeyId: attributes.apiKeyId } : view;
}
