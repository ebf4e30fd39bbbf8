/**
 * Leaf hashes of runs of lines: on the spot for a few, on threads for many, so that a heavy batch is hashed while
 * it is being written and the main thread does neither.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { Outage } from "../kernel/errors.ts";
import { HASH_BYTES, type Hash, leafHash } from "./merkle.ts";
import { splitLines } from "./segment.ts";
import { TILE_WIDTH, foldTile } from "./tile.ts";

/** Fewer bytes than this are hashed sooner than a thread would have been asked. */
const INLINE_BYTES = 32_768;
const MAX_THREADS = 3;

export interface HashTask {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly first: number | undefined;
}

export interface HashAnswer {
  readonly id: number;
  readonly hashed: HashedLines;
}

export interface HashedLines {
  /** One after the other. */
  readonly leafHashes: Uint8Array<ArrayBuffer>;
  /** The roots over the full tiles of level 0 among them, for whoever knows where they begin. */
  readonly tileRoots: readonly Hash[];
}

/** Hashes whole lines; those of the entries from `first` on, when it is given, also by full tile. */
export function hashLines(bytes: Uint8Array, first?: number): HashedLines {
  const lines = splitLines(bytes);
  const leafHashes = new Uint8Array(lines.length * HASH_BYTES);
  for (const [i, line] of lines.entries()) leafHashes.set(leafHash(line), i * HASH_BYTES);
  const tileRoots: Hash[] = [];
  if (first === undefined) return { leafHashes, tileRoots };
  const untilTile = (TILE_WIDTH - (first % TILE_WIDTH)) % TILE_WIDTH;
  for (let at = untilTile; at + TILE_WIDTH <= lines.length; at += TILE_WIDTH) {
    const tile = leafHashes.subarray(at * HASH_BYTES, (at + TILE_WIDTH) * HASH_BYTES);
    tileRoots.push(foldTile(tile));
  }
  return { leafHashes, tileRoots };
}

interface Pending {
  readonly resolve: (hashed: HashedLines) => void;
  readonly reject: (error: Outage) => void;
}

/** A few threads, started when first needed. They keep no process alive. */
export class LeafHasher {
  readonly #threads: HashThread[] = [];
  readonly #threadCount = Math.max(1, Math.min(MAX_THREADS, availableParallelism() - 1));
  #isClosed = false;

  /**
   * Hashes whole lines, those of the entries from `first` on when it is given. Bytes in shared memory are read in place and must not change until this resolves; others are
   * copied. Rejects with an Outage when the thread died.
   */
  hash(bytes: Uint8Array, first?: number): Promise<HashedLines> {
    if (bytes.length < INLINE_BYTES) return Promise.resolve(hashLines(bytes, first));
    if (this.#isClosed) return Promise.reject(new Outage("the leaf hasher is closed"));
    return this.#idlest().hash(bytes, first);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  #idlest(): HashThread {
    const idlest = this.#threads.toSorted((a, b) => a.load - b.load)[0];
    if (idlest !== undefined && (idlest.load === 0 || this.#threads.length === this.#threadCount)) {
      return idlest;
    }
    const thread = new HashThread();
    this.#threads.push(thread);
    return thread;
  }
}

class HashThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #death: Outage | undefined;

  constructor() {
    // The extension is this file's own: .ts from the sources, .js once compiled.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const thread = new URL(`./leaf-hash-worker${extension}`, import.meta.url);
    // The process's own flags may be about its entry point, and would be about the thread's.
    this.#worker = new Worker(thread, { execArgv: [] });
    this.#worker.unref();
    this.#worker.on("message", ({ id, hashed }: HashAnswer) => {
      this.#pending.get(id)?.resolve(hashed);
      this.#settled(id);
    });
    this.#worker.on("error", (cause) =>
      this.#die(new Outage("a hashing thread failed", { cause })),
    );
    this.#worker.on("exit", () => this.#die(new Outage("a hashing thread ended")));
  }

  get load(): number {
    return this.#pending.size;
  }

  hash(bytes: Uint8Array, first: number | undefined): Promise<HashedLines> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      // While work is under way the process waits for it.
      this.#worker.ref();
      if (bytes.buffer instanceof SharedArrayBuffer) {
        this.#worker.postMessage({ id, bytes, first } satisfies HashTask, []);
      } else {
        // Cloning a view would copy the whole buffer behind it; what is handed over is copied once, and only itself.
        const copy = Uint8Array.from(bytes);
        this.#worker.postMessage({ id, bytes: copy, first } satisfies HashTask, [copy.buffer]);
      }
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #settled(id: number): void {
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
  }

  #die(reason: Outage): void {
    this.#death ??= reason;
    for (const { reject } of this.#pending.values()) reject(this.#death);
    this.#pending.clear();
  }
}
