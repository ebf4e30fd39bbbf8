/** The clock of a demonstration: an hour behind at first, and on time once the hour has been lived through. */
import { systemClock, type Clock, type Millis } from "../kernel/clock.ts";

export class DemoClock implements Clock {
  #behindMs: number;

  constructor(behindMs: number) {
    this.#behindMs = behindMs;
  }

  now(): Millis {
    return systemClock.now() - this.#behindMs;
  }

  /** Lets time pass, but never beyond the present. */
  pass(byMs: number): void {
    this.#behindMs = Math.max(0, this.#behindMs - byMs);
  }

  catchUp(): void {
    this.#behindMs = 0;
  }

  get isBehind(): boolean {
    return this.#behindMs > 0;
  }
}
