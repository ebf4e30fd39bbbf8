/** One life of the couriers' thread, seen from the server's: what is asked, and what comes back. */
import { Worker } from "node:worker_threads";
import type { Millis } from "../../kernel/clock.ts";
import { Outage, Refusal } from "../../kernel/errors.ts";
import type { EntrySource } from "../../ledger/entry-source.ts";
import type { Tested } from "../couriers.ts";
import type { CourierReport } from "../progress.ts";
import type { LedgerReads } from "./ledger-reads.ts";
import type { Order, Present, Request, Word } from "./messages.ts";

/** Of JavaScript's objects; whatever makes it grow beyond that takes the thread down, and not the server. */
export const MAX_THREAD_HEAP_MB = 512;

/** Which file is run, and what it is given to begin with: cloned. */
export interface ThreadStart {
  readonly file: URL;
  readonly given: unknown;
}

export interface ThreadLifePorts {
  readonly source: EntrySource;
  readonly reads: LedgerReads;
  /** How far the server's clock is behind this machine's. */
  readonly behindMs: () => Millis;
  readonly report: (report: CourierReport) => void;
  /** Once, however it ends, also after `terminate`. */
  readonly ended: (reason: Outage) => void;
  readonly onTrouble: (error: unknown) => void;
}

interface Pending {
  readonly resolve: (tested: Tested | null) => void;
  readonly reject: (error: unknown) => void;
}

export class ThreadLife {
  readonly #ports: ThreadLifePorts;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #death: Outage | undefined;

  constructor({ file, given }: ThreadStart, ports: ThreadLifePorts) {
    this.#ports = ports;
    this.#worker = new Worker(file, {
      workerData: given,
      // The process's own flags may be about its entry point, and would be about the thread's.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_THREAD_HEAP_MB },
    });
    this.#worker.unref();
    this.#worker.on("message", (word: Word) => this.#heard(word));
    this.#worker.on("error", (cause) => this.#die(cause));
    this.#worker.on("exit", () => this.#die(undefined));
  }

  /** Rejects with an Outage when the thread ends before it has answered, and with the Refusal that it answers. */
  ask(request: Request): Promise<Tested | null> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#order({ kind: "asked", id, request, now: this.#present() });
    });
  }

  grown(): void {
    this.#order({ kind: "grown", now: this.#present() });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #heard(word: Word): void {
    switch (word.kind) {
      case "reports":
        for (const report of word.reports) this.#ports.report(report);
        return;
      case "read":
        return void this.#read(word.id, word.from);
      case "answer":
        return this.#answered(word.id, ({ resolve }) => resolve(word.tested));
      case "refused": {
        const { code, message, details } = word.refusal;
        return this.#answered(word.id, ({ reject }) => reject(new Refusal(code, message, details)));
      }
      case "failed":
        return this.#answered(word.id, ({ reject }) => reject(word.error));
    }
  }

  async #read(id: number, from: number): Promise<void> {
    try {
      const { first, bytes } = await this.#ports.reads.read(from);
      this.#worker.postMessage({ kind: "run", id, first, bytes } satisfies Order, [bytes.buffer]);
    } catch (error) {
      this.#order({ kind: "unreadable", id });
      this.#ports.onTrouble(error);
    }
  }

  #answered(id: number, settle: (pending: Pending) => void): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending) settle(pending);
  }

  #order(order: Order): void {
    this.#worker.postMessage(order, []);
  }

  #present(): Present {
    return { size: this.#ports.source.size, behindMs: this.#ports.behindMs() };
  }

  #die(cause: unknown): void {
    if (this.#death !== undefined) return;
    this.#death = new Outage("the thread that delivers has ended", { cause });
    for (const { reject } of this.#pending.values()) reject(this.#death);
    this.#pending.clear();
    this.#ports.ended(this.#death);
  }
}
