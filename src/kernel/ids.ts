/** Identifiers: UUIDv7 (RFC 9562, section 5.7) for what needs order in time, UUIDv4 for what must not reveal it. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Clock, Millis } from "./clock.ts";

/** A string that has been checked, or made, to be of one kind; the brand exists for the compiler only. */
export type Branded<Name extends string> = string & { readonly __brand: Name };

export type EventId = Branded<"EventId">;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function randomId(): string {
  return randomUUID();
}

/** How far the clock may step back and still be waited for; a larger step is believed. */
export const MAX_SMOOTHED_STEP_MS = 5_000;

/** Asking the system for a handful of random bytes at a time would cost more than all the rest. */
const RANDOM_POOL_BYTES = 4_096;
/** Of an id: eight bytes, in hexadecimal. */
const TAIL_DIGITS = 16;
/** The variant of RFC 9562, section 4.1: two bits that are fixed and two that are left as they come. */
const VARIANTS = "89ab".repeat(4);

/**
 * Makes UUIDv7s that are ordered within the process: the time part is the later of the clock and the last one used,
 * and the 12 bits after it count within a millisecond. A clock that steps back by more than MAX_SMOOTHED_STEP_MS is
 * followed, so that one wrong setting does not stamp everything after it.
 */
export class TimeOrderedIds {
  readonly #clock: Clock;
  #lastMs: Millis = 0;
  /** `#lastMs` as it stands in an id. */
  #lastTime = "00000000-0000";
  #counter = 0;
  /** Random digits, each given once. */
  #random = "";
  #used = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): EventId {
    return this.stamped().id;
  }

  /** An id, and the moment that it carries. */
  stamped(): { readonly id: EventId; readonly at: Millis } {
    const now = this.#clock.now();
    if (now > this.#lastMs || now < this.#lastMs - MAX_SMOOTHED_STEP_MS) this.#moveTo(now);
    else if (++this.#counter > 0xfff) this.#moveTo(this.#lastMs + 1);
    const count = this.#counter.toString(16).padStart(3, "0");
    const tail = this.#randomTail();
    const variant = VARIANTS[Number.parseInt(tail.slice(0, 1), 16)];
    const id = `${this.#lastTime}-7${count}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`;
    return { id: id as EventId, at: this.#lastMs };
  }

  #moveTo(millis: Millis): void {
    const time = millis.toString(16).padStart(12, "0");
    this.#lastMs = millis;
    this.#lastTime = `${time.slice(0, 8)}-${time.slice(8)}`;
    this.#counter = 0;
  }

  #randomTail(): string {
    if (this.#used >= this.#random.length) {
      this.#random = randomBytes(RANDOM_POOL_BYTES).toString("hex");
      this.#used = 0;
    }
    return this.#random.slice(this.#used, (this.#used += TAIL_DIGITS));
  }
}

/** The moment a UUIDv7 was made, or undefined when the text is not one. */
export function timeOfId(id: string): Millis | undefined {
  if (!isUuid(id) || id[14] !== "7") return undefined;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
