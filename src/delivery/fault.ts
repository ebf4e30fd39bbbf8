/** Why a receiver has not taken what it was sent, as far as that decides what is done next. */
import type { Millis } from "../kernel/clock.ts";

/**
 * `unavailable`: not now, and by itself perhaps soon: no connection, no answer, 429, 5xx. `denied`: not before somebody
 * changes something, here or there: credentials, certificates, addresses, paths. `rejected`: what was sent is at fault,
 * one event of it at least. `too-large`: fewer at a time.
 */
export type FaultKind = "unavailable" | "denied" | "rejected" | "too-large";

/**
 * The message is shown to whoever reads the destination, and recorded: it says nothing that was sent, and nothing of
 * what was answered but a status or a word of a closed set.
 */
export class DeliveryFault extends Error {
  override readonly name = "DeliveryFault";
  readonly kind: FaultKind;
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMs: Millis | undefined;
  /** Which entry is at fault, where the receiver says so. */
  readonly index: number | undefined;

  constructor(
    kind: FaultKind,
    message: string,
    said: {
      readonly retryAfterMs?: Millis;
      readonly index?: number;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: said.cause });
    this.kind = kind;
    this.retryAfterMs = said.retryAfterMs;
    this.index = said.index;
  }
}

/** What breaks otherwise, a ledger that cannot be read above all, is tried again like a receiver that is away. */
export function faultOf(error: unknown): DeliveryFault {
  if (error instanceof DeliveryFault) return error;
  if (error instanceof Error && error.name === "TimeoutError") {
    return new DeliveryFault("unavailable", "no answer in time");
  }
  return new DeliveryFault("unavailable", "something went wrong here", { cause: error });
}
