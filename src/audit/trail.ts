/**
 * The trail: events become lines of the ledger here. Gives each event its counters, encodes it, and resolves only
 * when the line is durable. The only writer is `app/perform.ts`.
 */
import { invariant, Outage } from "../kernel/errors.ts";
import type { EventId } from "../kernel/ids.ts";
import {
  countedBy,
  EventCounters,
  type CounterKey,
  type CounterStore,
  type Totals,
} from "./counters.ts";
import { encodeEvent, parseEvent, type AuditEvent, type EventDraft } from "./event.ts";

/** What the trail needs of the ledger. A failed append fails every append queued behind it. */
export interface EntryLog {
  readonly size: number;
  readonly status: "open" | "refusing" | "stopped";
  appendBatch(lines: readonly Uint8Array[]): Promise<number>;
  read(from: number, to: number): AsyncIterable<{ first: number; lines: readonly Uint8Array[] }>;
}

/** Where an event stands in the ledger, once it is durable. */
export interface Recorded {
  readonly eventId: EventId;
  readonly index: number;
}

/** Events that have just become durable, next to each other in the ledger from index `first` on. */
export interface RecordedEvents {
  readonly first: number;
  readonly events: readonly EventDraft[];
}

/** How long a count may wait before it is saved, and how many may wait together. */
export const COUNTER_SAVE_INTERVAL_MS = 1_000;
export const MAX_UNSAVED_COUNTS = 10_000;

export class Trail {
  readonly #log: EntryLog;
  readonly #counters: EventCounters;
  readonly #listeners = new Set<(recorded: RecordedEvents) => void>();
  #inFlight = 0;
  /** From a failed append until the counts have been taken anew: so long nobody is given a number. */
  #isStale = false;
  #recounting: Promise<void> | undefined;
  #drained: (() => void) | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(log: EntryLog, counters: EventCounters) {
    this.#log = log;
    this.#counters = counters;
  }

  /** Counts whatever the stored counters have not seen: at most what one save interval appended. */
  static async open(log: EntryLog, store: CounterStore): Promise<Trail> {
    const trail = new Trail(log, new EventCounters(store));
    await trail.#counters.catchUp((from) => trail.events(from));
    return trail;
  }

  get size(): number {
    return this.#log.size;
  }

  /** Whether an event could be recorded now: asked before a change is begun, so that nothing happens if not. */
  assertRecordable(): void {
    if (this.#log.status !== "open") {
      throw new Outage(`the audit trail cannot be written (${this.#log.status}): nothing was done`);
    }
  }

  /**
   * Resolves when all the events are durable, in this order and next to each other. The order of the ledger is
   * the order of the calls. Rejects with an Outage when they are not durable; they then have no number either.
   */
  async record(drafts: readonly EventDraft[]): Promise<readonly Recorded[]> {
    const keys = drafts.map(countedBy);
    while (this.#isStale || !this.#counters.isWarm(keys)) {
      if (this.#isStale) await this.#recount();
      else await this.#counters.warm(keys);
    }
    // From here to appendBatch nothing waits: numbers are given in the order in which lines are queued.
    const numbers = keys.map((each) => this.#counters.next(each));
    const lines = drafts.map((draft, i) => {
      const given = numbers[i];
      invariant(given !== undefined, "every draft has its numbers");
      return encodeEvent(draft, given);
    });
    this.#inFlight += 1;
    try {
      const first = await this.#log.appendBatch(lines);
      this.#counters.settled(keys, numbers);
      this.#scheduleSave();
      for (const listener of this.#listeners) listener({ first, events: drafts });
      return drafts.map((draft, i) => ({ eventId: draft.id, index: first + i }));
    } catch (error) {
      this.#isStale = true;
      throw error;
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#drained?.();
    }
  }

  /**
   * Tells of events once they are durable, in the order of the ledger and before whoever recorded them hears of it. A
   * listener must not throw.
   */
  onRecorded(listener: (recorded: RecordedEvents) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the ledger's events from an index on, up to its size at the call. */
  async *events(from: number): AsyncGenerator<AuditEvent> {
    for await (const { lines } of this.#log.read(from, this.#log.size)) {
      for (const line of lines) yield parseEvent(line);
    }
  }

  /** How many events the ledger holds on a target or by an initiator; see `targetKey`, `initiatorKey`. */
  total(key: CounterKey): Promise<number> {
    return this.#counters.total(key);
  }

  /** The same of several keys, all as of one position in the ledger. */
  totals(keys: readonly CounterKey[]): Promise<Totals> {
    return this.#counters.totals(keys);
  }

  /** Saves the counters; the ledger itself is closed by its owner. */
  async close(): Promise<void> {
    clearTimeout(this.#saveTimer);
    await this.#save();
  }

  /** Those who wait for a number share one recount. One that fails is an Outage for them; the next caller tries again. */
  #recount(): Promise<void> {
    this.#recounting ??= this.#takeNumbersBack().finally(() => (this.#recounting = undefined));
    return this.#recounting;
  }

  /**
   * Numbers were given to events that never became durable. Events behind a failed one fail too, so once all of them
   * have, the counts are taken anew from the ledger.
   */
  async #takeNumbersBack(): Promise<void> {
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#drained = undefined;
    await this.#saving;
    try {
      await this.#counters.catchUp((from) => this.events(from));
    } catch (cause) {
      throw new Outage("the events of the ledger cannot be counted", { cause });
    }
    this.#isStale = false;
  }

  #scheduleSave(): void {
    if (this.#counters.unsaved >= MAX_UNSAVED_COUNTS) void this.#save();
    else this.#saveTimer ??= setTimeout(() => void this.#save(), COUNTER_SAVE_INTERVAL_MS).unref();
  }

  /** A failed save loses nothing: the counts stay unsaved and the next save, or the next start, has them. */
  #save(): Promise<void> {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    this.#saving = this.#saving.then(() => this.#counters.save()).catch(() => undefined);
    return this.#saving;
  }
}
