/** After how long a receiver that has not taken something is tried again. */
import { waitAfterAttempts, type Waiting } from "../kernel/backoff.ts";
import type { Millis } from "../kernel/clock.ts";
import type { DeliveryFault } from "./fault.ts";

/** The first wait; each further one is twice as long, up to the most. */
export const FIRST_WAIT_MS = 500;
export const MAX_WAIT_MS = 60_000;
/** Where somebody has to change something first, an attempt is made this often all the same. */
export const MAX_DENIED_WAIT_MS = 300_000;

/** After the n-th attempt, from 1: half of the wait at least, and no less than the receiver asks for. */
export function waitAfter(
  attempts: number,
  { kind, retryAfterMs = 0 }: Pick<DeliveryFault, "kind" | "retryAfterMs">,
  waiting: Waiting,
): Millis {
  const mostMs = kind === "unavailable" ? MAX_WAIT_MS : MAX_DENIED_WAIT_MS;
  return waitAfterAttempts(attempts, { mostMs, askedMs: retryAfterMs }, waiting);
}
