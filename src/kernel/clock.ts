/** Time as a dependency: everything that needs "now" is given a clock, so that tests and the simulation own it. */

/** Milliseconds since the Unix epoch, UTC. */
export type Millis = number;

export interface Clock {
  /** The present moment. May go backwards: whoever needs order must not take it from here. */
  now(): Millis;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that moves only when told to; for tests, the simulation and `--demo`. */
export class ManualClock implements Clock {
  #now: Millis;

  constructor(start: Millis) {
    this.#now = start;
  }

  now(): Millis {
    return this.#now;
  }

  set(now: Millis): void {
    this.#now = now;
  }

  advance(byMs: number): void {
    this.#now += byMs;
  }
}

/** Texts of times that are kept. A server speaks of the same moments again and again: this one, and a few in the past. */
const HELD_TEXTS = 256;
const held: { readonly millis: Millis; readonly text: string }[] = [];

/** RFC 3339 in UTC with milliseconds, the form in which every time is stored: `2026-11-21T09:31:07.412Z`. */
export function toRfc3339(millis: Millis): string {
  const place = millis & (HELD_TEXTS - 1);
  const before = held[place];
  if (before?.millis === millis) return before.text;
  const text = new Date(millis).toISOString();
  held[place] = { millis, text };
  return text;
}
