/**
 * Counts events per target and per initiator, in ledger order: the numbers with which an owner can show that a
 * history is complete. The counts are derived from the ledger; the store only saves counting from the beginning.
 */
import type { AuditEvent, Counters } from "./event.ts";

/** What is counted: one key for each target and one for each initiator. */
export type CounterKey = string;

/** The port: counts as of a position in the ledger, kept together so that neither is ever without the other. */
export interface CounterStore {
  /** How many entries of the ledger the stored counts have seen. */
  position(): Promise<number>;
  /** The counts of those keys that have one. */
  load(keys: readonly CounterKey[]): Promise<ReadonlyMap<CounterKey, number>>;
  /** Writes counts and position in one transaction; may be lost in a crash as long as both are. */
  save(counts: ReadonlyMap<CounterKey, number>, position: number): Promise<void>;
}

/** Counts kept in memory. More than twice the events that may be on their way to the disk at once. */
export const MAX_CACHED_COUNTS = 250_000;

/** Counts of some keys, and how many entries of the ledger they count. */
export interface Totals {
  readonly counts: ReadonlyMap<CounterKey, number>;
  readonly position: number;
}

/** Of an event, what it is counted by. */
interface Counted {
  readonly target: { readonly id: string };
  readonly initiator: { readonly id: string };
}

export function targetKey(event: Pick<Counted, "target">): CounterKey | undefined {
  return event.target.id === "" ? undefined : `t:${event.target.id}`;
}

export function initiatorKey(event: Pick<Counted, "initiator">): CounterKey | undefined {
  return event.initiator.id === "" ? undefined : `i:${event.initiator.id}`;
}

/** The keys by which an event is counted. */
export function keysOf(event: Counted): CounterKey[] {
  return [targetKey(event), initiatorKey(event)].filter((key) => key !== undefined);
}

/** By which keys an event is counted: made once for each event, as they are asked for again and again. */
export interface CountedBy {
  readonly target: CounterKey | undefined;
  readonly initiator: CounterKey | undefined;
}

export function countedBy(event: Counted): CountedBy {
  return { target: targetKey(event), initiator: initiatorKey(event) };
}

export class EventCounters {
  readonly #store: CounterStore;
  /** Counts of events that have been numbered; insertion order is age, for eviction. */
  #counts = new Map<CounterKey, number>();
  /** Counts of durable events that the store has not got yet. */
  #unsaved = new Map<CounterKey, number>();
  #position = 0;

  constructor(store: CounterStore) {
    this.#store = store;
  }

  /** Loads the position and counts every entry after it; call again to forget numbers given in vain. */
  async catchUp(entries: (from: number) => AsyncIterable<AuditEvent>): Promise<void> {
    this.#counts = new Map();
    this.#unsaved = new Map();
    this.#position = await this.#store.position();
    for await (const event of entries(this.#position)) {
      const keys = countedBy(event);
      await this.warm([keys]);
      this.settled([keys], [this.next(keys)]);
      if (this.#unsaved.size >= MAX_CACHED_COUNTS) await this.save();
    }
  }

  /** Brings the counts of these events into memory, so that `next` can answer without waiting. */
  async warm(events: readonly CountedBy[]): Promise<void> {
    const keys = events.flatMap(({ target, initiator }) => [target, initiator]);
    const missing = [...new Set(keys)]
      .filter((key) => key !== undefined)
      .filter((key) => !this.#counts.has(key));
    if (missing.length === 0) return;
    const stored = await this.#store.load(missing);
    for (const key of missing) {
      // Another call may have loaded, and counted, the same key while this one was waiting.
      if (!this.#counts.has(key))
        this.#counts.set(key, this.#unsaved.get(key) ?? stored.get(key) ?? 0);
    }
  }

  isWarm(events: readonly CountedBy[]): boolean {
    return events.every(({ target, initiator }) => this.#isWarm(target) && this.#isWarm(initiator));
  }

  /** Gives the event its numbers. The event must be warm, and be appended next. */
  next({ target, initiator }: CountedBy): Counters {
    return { target: this.#count(target), initiator: this.#count(initiator) };
  }

  /** The events with these numbers are durable and are the next ones of the ledger. */
  settled(events: readonly CountedBy[], numbers: readonly Counters[]): void {
    events.forEach(({ target, initiator }, i) => {
      const given = numbers[i];
      if (target && given?.target) this.#unsaved.set(target, given.target);
      if (initiator && given?.initiator) this.#unsaved.set(initiator, given.initiator);
    });
    this.#position += events.length;
  }

  /** The durable count of a key: how many events of it the ledger holds. */
  async total(key: CounterKey): Promise<number> {
    return this.#unsaved.get(key) ?? (await this.#store.load([key])).get(key) ?? 0;
  }

  /** The durable counts of these keys, all as of one position: the first `position` entries of the ledger. */
  async totals(keys: readonly CounterKey[]): Promise<Totals> {
    const before = new Map(this.#unsaved);
    const stored = await this.#store.load(keys);
    // Counts only grow: whichever is largest is the newest, also of a key that was saved during the wait.
    const count = (key: CounterKey): number =>
      Math.max(before.get(key) ?? 0, stored.get(key) ?? 0, this.#unsaved.get(key) ?? 0);
    return {
      counts: new Map(keys.map((key) => [key, count(key)])),
      position: this.#position,
    };
  }

  get unsaved(): number {
    return this.#unsaved.size;
  }

  /** Saves what is durable. A crash before or during this costs counting again from the old position. */
  async save(): Promise<void> {
    if (this.#unsaved.size === 0) return;
    // A copy: events go on settling while the store writes.
    const saving = new Map(this.#unsaved);
    const position = this.#position;
    await this.#store.save(saving, position);
    for (const [key, count] of saving) {
      if (this.#unsaved.get(key) === count) this.#unsaved.delete(key);
    }
    this.#evict();
  }

  #isWarm(key: CounterKey | undefined): boolean {
    return key === undefined || this.#counts.has(key);
  }

  #count(key: CounterKey | undefined): number | null {
    if (key === undefined) return null;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    return count;
  }

  /**
   * Forgets the least recently used. A key whose event is still on its way to the disk is among the most recently
   * used, so what goes is always a count that the store has, or that `unsaved` keeps here.
   */
  #evict(): void {
    let surplus = this.#counts.size - MAX_CACHED_COUNTS;
    for (const key of this.#counts.keys()) {
      if (surplus-- <= 0) return;
      if (!this.#unsaved.has(key)) this.#counts.delete(key);
    }
  }
}
