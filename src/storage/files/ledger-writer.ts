/** The near side of a writing thread: tasks by message, done and answered in order. */
import { Worker } from "node:worker_threads";
import { Outage } from "../../kernel/errors.ts";
import { StoreFull } from "../../ledger/store.ts";

export interface PathWrite {
  readonly path: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface AppendTask {
  readonly kind: "append";
  readonly id: number;
  readonly writes: readonly PathWrite[];
}

/** Writes `temporary`, and renames it to `path`. */
export interface PutTask {
  readonly kind: "put";
  readonly id: number;
  readonly path: string;
  readonly temporary: string;
  readonly bytes: Uint8Array;
  readonly isDurable: boolean;
}

export type WriteTask = AppendTask | PutTask;

export interface WriteAnswer {
  readonly id: number;
  /** There was no room, and nothing of the write remains. */
  readonly full?: string;
  /** The write may or may not have happened. */
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
    const thread = new URL(`./ledger-writer-thread${extension}`, import.meta.url);
    // The process's own flags may be about its entry point, and would be about the thread's.
    this.#worker = new Worker(thread, { execArgv: [] });
    this.#worker.unref();
    this.#worker.on("message", (answer: WriteAnswer) => this.#answered(answer));
    this.#worker.on("error", (cause) =>
      this.#die(new Outage("a writing thread failed", { cause })),
    );
    this.#worker.on("exit", () => this.#die(new Outage("a writing thread ended")));
  }

  /** Appends and syncs; see LedgerStore.append. Bytes in shared memory are written from where they are. */
  append(writes: readonly PathWrite[]): Promise<void> {
    const trimmed = writes.map((write) => ({ ...write, bytes: ownBytes(write.bytes) }));
    return this.#perform({ kind: "append", id: this.#nextId++, writes: trimmed });
  }

  /** Replaces a file; see LedgerStore.put. */
  put(task: Omit<PutTask, "kind" | "id">): Promise<void> {
    const id = this.#nextId++;
    return this.#perform({ ...task, bytes: ownBytes(task.bytes), kind: "put", id });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #perform(task: WriteTask): Promise<void> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    return new Promise((resolve, reject) => {
      this.#pending.set(task.id, { resolve, reject });
      // While a write is under way the process waits for it.
      this.#worker.ref();
      this.#worker.postMessage(task, []);
    });
  }

  #answered({ id, full, failed }: WriteAnswer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (full !== undefined) pending?.reject(new StoreFull(`no room: ${full}`));
    else if (failed !== undefined) pending?.reject(new Outage(`not written: ${failed}`));
    else pending?.resolve();
  }

  #die(reason: Outage): void {
    this.#death ??= reason;
    for (const { reject } of this.#pending.values()) reject(this.#death);
    this.#pending.clear();
  }
}

/** Sending a view copies the whole buffer behind it, unless that is shared: so the view gets a buffer of its own. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  const { buffer, byteLength } = bytes;
  const isOwn = buffer instanceof SharedArrayBuffer || buffer.byteLength === byteLength;
  return isOwn ? bytes : Uint8Array.from(bytes);
}
