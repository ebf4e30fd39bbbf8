/**
 * The ledger: entries in order, each durable before its append resolves, all of them under one Merkle tree whose
 * signed head is published within a second. One process, one writer.
 */
import { Outage, Refusal, invariant } from "../kernel/errors.ts";
import { signCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { Coalesced } from "./coalesced.ts";
import { LedgerCorruption } from "./corruption.ts";
import { type DurableGroup, GroupCommit, type LedgerStatus } from "./group-commit.ts";
import { LeafHasher } from "./leaf-hasher.ts";
import { HASH_BYTES, type Hash, consistencyProof, inclusionProof, treeRoot } from "./merkle.ts";
import type { NoteSigner } from "./note.ts";
import { Publisher } from "./publisher.ts";
import { type Recovered, type RecoveryReport, recover } from "./recovery.ts";
import { sealSegment } from "./sealer.ts";
import { SEGMENT_ENTRIES, segmentFile } from "./segment.ts";
import type { EntryRun, PlainSegment, Segments } from "./segments.ts";
import { HeadConflict, type HeadLock, type LedgerStore } from "./store.ts";
import {
  TILE_WIDTH,
  TileHashReader,
  type TileId,
  encodeBundle,
  tilePath,
  tileWidth,
} from "./tile.ts";
import type { TreeGrowth } from "./tree-growth.ts";

/** A checkpoint is published at the latest this long after an append, if publishing works at all. */
const PUBLISH_DELAY_MS = 500;
/** How often a full disk is looked at, beside the look that each append takes. */
const PROBE_INTERVAL_MS = 1_000;

/** What the ledger has to say to whoever keeps the process's log. Never an entry's content. */
export type LedgerReport =
  | RecoveryReport
  | { readonly kind: "status"; readonly status: LedgerStatus; readonly reason: Outage | undefined }
  | { readonly kind: "publish-failed"; readonly error: unknown }
  | { readonly kind: "sealed"; readonly first: number; readonly sizeBytes: number }
  | { readonly kind: "seal-failed"; readonly first: number; readonly error: unknown };

export interface LedgerOptions {
  readonly store: LedgerStore;
  readonly lock: HeadLock;
  /** The log's key; its name is the log's origin. */
  readonly signer: NoteSigner;
  readonly report?: (report: LedgerReport) => void;
}

/** Consecutive entries that have just become durable. */
export interface AppendedBatch {
  readonly first: number;
  readonly lines: readonly Uint8Array[];
}

/** One write and sync: for metrics. */
export interface GroupMeasure {
  readonly entries: number;
  readonly bytes: number;
  readonly durationMs: number;
}

export class Ledger {
  readonly origin: string;
  readonly vkey: string;
  readonly #options: LedgerOptions;
  readonly #segments: Segments;
  readonly #tree: TreeGrowth;
  readonly #hasher: LeafHasher;
  readonly #commit: GroupCommit;
  readonly #publisher: Publisher;
  readonly #appendedListeners = new Set<(batch: AppendedBatch) => void>();
  readonly #groupListeners = new Set<(measure: GroupMeasure) => void>();
  readonly #publishing = new Coalesced(() => this.#publishNow());
  readonly #sealing = new Coalesced(() => this.#sealAll());
  #publishTimer: NodeJS.Timeout | undefined;
  #probeTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(options: LedgerOptions, hasher: LeafHasher, recovered: Recovered) {
    this.#options = options;
    this.#hasher = hasher;
    this.origin = options.signer.name;
    this.vkey = options.signer.vkey;
    this.#segments = recovered.segments;
    this.#tree = recovered.tree;
    this.#publisher = new Publisher({ ...options, ...recovered.head });
    this.#commit = new GroupCommit({
      store: options.store,
      size: recovered.segments.size,
      openBytes: recovered.openBytes,
      hash: (bytes, first) => hasher.hash(bytes, first),
      onDurable: (group) => this.#durable(group),
      onStatus: (status, reason) => this.#statusChanged(status, reason),
    });
  }

  /**
   * Recovers what is there, or begins a new log, and publishes its head. Resolves only over a ledger whose files
   * agree with each other and with the last head this log has signed: a tail that a crash left torn is cut and
   * reported, anything else is a LedgerCorruption that names it. Costs a reading of every file: sealed ones are
   * digested on the thread pool, the open one is hashed line by line. The store is the ledger's from here on, and is
   * closed with it, also when this rejects.
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const hasher = new LeafHasher();
    try {
      await options.store.holdReserve();
      const recovered = await recover({ ...options, hasher });
      const ledger = new Ledger(options, hasher, recovered);
      await ledger.publish();
      return ledger;
    } catch (error) {
      await hasher.close();
      await options.store.close();
      throw error;
    }
  }

  /** Entries that are durable. */
  get size(): number {
    return this.#commit.size;
  }

  get status(): LedgerStatus {
    return this.#commit.status;
  }

  /**
   * Records a line of 1 to 65,535 bytes of UTF-8 without a newline. Resolves to its index once it is durable: it
   * survives a crash and a loss of power, and every later head covers it. Indexes follow the order of the calls. After
   * an Outage the line is not part of the log, except that a failed write of the disk itself leaves this open until
   * the next start (status "stopped"). When one append fails, every append behind it fails too. The bytes must not be
   * changed before this settles.
   */
  append(line: Uint8Array): Promise<number> {
    return this.appendBatch([line]);
  }

  /** Records lines one after the other, all or none; resolves to the index of the first. See `append`. */
  appendBatch(lines: readonly Uint8Array[]): Promise<number> {
    if (this.#isClosed) return Promise.reject(new Outage("the ledger is closed"));
    return this.#commit.append(lines);
  }

  /** The durable entries from `from` up to `to`, in runs of at most a megabyte or 256 entries; holds two in memory. */
  async *read(from: number, to: number): AsyncGenerator<EntryRun> {
    yield* this.#segments.read(Math.max(0, from), Math.min(to, this.size));
  }

  /** Durable entries by index, in the order asked. Throws a Refusal `not_found` for an index beyond the end. */
  async entries(indexes: readonly number[]): Promise<Uint8Array[]> {
    for (const index of indexes) {
      if (!(index >= 0 && index < this.size)) throw new Refusal("not_found", `no entry ${index}`);
    }
    return this.#segments.entries(indexes);
  }

  /** The latest head that was signed and locked. */
  checkpoint(): SignedCheckpoint {
    const { checkpoint } = this.#publisher;
    invariant(checkpoint !== undefined, "an open ledger has published its head");
    return checkpoint;
  }

  /**
   * Resolves to a published checkpoint over at least the entries that are durable now. Calls made together share one.
   * Rejects with an Outage when it cannot be published; entries stay recorded, and the next attempt covers them.
   */
  publish(): Promise<SignedCheckpoint> {
    return this.#publishing.run();
  }

  /** RFC 6962, 2.1.1, within a published tree. Throws a Refusal when there is no such leaf or tree. */
  async inclusionProof(index: number, size: number): Promise<Hash[]> {
    if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) {
      throw new Refusal("invalid_request", `a tree of ${size} entries has no entry ${index}`);
    }
    return inclusionProof(this.#published(size), index, size);
  }

  /** RFC 6962, 2.1.2, between published trees. Throws a Refusal when there are no such trees. */
  async consistencyProof(size1: number, size2: number): Promise<Hash[]> {
    if (!(Number.isSafeInteger(size1) && size1 >= 1 && size1 <= size2)) {
      throw new Refusal(
        "invalid_request",
        `a tree of ${size2} does not begin with one of ${size1}`,
      );
    }
    return consistencyProof(this.#published(size2), size1, size2);
  }

  /** The root of a published tree. */
  async rootAt(size: number): Promise<Hash> {
    return treeRoot(this.#published(size), size);
  }

  /**
   * A checkpoint of the first `size` entries, all of them durable, with lines that say something of them (C2SP
   * tlog-checkpoint, "extension lines"). It is no head: nothing is published by it that was not published before.
   */
  async attest(size: number, statement: readonly string[]): Promise<SignedCheckpoint> {
    if (size > this.checkpoint().size) await this.publish();
    const head = { origin: this.origin, size, root: await this.rootAt(size) };
    return signCheckpoint(head, this.#options.signer, statement);
  }

  /** A tile's first `width` hashes; undefined when the published tree does not reach them. */
  async tile(level: number, index: number, width: number): Promise<Uint8Array | undefined> {
    const available = tileWidth(level, index, this.checkpoint().size);
    if (!(width >= 1 && width <= available)) return undefined;
    const bytes = await this.#readTile({ level, index, width: available });
    return bytes.subarray(0, width * HASH_BYTES);
  }

  /** The bundle of `width` entries that belong to a tile of level 0; undefined beyond the published tree. */
  async entryBundle(index: number, width: number): Promise<Uint8Array | undefined> {
    const available = tileWidth(0, index, this.checkpoint().size);
    if (!(width >= 1 && width <= available)) return undefined;
    const first = index * TILE_WIDTH;
    return encodeBundle(
      await this.#segments.entries(Array.from({ length: width }, (_, i) => first + i)),
    );
  }

  /**
   * Tells of entries once they are durable, in order and before their appends resolve. A listener must not throw, which
   * stops the ledger, and must not keep the event loop: appends wait for it.
   */
  onAppended(listener: (batch: AppendedBatch) => void): () => void {
    this.#appendedListeners.add(listener);
    return () => this.#appendedListeners.delete(listener);
  }

  /** Tells of each write and sync, for metrics. */
  onGroup(listener: (measure: GroupMeasure) => void): () => void {
    this.#groupListeners.add(listener);
    return () => this.#groupListeners.delete(listener);
  }

  /**
   * Takes no further appends, waits for those under way, publishes a last checkpoint, and lets go of threads and
   * files. Rejects when that checkpoint cannot be published; everything is let go of all the same.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#publishTimer);
    clearTimeout(this.#probeTimer);
    try {
      await this.#commit.drained();
      if (this.status === "stopped") return;
      await this.publish();
      await this.#publisher.tidy();
    } finally {
      clearTimeout(this.#publishTimer);
      await this.#sealing.idle();
      await this.#hasher.close();
      await this.#options.store.close();
    }
  }

  #durable({ first, lines, hashed, sizeBytes, durationMs }: DurableGroup): void {
    this.#segments.appended(lines);
    this.#tree.grow(hashed.leafHashes, hashed.tileRoots);
    this.#publishTimer ??= setTimeout(() => this.#publishOnTime(), PUBLISH_DELAY_MS);
    for (const listener of this.#appendedListeners) listener({ first, lines });
    const measure = { entries: lines.length, bytes: sizeBytes, durationMs };
    for (const listener of this.#groupListeners) listener(measure);
  }

  #publishOnTime(): void {
    this.publish().catch((error: unknown) => {
      this.#report({ kind: "publish-failed", error });
      // Entries are recorded all the same; until a head covers them it is tried again and again.
      if (!this.#isClosed && this.status !== "stopped") {
        this.#publishTimer ??= setTimeout(() => this.#publishOnTime(), PUBLISH_DELAY_MS);
      }
    });
  }

  async #publishNow(): Promise<SignedCheckpoint> {
    clearTimeout(this.#publishTimer);
    this.#publishTimer = undefined;
    try {
      const snapshot = this.#tree.snapshot();
      const checkpoint = await this.#publisher.publish(snapshot);
      this.#tree.written(snapshot.size);
      if (this.#nextToSeal() !== undefined) void this.#sealing.run();
      return checkpoint;
    } catch (error) {
      // Two processes that sign for one log would be two histories: this one must not write another entry.
      if (error instanceof HeadConflict) this.#commit.stop(error);
      throw error;
    }
  }

  #nextToSeal(): PlainSegment | undefined {
    const [oldest] = this.#segments.unsealed();
    const isPublished = (oldest?.first ?? 0) + SEGMENT_ENTRIES <= this.checkpoint().size;
    return isPublished ? oldest : undefined;
  }

  /** Oldest first; a failure is reported and tried again after the next publication. Never rejects. */
  async #sealAll(): Promise<void> {
    for (let next = this.#nextToSeal(); next !== undefined; next = this.#nextToSeal()) {
      const { first } = next;
      const { store } = this.#options;
      try {
        const manifest = await sealSegment({ store, hasher: this.#hasher }, next);
        this.#segments.sealed(manifest);
        await store.remove(segmentFile("plain", first));
        this.#report({ kind: "sealed", first, sizeBytes: manifest.frames.at(-1) ?? 0 });
      } catch (error) {
        if (error instanceof LedgerCorruption) this.#commit.stop(error);
        this.#report({ kind: "seal-failed", first, error });
        return;
      }
    }
  }

  #statusChanged(status: LedgerStatus, reason: Outage | undefined): void {
    this.#report({ kind: "status", status, reason });
    clearInterval(this.#probeTimer);
    if (status === "refusing") {
      this.#probeTimer = setInterval(() => void this.#commit.probe(), PROBE_INTERVAL_MS);
      this.#probeTimer.unref();
    }
  }

  #published(size: number): TileHashReader {
    const published = this.checkpoint().size;
    if (!Number.isSafeInteger(size) || size > published) {
      throw new Refusal("not_found", `no tree of ${size} entries has been published`);
    }
    return new TileHashReader(published, (tile) => this.#readTile(tile));
  }

  async #readTile(tile: TileId): Promise<Uint8Array> {
    const file = tilePath(tile);
    const bytes = await this.#options.store.read(file);
    if (bytes?.length === tile.width * HASH_BYTES) return bytes;
    // Published on meanwhile, and the narrower tile has been replaced by a wider one that begins with it.
    const width = tileWidth(tile.level, tile.index, this.checkpoint().size);
    if (width > tile.width) {
      return (await this.#readTile({ ...tile, width })).subarray(0, tile.width * HASH_BYTES);
    }
    const sentence = `${file} is not whole any more. Restart: it is made again from the entries.`;
    throw new LedgerCorruption("altered-tile", sentence, { file });
  }

  #report(report: LedgerReport): void {
    this.#options.report?.(report);
  }
}
