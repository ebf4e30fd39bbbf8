/**
 * The tree as it grows: takes leaf hashes in order, keeps the right edge, and collects the hashes of tiles that have
 * not been written yet.
 */
import { CompactRange, HASH_BYTES, type Hash } from "./merkle.ts";
import { TILE_HEIGHT, TILE_WIDTH, type TileId, levelSize } from "./tile.ts";

const TILE_BYTES = TILE_WIDTH * HASH_BYTES;
const INITIAL_TILES = 4;

/** A tile's content in a snapshot of the tree. */
export interface TileWrite {
  readonly tile: TileId;
  readonly bytes: Uint8Array;
}

export interface TreeSnapshot {
  readonly size: number;
  readonly root: Hash;
  /** Every tile that is new or wider than in the tree last reported as written, lowest level first. */
  readonly tiles: readonly TileWrite[];
}

/** The hashes of one level from the first tile that is not yet written in full. */
class LevelEdge {
  /** Always at the start of a tile. */
  first: number;
  count = 0;
  /** How many hashes of the level the tiles on disk have. */
  written: number;
  #bytes = new Uint8Array(INITIAL_TILES * TILE_BYTES);

  constructor(first: number) {
    this.first = first;
    this.written = first;
  }

  /** One hash, or several that stand one after the other. */
  push(hashes: Uint8Array): void {
    const at = this.count * HASH_BYTES;
    if (at + hashes.length > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#bytes.length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(hashes, at);
    this.count += hashes.length / HASH_BYTES;
  }

  /** Copies: the buffer moves on while the copy is being written. */
  *tiles(level: number): Iterable<TileWrite> {
    for (let from = 0; from < this.count; from += TILE_WIDTH) {
      const to = Math.min(this.count, from + TILE_WIDTH);
      if (this.first + to <= this.written) continue;
      const tile = { level, index: (this.first + from) / TILE_WIDTH, width: to - from };
      yield { tile, bytes: this.#bytes.slice(from * HASH_BYTES, to * HASH_BYTES) };
    }
  }

  forget(written: number): void {
    this.written = written;
    const full = Math.floor((written - this.first) / TILE_WIDTH) * TILE_WIDTH;
    if (full <= 0) return;
    this.#bytes.copyWithin(0, full * HASH_BYTES, this.count * HASH_BYTES);
    this.first += full;
    this.count -= full;
  }
}

export class TreeGrowth {
  readonly #range: CompactRange;
  readonly #levels: LevelEdge[] = [];

  private constructor(range: CompactRange) {
    this.#range = range;
  }

  static empty(): TreeGrowth {
    return new TreeGrowth(new CompactRange());
  }

  /**
   * Takes up a tree of whole segments from their roots, the hashes of level 2. Tiles of levels 0 and 1 are taken to
   * be written for them; those above are collected anew.
   */
  static ofSegments(roots: readonly Hash[]): TreeGrowth {
    // Their roots are to level 2 what leaves are to level 0.
    const above = TreeGrowth.empty();
    for (const root of roots) above.grow(root);
    const size = roots.length * TILE_WIDTH ** 2;
    const growth = new TreeGrowth(CompactRange.of(size, above.#range.edge()));
    growth.#levels.push(new LevelEdge(size), new LevelEdge(size / TILE_WIDTH));
    growth.#levels.push(...above.#levels);
    return growth;
  }

  get size(): number {
    return this.#range.size;
  }

  root(): Hash {
    return this.#range.root();
  }

  /**
   * Appends leaf hashes that stand one after the other. `tileRoots` spare the hashing of the full tiles among them,
   * when they have been computed elsewhere.
   */
  grow(leafHashes: Uint8Array, tileRoots: readonly Hash[] = []): void {
    const known = tileRoots[Symbol.iterator]();
    for (let at = 0; at < leafHashes.length;) {
      const isTile = this.size % TILE_WIDTH === 0 && at + TILE_BYTES <= leafHashes.length;
      const root = isTile ? known.next().value : undefined;
      const length = root === undefined ? HASH_BYTES : TILE_BYTES;
      this.#level(0).push(leafHashes.subarray(at, at + length));
      if (root === undefined) this.#append(leafHashes.subarray(at, at + length), 0);
      else this.#append(root, TILE_HEIGHT);
      at += length;
    }
  }

  snapshot(): TreeSnapshot {
    const tiles = this.#levels.flatMap((edge, level) => [...edge.tiles(level)]);
    return { size: this.size, root: this.root(), tiles };
  }

  /** Lets go of what the tiles of the tree of `size` entries hold, once they are written. */
  written(size: number): void {
    for (const [level, edge] of this.#levels.entries()) edge.forget(levelSize(level, size));
  }

  /** Lets go of the full tiles of the tree of `size` entries; partial ones are told of again. */
  writtenInFull(size: number): void {
    for (const [level, edge] of this.#levels.entries()) {
      const hashes = levelSize(level, size);
      edge.forget(Math.max(edge.written, hashes - (hashes % TILE_WIDTH)));
    }
  }

  /** Takes a complete subtree into the tree; its own leaves are the caller's to push. */
  #append(root: Hash, height: number): void {
    this.#range.appendSubtree(height, root, (node, hash) => {
      if (node.height === 0 || node.height % TILE_HEIGHT !== 0) return;
      this.#level(node.height / TILE_HEIGHT).push(hash);
    });
  }

  #level(level: number): LevelEdge {
    const edge = this.#levels[level] ?? new LevelEdge(0);
    this.#levels[level] = edge;
    return edge;
  }
}
