/** When values were last given out: a projection of the trail, so that no reading costs a transaction. */
import type { Millis } from "../kernel/clock.ts";

export interface Retrievals {
  /** Retrievals that the store does not have yet: the latest of each version of the secret. */
  unsaved(secretId: string): ReadonlyMap<string, Millis>;
}
