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

/** A multiple of the eight bytes that an id takes. */
const RANDOM_POOL_BYTES = 4_096;

/**
 * Makes UUIDv7s that are ordered within the process: the time part is the later of the clock and the last one used,
 * and the 12 bits after it count within a millisecond. A clock that steps back by more than MAX_SMOOTHED_STEP_MS is
 * followed, so that one wrong setting does not stamp everything after it.
 */
export class TimeOrderedIds {
  readonly #clock: Clock;
  #lastMs: Millis = 0;
  #counter = 0;
  #random = randomBytes(0);
  #used = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): EventId {
    const now = this.#clock.now();
    if (now > this.#lastMs || now < this.#lastMs - MAX_SMOOTHED_STEP_MS) {
      this.#lastMs = now;
      this.#counter = 0;
    } else if (++this.#counter > 0xfff) {
      this.#lastMs += 1;
      this.#counter = 0;
    }
    const time = this.#lastMs.toString(16).padStart(12, "0");
    const tail = this.#randomTail();
    tail[0] = ((tail[0] as number) & 0x3f) | 0x80;
    const random = tail.toString("hex");
    const count = this.#counter.toString(16).padStart(3, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${random.slice(0, 4)}-${random.slice(4)}` as EventId;
  }

  /** Eight random bytes, each given once: asking the system for a handful at a time would cost more than the rest. */
  #randomTail(): Buffer {
    if (this.#used >= this.#random.length) {
      this.#random = randomBytes(RANDOM_POOL_BYTES);
      this.#used = 0;
    }
    return this.#random.subarray(this.#used, (this.#used += 8));
  }
}

/** The moment a UUIDv7 was made, or undefined when the text is not one. */
export function timeOfId(id: string): Millis | undefined {
  if (!isUuid(id) || id[14] !== "7") return undefined;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
