/** After how long a receiver that has not taken something is tried again. */
import type { Millis } from "../kernel/clock.ts";
import type { DeliveryFault } from "./fault.ts";

/** The first wait; each further one is twice as long, up to the most. */
export const FIRST_WAIT_MS = 500;
export const MAX_WAIT_MS = 60_000;
/** Where somebody has to change something first, an attempt is made this often all the same. */
export const MAX_DENIED_WAIT_MS = 300_000;
/** A receiver that asks for a longer pause is asked again after this one. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

export interface Waiting {
  readonly firstWaitMs: Millis;
  /** From 0 to 1: so that those who failed together do not come back together. */
  readonly random: () => number;
}

/** After the n-th attempt, from 1: half of the wait at least, and no less than the receiver asks for. */
export function waitAfter(
  attempts: number,
  { kind, retryAfterMs = 0 }: Pick<DeliveryFault, "kind" | "retryAfterMs">,
  { firstWaitMs, random }: Waiting,
): Millis {
  const most = kind === "unavailable" ? MAX_WAIT_MS : MAX_DENIED_WAIT_MS;
  const whole = Math.min(firstWaitMs * 2 ** Math.min(attempts - 1, 30), most);
  const wait = whole * (0.5 + random() / 2);
  return Math.max(wait, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}
