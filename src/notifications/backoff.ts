/** How often, and after how long, a notice that was not accepted is sent again. */
import { waitAfterAttempts, type Waiting } from "../kernel/backoff.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Sent } from "./webhooks.ts";

/** The first wait; each further one is twice as long, up to the most. */
export const FIRST_WAIT_MS = 1_000;
export const MAX_WAIT_MS = 600_000;
/** Attempts at a receiver that cannot be reached or says that it cannot now: half an hour, together. */
export const MAX_ATTEMPTS = 12;
/** Attempts at one that says no: it may have been set up wrongly, and is put right. */
export const MAX_REFUSED_ATTEMPTS = 4;

/** Answers of 4xx that speak of now: request timeout, too early, too many requests. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether after so many attempts, of which this was the last one, the notice is set aside. */
export function isLastAttempt(attempts: number, sent: Sent): boolean {
  const isNo = sent.kind === "refused" && sent.status < 500 && !PASSING.has(sent.status);
  return attempts >= (isNo ? MAX_REFUSED_ATTEMPTS : MAX_ATTEMPTS);
}

/** After the n-th attempt, from 1: half of the wait at least, and no less than the receiver asks for. */
export function waitAfter(attempts: number, sent: Sent, waiting: Waiting): Millis {
  const askedMs = (sent.kind === "refused" && sent.retryAfterMs) || 0;
  return waitAfterAttempts(attempts, { mostMs: MAX_WAIT_MS, askedMs }, waiting);
}
