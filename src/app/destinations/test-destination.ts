/** Tries a destination: the newest event that it would get is sent there once more, by a connection of its own. */
import type { Tested } from "../../delivery/couriers.ts";
import { invariant } from "../../kernel/errors.ts";
import { readOperation } from "../operation.ts";
import { deliveredOf, locateDestination, type Found, type WhichDestination } from "./find.ts";

export interface TestDestinationInput extends WhichDestination {
  /** Found out by `work`. */
  readonly tested?: Tested;
}

export const testDestination = readOperation<TestDestinationInput, Found, Tested>({
  name: "destination.test",
  locate: locateDestination,
  async work(input, subject, context) {
    const definition = await deliveredOf(subject, context);
    return { ...input, tested: await context.capabilities.deliveries.test(definition) };
  },
  reachesOut: () => true,
  async run({ tested }) {
    invariant(tested !== undefined, "a test has come to something");
    return tested;
  },
});
