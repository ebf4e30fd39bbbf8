/**
 * The ledger, read for couriers that are elsewhere: a bounded run at a time. Whoever reads on from where a run ended
 * goes on with the same reading, so that what is sealed is not unpacked once for each run.
 */
import type { EntrySource } from "../../ledger/entry-source.ts";
import { joinedBytes, joinLines } from "../../ledger/segment.ts";

/** A run ends with the piece of the ledger by which it has so many entries or bytes: twice as many are the most. */
export const MAX_RUN_ENTRIES = 1_000;
export const MAX_RUN_BYTES = 1024 * 1024;
/** Readings that are kept for whoever goes on with them; each holds two pieces of a megabyte at most. */
export const MAX_OPEN_READINGS = 16;

export interface JoinedRun {
  readonly first: number;
  /** Whole lines, each with its newline, in a buffer of their own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type Reading = AsyncIterator<{ readonly first: number; readonly lines: readonly Uint8Array[] }>;

export class LedgerReads {
  readonly #source: EntrySource;
  /** By the index that each goes on with; the one that was left longest ago first. */
  readonly #open = new Map<number, Reading>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(source: EntrySource) {
    this.#source = source;
  }

  /** From `from` on, where there is an entry. One at a time: what is held does not grow with those who ask. */
  read(from: number): Promise<JoinedRun> {
    const mine = this.#turn.then(() => this.#read(from));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #read(from: number): Promise<JoinedRun> {
    const left = this.#open.get(from);
    this.#open.delete(from);
    const lines = left ? await this.#take(from, left) : [];
    // One that was left goes no further than the ledger went when it began.
    if (lines.length === 0) lines.push(...(await this.#take(from, this.#begin(from))));
    return { first: from, bytes: joinLines(lines) as Uint8Array<ArrayBuffer> };
  }

  #begin(from: number): Reading {
    return this.#source.read(from, this.#source.size)[Symbol.asyncIterator]();
  }

  async #take(from: number, reading: Reading): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = [];
    let bytes = 0;
    while (lines.length < MAX_RUN_ENTRIES && bytes < MAX_RUN_BYTES) {
      const { done, value } = await reading.next();
      if (done) return lines;
      lines.push(...value.lines);
      bytes += joinedBytes(value.lines);
    }
    this.#keep(from + lines.length, reading);
    return lines;
  }

  #keep(next: number, reading: Reading): void {
    this.#open.delete(next);
    this.#open.set(next, reading);
    for (const [oldest, left] of this.#open) {
      if (this.#open.size <= MAX_OPEN_READINGS) return;
      this.#open.delete(oldest);
      void left.return?.();
    }
  }
}
