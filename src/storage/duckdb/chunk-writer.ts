/** Has chunk files written by a thread of its own. */
import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Outage } from "../../kernel/errors.ts";
import type { ChunkAnswer, ChunkOrder, ChunkSetup } from "./chunk-worker.ts";

/**
 * One chunk at a time: `begin`, then `finish`. The files are not synced: they are read back at once, and what
 * they hold is in the ledger. After an error the writer's numbers may not be those of the index any more: close
 * it and make another one.
 */
export class ChunkWriter {
  readonly #worker: Worker;
  readonly #gone = new AbortController();

  constructor(setup: ChunkSetup) {
    const script = new URL(`./chunk-worker${extname(import.meta.url)}`, import.meta.url);
    this.#worker = new Worker(script, { workerData: setup });
    this.#worker.on("error", (error) => this.#gone.abort(error));
    this.#worker.on("exit", () => this.#gone.abort());
    this.#worker.unref();
  }

  /** Writes the texts that have to be looked up, and says how many they are. */
  async begin(first: number, lines: readonly Uint8Array[]): Promise<number> {
    const lengths = Uint32Array.from(lines, (line) => line.length);
    const buffer = new ArrayBuffer(lengths.reduce((sum, length) => sum + length, 0));
    const bytes = new Uint8Array(buffer);
    let at = 0;
    for (const line of lines) {
      bytes.set(line, at);
      at += line.length;
    }
    return this.#ask({ kind: "begin", first, bytes, lengths }, [buffer]);
  }

  /** Given the numbers that were found, by place, writes the rows and the new terms; says how many terms. */
  async finish(known: ReadonlyMap<number, number>): Promise<number> {
    return this.#ask({ kind: "finish", known }, []);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #ask(order: ChunkOrder, moved: readonly ArrayBuffer[]): Promise<number> {
    const answer = await this.#exchange(order, moved);
    if (answer.kind === "done") return answer.count;
    throw new Outage(`A chunk for the search index could not be written: ${answer.reason}`);
  }

  async #exchange(order: ChunkOrder, moved: readonly ArrayBuffer[]): Promise<ChunkAnswer> {
    const { signal } = this.#gone;
    try {
      signal.throwIfAborted();
      const answered = once(this.#worker, "message", { signal });
      this.#worker.ref();
      this.#worker.postMessage(order, moved);
      const [answer]: ChunkAnswer[] = await answered;
      return answer ?? { kind: "failed", reason: "no answer" };
    } catch (error) {
      const cause: unknown = signal.aborted ? signal.reason : error;
      throw new Outage("The thread that prepares chunks for the search index is gone", { cause });
    } finally {
      this.#worker.unref();
    }
  }
}
