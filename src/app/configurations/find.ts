/** Finding the configuration that an operation is about, and saying so: its target, the resource of its policy. */
import type { Place } from "../../audit/crn.ts";
import { Refusal } from "../../kernel/errors.ts";
import type {
  Configuration,
  ConfigurationType,
} from "../../secrets/configurations/configuration.ts";
import type { Context, Located } from "../operation.ts";
import { instanceOf, wholeOf } from "../secrets/find.ts";
import type { View } from "../state.ts";

export interface WhichConfiguration {
  readonly name: string;
  /** Where the caller says which type it must be. */
  readonly configurationType?: ConfigurationType | undefined;
}

export function locatedConfiguration<Subject>(
  place: Place,
  name: string,
  subject: Subject,
): Located<Subject> {
  return {
    target: { place, kind: "configuration", id: name, name },
    resource: wholeOf(place),
    subject,
  };
}

export async function locateConfiguration<Store extends View>(
  { name, configurationType }: WhichConfiguration,
  { store, call }: Context<Store>,
): Promise<Located<Configuration>> {
  const at = instanceOf(call.place);
  const found = await store.configurations.configuration(at, name);
  const isOther = configurationType !== undefined && found?.type !== configurationType;
  if (!found || isOther) throw noConfiguration();
  return locatedConfiguration(call.place, name, found);
}

export function noConfiguration(): Refusal {
  return new Refusal("not_found", "There is no such configuration.");
}
