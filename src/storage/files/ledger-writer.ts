/** The near side of the writing thread: appends by message, answered in order. */
import { Worker } from "node:worker_threads";
import { Outage } from "../../kernel/errors.ts";
import { StoreFull } from "../../ledger/store.ts";

export interface PathWrite {
  readonly path: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface AppendTask {
  readonly id: number;
  readonly writes: readonly PathWrite[];
}

export interface AppendAnswer {
  readonly id: number;
  /** There was no room, and nothing of the writes remains. */
  readonly full?: string;
  /** The writes may or may not have happened. */
  readonly failed?: string;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (reason: Outage) => void;
}

export class LedgerWriter {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #death: Outage | undefined;

  constructor() {
    // The extension is this file's own: .ts from the sources, .js once compiled.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    this.#worker = new Worker(new URL(`./ledger-writer-thread${extension}`, import.meta.url));
    this.#worker.unref();
    this.#worker.on("message", (answer: AppendAnswer) => this.#answered(answer));
    this.#worker.on("error", (cause) =>
      this.#die(new Outage("the writing thread failed", { cause })),
    );
    this.#worker.on("exit", () => this.#die(new Outage("the writing thread ended")));
  }

  /** Appends and syncs; see LedgerStore.append. Bytes in shared memory are written from where they are. */
  append(writes: readonly PathWrite[]): Promise<void> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const task: AppendTask = { id: this.#nextId++, writes };
    return new Promise((resolve, reject) => {
      this.#pending.set(task.id, { resolve, reject });
      // While a write is under way the process waits for it.
      this.#worker.ref();
      this.#worker.postMessage(task, []);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #answered({ id, full, failed }: AppendAnswer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (full !== undefined) pending?.reject(new StoreFull(full));
    else if (failed !== undefined) pending?.reject(new Outage(`entries not written: ${failed}`));
    else pending?.resolve();
  }

  #die(reason: Outage): void {
    this.#death ??= reason;
    for (const { reject } of this.#pending.values()) reject(this.#death);
    this.#pending.clear();
  }
}
