/**
 * Publishing a checkpoint. The order is the safety argument:
 *
 *   1. tiles: a crash here leaves hashes nobody refers to yet; they are written again.
 *   2. sign, then swap the head lock: from here on this head is the log's history. A crash before the swap leaves a
 *      signature nobody saw; a crash after it leaves a head that recovery publishes.
 *   3. the checkpoint file: what the world sees, never ahead of the lock.
 */
import { utf8 } from "../kernel/bytes.ts";
import { Outage } from "../kernel/errors.ts";
import { type SignedCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { type HeadRecord, encodeHeadRecord } from "./head-record.ts";
import type { NoteSigner } from "./note.ts";
import { HeadConflict, type HeadLock, type LedgerStore } from "./store.ts";
import { type TileId, partialTiles, tilePath } from "./tile.ts";
import type { TreeSnapshot } from "./tree-growth.ts";

export const CHECKPOINT_FILE = "checkpoint";

/** How many tiles are written at a time. */
const PARALLEL_WRITES = 8;

export interface PublisherOptions {
  readonly store: LedgerStore;
  readonly lock: HeadLock;
  readonly signer: NoteSigner;
  /** The lock's record, and the checkpoint it holds; undefined before the first. */
  readonly record: HeadRecord | undefined;
  readonly checkpoint: SignedCheckpoint | undefined;
  /** What the checkpoint file holds; undefined when it must be written. */
  readonly published: string | undefined;
  /** Partial tiles that may be left from heads before it. */
  readonly stale: readonly TileId[];
}

/** Signs heads that only ever grow. One call at a time. */
export class Publisher {
  readonly #options: PublisherOptions;
  #record: HeadRecord | undefined;
  #checkpoint: SignedCheckpoint | undefined;
  /** What the checkpoint file is known to hold; undefined when a write of it failed. */
  #published: string | undefined;
  /** Partial tiles that wider ones have replaced. */
  #stale: readonly TileId[];
  /** A swap that failed and may nevertheless have happened. */
  #inDoubt: { readonly record: HeadRecord; readonly checkpoint: SignedCheckpoint } | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#record = options.record;
    this.#checkpoint = options.checkpoint;
    this.#published = options.published;
    this.#stale = options.stale;
  }

  /** The latest head that has been published. */
  get checkpoint(): SignedCheckpoint | undefined {
    return this.#checkpoint;
  }

  /**
   * Resolves once a checkpoint of that tree is durable in the lock and in the store. Throws HeadConflict when another
   * process has signed meanwhile: this one must stop. After any other failure it may be called again.
   */
  async publish(snapshot: TreeSnapshot): Promise<SignedCheckpoint> {
    await this.#settleDoubt();
    await this.#catchUp();
    if (this.#checkpoint?.size === snapshot.size) return this.#checkpoint;
    await this.tidy();
    await this.#writeTiles(snapshot);
    const { signer } = this.#options;
    const head = { origin: signer.name, size: snapshot.size, root: snapshot.root };
    const checkpoint = await signCheckpoint(head, signer);
    await this.#swap({ current: checkpoint.text, previous: this.#published ?? null }, checkpoint);
    await this.#catchUp();
    return checkpoint;
  }

  async #swap(record: HeadRecord, checkpoint: SignedCheckpoint): Promise<void> {
    const expected = this.#record && encodeHeadRecord(this.#record);
    this.#inDoubt = { record, checkpoint };
    await this.#options.lock.compareAndSwap(expected, encodeHeadRecord(record));
    this.#inDoubt = undefined;
    this.#moveTo(record, checkpoint);
  }

  #moveTo(record: HeadRecord, checkpoint: SignedCheckpoint): void {
    const wanted = new Set(partialTiles(checkpoint.size).map(tilePath));
    const before = partialTiles(this.#checkpoint?.size ?? 0);
    this.#stale = [...this.#stale, ...before.filter((tile) => !wanted.has(tilePath(tile)))];
    this.#record = record;
    this.#checkpoint = checkpoint;
  }

  /**
   * Removes partial tiles that wider ones have replaced. Left until the next publication, or the end, so that whoever
   * is reading one just then still finds it.
   */
  async tidy(): Promise<void> {
    await Promise.all(this.#stale.map((tile) => this.#options.store.remove(tilePath(tile))));
    this.#stale = [];
  }

  /** A swap that failed may have happened: the lock itself tells. */
  async #settleDoubt(): Promise<void> {
    if (this.#inDoubt === undefined) return;
    const { record, checkpoint } = this.#inDoubt;
    const held = await this.#options.lock.load();
    if (held === encodeHeadRecord(record)) {
      this.#moveTo(record, checkpoint);
    } else if (held !== (this.#record && encodeHeadRecord(this.#record))) {
      throw new HeadConflict("the head lock has been changed by someone else");
    }
    this.#inDoubt = undefined;
  }

  /** Brings the checkpoint file up to the lock; always done before the lock moves on. */
  async #catchUp(): Promise<void> {
    if (this.#record === undefined || this.#published === this.#record.current) return;
    const { current } = this.#record;
    await this.#options.store.put(CHECKPOINT_FILE, utf8(current), { durable: true });
    this.#published = current;
  }

  /**
   * Tiles are written without waiting for the disk: they derive from the segments, and what a loss of power leaves
   * missing, short or empty is made again at the next start. Sealing makes those of a segment durable.
   */
  async #writeTiles({ tiles }: TreeSnapshot): Promise<void> {
    for (let at = 0; at < tiles.length; at += PARALLEL_WRITES) {
      const writes = tiles
        .slice(at, at + PARALLEL_WRITES)
        .map(({ tile, bytes }) =>
          this.#options.store.put(tilePath(tile), bytes, { durable: false }),
        );
      // All of them are awaited also when one fails, so that no write outlives this call.
      const outcomes = await Promise.allSettled(writes);
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (failed !== undefined) {
        throw new Outage("a tile could not be written", { cause: failed.reason });
      }
    }
  }
}
