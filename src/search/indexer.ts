/**
 * Keeps the index at the ledger's heels. The ledger never waits for it: a failing, slow or broken index changes
 * nothing about recording, only how much of the record is found, which every answer says.
 */
import type { EntrySource } from "../ledger/entry-source.ts";
import { setTimeout as wait } from "node:timers/promises";
import { IndexBroken } from "./event-index.ts";
import type { EventIndex } from "./event-index.ts";
import { ID, INDEX } from "./fields.ts";
import type { Plan } from "./plan.ts";
import { projectLine } from "./projection.ts";

/** Most entries, and most bytes, of one chunk. Measured: more gains little and holds up what comes after. */
export const MAX_CHUNK_ENTRIES = 20_000;
export const MAX_CHUNK_BYTES = 16 * 1024 * 1024;
/** When nobody waits, entries gather this long, so that a trickle of events does not keep the disk busy. */
export const GATHER_MS = 200;
/** After a failure: doubled each time, up to the most. */
export const MIN_BACKOFF_MS = 100;
export const MAX_BACKOFF_MS = 30_000;
/** Without work for this long, the index may do its housekeeping. */
export const SETTLE_AFTER_MS = 60_000;

/** How often `rebuild` reports when nothing else moves. */
const PROGRESS_MS = 250;

/** `failing`: the last attempt failed and another one follows; `error` says why. */
export interface IndexLag {
  readonly indexed: number;
  readonly size: number;
  readonly state: "current" | "behind" | "failing";
  readonly error: string | undefined;
}

export interface IndexerOptions {
  readonly gatherMs?: number;
  readonly minBackoffMs?: number;
  readonly settleAfterMs?: number;
}

interface Waiter {
  readonly size: number;
  readonly wake: () => void;
}

export class Indexer {
  readonly #index: EventIndex;
  readonly #source: EntrySource;
  readonly #options: Required<IndexerOptions>;
  readonly #stopped = new AbortController();
  readonly #waiters = new Set<Waiter>();
  readonly #stopListening: () => void;
  #indexed = 0;
  #failures = 0;
  #error: string | undefined;
  #wantsReset = false;
  #isGathering = false;
  /** The index was found to be of this ledger, or was emptied. Before, nothing that it holds is vouched for. */
  #isKnown = false;
  #nudge: AbortController | undefined;
  #loop: Promise<void> = Promise.resolve();

  private constructor(index: EventIndex, source: EntrySource, options: IndexerOptions) {
    this.#index = index;
    this.#source = source;
    this.#options = {
      gatherMs: GATHER_MS,
      minBackoffMs: MIN_BACKOFF_MS,
      settleAfterMs: SETTLE_AFTER_MS,
      ...options,
    };
    this.#stopListening = source.onAppended(() => this.#appended());
  }

  /**
   * Begins to follow the ledger from where the index stands; an index of another ledger is filled anew. The index is
   * the indexer's to write from now on.
   */
  static async start(
    index: EventIndex,
    source: EntrySource,
    options: IndexerOptions = {},
  ): Promise<Indexer> {
    const indexer = new Indexer(index, source, options);
    indexer.#loop = indexer.#run();
    return indexer;
  }

  get lag(): IndexLag {
    const [{ size }, error] = [this.#source, this.#error];
    const indexed = this.#isSound ? this.#indexed : 0;
    if (this.#covers(size)) return { indexed, size, state: "current", error: undefined };
    return { indexed, size, state: error === undefined ? "behind" : "failing", error };
  }

  get #isSound(): boolean {
    return this.#isKnown && !this.#wantsReset;
  }

  #covers(size: number): boolean {
    return this.#isSound && this.#indexed >= size;
  }

  /**
   * Resolves when the first `size` entries can be found, or after `timeoutMs`; the lag says which. Called with
   * the ledger's size at the moment of a query, it makes the answer include everything recorded before.
   */
  async waitFor(size: number, timeoutMs: number): Promise<IndexLag> {
    if (this.#covers(size) || this.#stopped.signal.aborted) return this.lag;
    const found = Promise.withResolvers<void>();
    const waiter = { size, wake: found.resolve };
    this.#waiters.add(waiter);
    this.#wake();
    const timeout = setTimeout(found.resolve, timeoutMs);
    try {
      await found.promise;
    } finally {
      clearTimeout(timeout);
      this.#waiters.delete(waiter);
    }
    return this.lag;
  }

  /**
   * Throws the index away and fills it again up to the ledger's present size. Searches meanwhile find what is
   * already back and say that they are behind. Rejects when the indexer is stopped before the end.
   */
  async rebuild(onProgress: (lag: IndexLag) => void = () => {}): Promise<void> {
    const { size } = this.#source;
    this.#wantsReset = true;
    this.#wake();
    while (!this.#covers(size)) {
      if (this.#stopped.signal.aborted) throw new Error("The indexer was stopped");
      await this.waitFor(this.#wantsReset ? Infinity : this.#indexed + 1, PROGRESS_MS);
      onProgress(this.lag);
    }
  }

  /** Finishes the chunk at hand and stops. The index stays open. */
  async stop(): Promise<void> {
    this.#stopListening();
    this.#stopped.abort();
    this.#nudge?.abort();
    await this.#loop;
    for (const { wake } of this.#waiters) wake();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#step();
      } catch (error) {
        await this.#failed(error);
      }
    }
  }

  /** One round: a reset if one is due, else whatever is new, else rest. */
  async #step(): Promise<void> {
    if (!this.#isKnown) await this.#getToKnow();
    if (this.#wantsReset) {
      await this.#index.reset();
      this.#wantsReset = false;
      this.#isKnown = true;
      this.#moveTo(await this.#index.position());
    }
    const { size } = this.#source;
    if (this.#indexed >= size) {
      this.#error = undefined;
      this.#failures = 0;
      const isWoken = await this.#rest(this.#options.settleAfterMs);
      if (!isWoken && !this.#stopped.signal.aborted) await this.#index.settle();
      return;
    }
    if (this.#waiters.size === 0 && size - this.#indexed < MAX_CHUNK_ENTRIES) {
      await this.#gather();
    }
    await this.#catchUp(this.#source.size);
  }

  async #getToKnow(): Promise<void> {
    const position = await this.#index.position();
    this.#isKnown = await this.#belongs(position);
    if (this.#isKnown) this.#moveTo(position);
    else this.#wantsReset = true;
  }

  /**
   * Whether the index is of this ledger: its last entry has the id that it has there. One that is ahead is not; nor
   * is one that was left behind by a data folder put back from a copy.
   */
  async #belongs(position: number): Promise<boolean> {
    const last = position - 1;
    if (last < 0) return true;
    if (position > this.#source.size) return false;
    for await (const { lines } of this.#source.read(last, last + 1)) {
      const id = lines[0] && projectLine(last, lines[0])[ID.column];
      if (typeof id !== "string") return true;
      return (await this.#index.count({ plan: entryWithId(last, id) })) === 1;
    }
    return true;
  }

  async #catchUp(size: number): Promise<void> {
    let lines: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of this.#source.read(this.#indexed, size)) {
      for (const line of part.lines) {
        lines.push(line);
        bytes += line.length;
        if (lines.length < MAX_CHUNK_ENTRIES && bytes < MAX_CHUNK_BYTES) continue;
        await this.#ingest(lines);
        if (this.#stopped.signal.aborted || this.#wantsReset) return;
        lines = [];
        bytes = 0;
      }
    }
    if (lines.length > 0) await this.#ingest(lines);
  }

  async #ingest(lines: readonly Uint8Array[]): Promise<void> {
    await this.#index.ingest(this.#indexed, lines);
    this.#error = undefined;
    this.#failures = 0;
    this.#moveTo(this.#indexed + lines.length);
  }

  async #failed(error: unknown): Promise<void> {
    this.#error = error instanceof Error ? error.message : String(error);
    if (error instanceof IndexBroken) this.#wantsReset = true;
    const backoffMs = Math.min(MAX_BACKOFF_MS, this.#options.minBackoffMs * 2 ** this.#failures);
    this.#failures += 1;
    await this.#backOff(backoffMs);
    // The failed chunk may have been taken after all; the index knows.
    if (this.#isSound) this.#moveTo(await this.#index.position());
  }

  async #backOff(backoffMs: number): Promise<void> {
    try {
      await wait(backoffMs, undefined, { signal: this.#stopped.signal });
    } catch {
      // Stopped, which the loop sees by itself.
    }
  }

  /** Until new entries come or somebody waits; false when neither happens in time. */
  async #rest(timeoutMs: number): Promise<boolean> {
    if (this.#stopped.signal.aborted) return true;
    this.#nudge = new AbortController();
    try {
      await wait(timeoutMs, undefined, { signal: this.#nudge.signal, ref: false });
      return false;
    } catch {
      return true;
    } finally {
      this.#nudge = undefined;
    }
  }

  async #gather(): Promise<void> {
    this.#isGathering = true;
    await this.#rest(this.#options.gatherMs);
    this.#isGathering = false;
  }

  /** Whoever gathers is woken by a full chunk only: at thousands of entries a second each wake would count. */
  #appended(): void {
    if (!this.#isGathering || this.#source.size - this.#indexed >= MAX_CHUNK_ENTRIES) this.#wake();
  }

  #wake(): void {
    this.#nudge?.abort();
  }

  #moveTo(indexed: number): void {
    this.#indexed = indexed;
    for (const { size, wake } of this.#waiters) if (this.#covers(size)) wake();
  }
}

function entryWithId(seq: number, id: string): Plan {
  const at = { value: seq, inclusive: true };
  return {
    kind: "and",
    of: [
      { kind: "number", field: INDEX, range: { min: at, max: at } },
      { kind: "text", field: ID, test: { kind: "equals", text: id, exactCase: false } },
    ],
  };
}
