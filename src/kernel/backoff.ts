/** After how long whoever has not taken something is tried again. */
import type { Millis } from "./clock.ts";

/** Whoever asks for a longer pause is asked again after this one. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

export interface Waiting {
  readonly firstWaitMs: Millis;
  /** From 0 to 1: so that those who failed together do not come back together. */
  readonly random: () => number;
}

/** Doubled so often it is longer than any most. */
const MAX_DOUBLINGS = 30;

/**
 * After the n-th attempt, from 1: the first wait, doubled with each attempt up to the most, half of that at least, and no
 * less than is asked for.
 */
export function waitAfterAttempts(
  attempts: number,
  { mostMs, askedMs }: { readonly mostMs: Millis; readonly askedMs: Millis },
  { firstWaitMs, random }: Waiting,
): Millis {
  const whole = Math.min(firstWaitMs * 2 ** Math.min(attempts - 1, MAX_DOUBLINGS), mostMs);
  const wait = whole * (0.5 + random() / 2);
  return Math.max(wait, Math.min(askedMs, MAX_RETRY_AFTER_MS));
}
