/** Has chunk files written by a thread of its own, started when the first chunk comes. */
import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Outage } from "../../kernel/errors.ts";
import type { ChunkAnswer, ChunkOrder, Dictionaries } from "./chunk-worker.ts";

export interface ChunkFiles {
  readonly eventsPath: string;
  readonly termsPath: string;
}

export class ChunkWriter {
  readonly #files: ChunkFiles;
  readonly #worker: Worker;

  constructor(files: ChunkFiles, dictionaries: Dictionaries) {
    this.#files = files;
    const script = new URL(`./chunk-worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(script, { workerData: dictionaries });
    this.#worker.unref();
  }

  /**
   * Writes the files; true when there are new terms. One call at a time. They are not synced: they are read back
   * at once, and what they hold is in the ledger. After an error the writer's numbers are not those of the index
   * any more: close it and make another one.
   */
  async write(first: number, lines: readonly Uint8Array[]): Promise<boolean> {
    const lengths = Uint32Array.from(lines, (line) => line.length);
    const buffer = new ArrayBuffer(lengths.reduce((sum, length) => sum + length, 0));
    const bytes = new Uint8Array(buffer);
    let at = 0;
    for (const line of lines) {
      bytes.set(line, at);
      at += line.length;
    }
    const order: ChunkOrder = { ...this.#files, first, bytes, lengths };
    const answered = once(this.#worker, "message");
    this.#worker.ref();
    this.#worker.postMessage(order, [buffer]);
    try {
      const [answer]: ChunkAnswer[] = await answered;
      if (answer?.error === undefined) return answer?.hasTerms ?? false;
      throw new Outage(`A chunk for the search index could not be written: ${answer.error}`);
    } finally {
      this.#worker.unref();
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
