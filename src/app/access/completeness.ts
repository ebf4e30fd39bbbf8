/**
 * Whether the events that were found on a target are all there are. Each event carries the number it has among those on
 * its target, in the order of the ledger, and the ledger's counters know the last one: a history without a gap from one
 * to that is whole.
 */
import type { AuditEvent } from "../../audit/event.ts";

export interface Complete {
  /** Whether nothing is missing of what was asked for. */
  readonly isComplete: boolean;
  /** Events on the target that were found and looked at. */
  readonly events: number;
  /** Events on the target that the ledger has counted at the size at which it was asked. */
  readonly counter: number;
  /** The numbers of the first and the last event found; 0 where none was. */
  readonly first: number;
  readonly last: number;
}

export class Completeness {
  #events = 0;
  #lowest = Infinity;
  #highest = 0;
  readonly #seen = new Set<number>();

  /** In any order: events of one moment may stand in the index in another order than in the ledger. */
  add({ counters }: AuditEvent): void {
    this.#events += 1;
    if (counters.target === null) return;
    this.#seen.add(counters.target);
    this.#lowest = Math.min(this.#lowest, counters.target);
    this.#highest = Math.max(this.#highest, counters.target);
  }

  get events(): number {
    return this.#events;
  }

  /** Where only a part of the history was asked for, that part has to be without a gap, from where the rest ends up to the last event there is. */
  against({ counter, newest, before, hasEnd }: Known): Complete {
    const isEmpty = this.#events === 0;
    const last = isEmpty ? newest : this.#highest;
    const isGapless = isEmpty || this.#seen.size === this.#highest - this.#lowest + 1;
    const isDistinct = this.#seen.size === this.#events;
    const begins = isEmpty || this.#lowest <= before + 1;
    return {
      isComplete: isGapless && isDistinct && begins && hasEnd && last === counter,
      events: this.#events,
      counter,
      first: isEmpty ? 0 : this.#lowest,
      last: this.#highest,
    };
  }
}

/** What is known of a history besides what was found of it. */
interface Known {
  readonly counter: number;
  /** The number of the newest event on the target, also where it was before what was asked for. */
  readonly newest: number | null;
  /** The number of the last event before what was asked for; 0 where it was asked for from the first event on. */
  readonly before: number;
  /** Looked at to the end. */
  readonly hasEnd: boolean;
}
