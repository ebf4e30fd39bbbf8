/** Writes chunk files: small ones at once, big ones on a thread that is started when the first one comes. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Outage } from "../../kernel/errors.ts";
import { chunkText } from "./chunk.ts";
import type { ChunkAnswer, ChunkOrder } from "./chunk-worker.ts";

/** Up to here projecting takes less time than handing over. */
const SMALL_CHUNK = 64;

export class ChunkWriter {
  #worker: Worker | undefined;

  /** One call at a time. The file is not synced: it is read back at once and its content is in the ledger. */
  async write(path: string, first: number, lines: readonly Uint8Array[]): Promise<void> {
    if (lines.length <= SMALL_CHUNK) {
      await writeFile(path, chunkText(first, lines), { mode: 0o600 });
      return;
    }
    const lengths = Uint32Array.from(lines, (line) => line.length);
    const buffer = new ArrayBuffer(lengths.reduce((sum, length) => sum + length, 0));
    const bytes = new Uint8Array(buffer);
    let at = 0;
    for (const line of lines) {
      bytes.set(line, at);
      at += line.length;
    }
    const failure = await this.#ask({ path, first, bytes, lengths }, buffer);
    if (failure !== undefined) throw new Outage(`A chunk could not be written: ${failure}`);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #ask(order: ChunkOrder, moved: ArrayBuffer): Promise<ChunkAnswer> {
    this.#worker ??= startWorker();
    const answer = once(this.#worker, "message");
    this.#worker.postMessage(order, [moved]);
    try {
      const [failure]: ChunkAnswer[] = await answer;
      return failure;
    } catch (error) {
      // The thread is gone; the next chunk starts another one.
      this.#worker = undefined;
      throw new Outage("The thread that prepares chunks for the search index failed", {
        cause: error,
      });
    }
  }
}

function startWorker(): Worker {
  const worker = new Worker(new URL(`./chunk-worker${extname(import.meta.url)}`, import.meta.url));
  worker.unref();
  return worker;
}
