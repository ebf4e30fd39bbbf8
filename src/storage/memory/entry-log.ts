/** An entry log in memory with the ledger's promises, and hooks that make it fail; for tests of what records. */
import type { EntryLog } from "../../audit/trail.ts";
import { Outage } from "../../kernel/errors.ts";

interface Waiting {
  readonly lines: readonly Uint8Array[];
  readonly resolve: (first: number) => void;
  readonly reject: (error: Outage) => void;
}

export class MemoryEntryLog implements EntryLog {
  readonly lines: Uint8Array[] = [];
  status: "open" | "refusing" | "stopped" = "open";
  /** The next group fails: before it is kept, or after ("failed but persisted"). */
  failNext: "before" | "after" | null = null;
  /** The next reading fails, half-way. */
  failNextRead = false;
  #waiting: Waiting[] = [];
  #listeners = new Set<(batch: { first: number; lines: readonly Uint8Array[] }) => void>();

  get size(): number {
    return this.lines.length;
  }

  /** Groups what is appended in one turn, as the ledger does; a failed group fails all that waits. */
  appendBatch(lines: readonly Uint8Array[]): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ lines, resolve, reject });
    });
  }

  async append(line: Uint8Array): Promise<number> {
    return this.appendBatch([line]);
  }

  async *read(from: number, to: number): AsyncGenerator<{ first: number; lines: Uint8Array[] }> {
    const middle = this.failNextRead ? Math.floor((from + to) / 2) : to;
    const fails = this.failNextRead;
    this.failNextRead = false;
    if (from < middle) yield { first: from, lines: this.lines.slice(from, middle) };
    if (fails) throw new Outage("the log was told to fail while it was read");
  }

  async entries(indexes: readonly number[]): Promise<Uint8Array[]> {
    return indexes.map((index) => this.lines[index] as Uint8Array);
  }

  onAppended(
    listener: (batch: { first: number; lines: readonly Uint8Array[] }) => void,
  ): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    const failure = this.status === "open" ? this.failNext : "before";
    this.failNext = null;
    if (failure === "before") {
      for (const { reject } of group) reject(new Outage("the log was told to fail"));
      return;
    }
    for (const { lines, resolve, reject } of group) {
      const first = this.lines.length;
      this.lines.push(...lines);
      if (failure === "after") reject(new Outage("the log was told to fail after writing"));
      else {
        resolve(first);
        for (const listener of this.#listeners) listener({ first, lines });
      }
    }
  }
}
