/**
 * Verification from outside: derives everything again from the files alone, and trusts nothing but the log's key.
 * Works on a copy of the data folder, or over any source that has a log's tiles and entries. Needs no server.
 */
import { bytesEqual, toHex } from "../kernel/bytes.ts";
import { type SignedCheckpoint, openCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { type CorruptionKind, LedgerCorruption } from "./corruption.ts";
import { LeafHasher } from "./leaf-hasher.ts";
import { HASH_BYTES, type Hash } from "./merkle.ts";
import { firstDifference } from "./sealer.ts";
import { joinLines, lineFault } from "./segment.ts";
import { TILE_WIDTH, type TileId, levelSize, tilePath, tileWidth } from "./tile.ts";
import { TreeGrowth } from "./tree-growth.ts";

/** More than this is not listed, nor looked for: a ledger with so many faults has one cause. */
const MAX_PROBLEMS = 100;
/** Tiles that are read and hashed ahead of the one being compared. */
const READ_AHEAD_TILES = 32;
/** How often the tree's upper tiles are compared and let go of, in entries: once for each tile of level 1. */
const COMPARE_ENTRIES = TILE_WIDTH * TILE_WIDTH;

/** What verification reads. A method may throw LedgerCorruption for what it finds wrong itself. */
export interface LedgerSource {
  /** The signed note; undefined when there is none. */
  checkpoint(): Promise<string | undefined>;
  /** The tile's first `width` hashes or more; undefined when there is no such tile. */
  tile(tile: TileId): Promise<Uint8Array | undefined>;
  /** `count` entries from `first`, which never cross a multiple of 256; fewer or undefined when they are not there. */
  entries(first: number, count: number): Promise<readonly Uint8Array[] | undefined>;
  /** Problems of the files that hold entries and tiles, and how many entries lie beyond the checkpoint. */
  inspect?(
    size: number,
    signal?: AbortSignal,
  ): Promise<{
    readonly problems: readonly LedgerProblem[];
    readonly unproven: number;
  }>;
}

export interface LedgerProblem {
  readonly kind: CorruptionKind;
  /** What was found, for people. */
  readonly sentence: string;
  readonly file?: string | undefined;
  /** The first entry it concerns. */
  readonly index?: number | undefined;
}

export interface Verification {
  /** Entries that were found and hashed. */
  readonly entries: number;
  /** The root over the entries as they were found. */
  readonly root: Hash;
  readonly checkpoint: SignedCheckpoint | undefined;
  /** The size that the checkpoint claims; 0 without one. */
  readonly checkpointSize: number;
  /** Whether the signature was checked, which takes the log's key. */
  readonly isSignatureChecked: boolean;
  /** Entries beyond the checkpoint, which nothing proves yet. */
  readonly unproven: number;
  /** In the order of the entries; empty for a ledger that is in order. At most 100. */
  readonly problems: readonly LedgerProblem[];
}

export interface VerifyOptions {
  /** The log's key. Without it the signature is not checked, and anyone could have made all of this. */
  readonly vkey?: string;
  readonly onProgress?: (progress: {
    readonly doneEntries: number;
    readonly totalEntries: number;
  }) => void;
  /** Ends the verification, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Hashes every entry, compares every leaf hash and every tile, and the root with the signed one. Resolves whatever it
 * finds; rejects only when the source cannot be read. Hashing runs on threads; memory does not grow with the log.
 *
 * A size that nobody has signed for is only a claim: the pass then ends at the first 256 entries of which there is
 * neither a line nor a tile. Any pass ends once so much is missing that no more would be listed.
 */
export async function verifyLedger(
  source: LedgerSource,
  options: VerifyOptions = {},
): Promise<Verification> {
  const problems: LedgerProblem[] = [];
  const { checkpoint, isSigned } = await verifyCheckpoint(source, options, problems);
  const size = checkpoint?.size ?? 0;
  const inspected = await source.inspect?.(size, options.signal);
  const hasher = new LeafHasher();
  try {
    const { onProgress, signal } = options;
    const walk = new Walk({ source, hasher, size, isSigned, onProgress, signal });
    const isWhole = await walk.run();
    const root = walk.tree.root();
    const isRoot = checkpoint !== undefined && bytesEqual(root, checkpoint.root);
    problems.push(...walk.problems(isRoot));
    // What the files' own papers say is told last: an entry that is named says more.
    problems.push(...(inspected?.problems ?? []));
    // The root over a beginning says nothing about the whole, and what is missing has been told.
    if (checkpoint !== undefined && !isRoot && isWhole) {
      const sentence = `the entries have the root ${toHex(root)}, the checkpoint has ${toHex(checkpoint.root)}`;
      problems.push({ kind: "head-mismatch", sentence });
    }
    return {
      entries: walk.entries,
      root,
      checkpoint,
      checkpointSize: size,
      isSignatureChecked: options.vkey !== undefined,
      unproven: inspected?.unproven ?? 0,
      problems: problems.slice(0, MAX_PROBLEMS),
    };
  } finally {
    await hasher.close();
  }
}

interface ClaimedHead {
  readonly checkpoint: SignedCheckpoint | undefined;
  /** Whether the log's key stands behind it. */
  readonly isSigned: boolean;
}

async function verifyCheckpoint(
  source: LedgerSource,
  { vkey }: VerifyOptions,
  problems: LedgerProblem[],
): Promise<ClaimedHead> {
  const note = await source.checkpoint();
  if (note === undefined) {
    problems.push({ kind: "altered-checkpoint", sentence: "there is no checkpoint" });
    return { checkpoint: undefined, isSigned: false };
  }
  try {
    return vkey === undefined
      ? { checkpoint: readCheckpoint(note), isSigned: false }
      : { checkpoint: openCheckpoint(note, vkey), isSigned: true };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const sentence = `the checkpoint does not verify: ${why}`;
    problems.push({ kind: "altered-checkpoint", sentence });
  }
  try {
    // Its size still says what to compare.
    return { checkpoint: readCheckpoint(note), isSigned: false };
  } catch {
    return { checkpoint: undefined, isSigned: false };
  }
}

/** The entries of one tile as found, hashed. */
interface TileOfEntries {
  readonly first: number;
  readonly leafHashes: Uint8Array;
  readonly tile: Uint8Array | undefined;
  readonly problem: LedgerProblem | undefined;
}

interface WalkOptions {
  readonly source: LedgerSource;
  readonly hasher: LeafHasher;
  readonly size: number;
  readonly isSigned: boolean;
  readonly onProgress: VerifyOptions["onProgress"];
  readonly signal: AbortSignal | undefined;
}

/** One pass over all entries, tile by tile. */
class Walk {
  readonly tree = TreeGrowth.empty();
  entries = 0;
  readonly #options: WalkOptions;
  /** What is wrong whatever the root turns out to be. */
  readonly #found: LedgerProblem[] = [];
  /** Where entries and their tile differ: which of the two is wrong, the root will tell. */
  readonly #differences: number[] = [];
  readonly #wrongTiles: LedgerProblem[] = [];
  /** Where the last run of missing entries ended. */
  #missingTo = -1;

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  /** False when it ended before the size was reached, because there was no more to be found. */
  async run(): Promise<boolean> {
    const { size, onProgress } = this.#options;
    const ahead: Promise<TileOfEntries>[] = [];
    try {
      const isWhole = await this.#walk(ahead);
      await this.#compareUpperTiles();
      onProgress?.({ doneEntries: this.tree.size, totalEntries: size });
      return isWhole;
    } finally {
      // However it ended, nothing reads on behind the caller's back.
      await Promise.allSettled(ahead);
    }
  }

  async #walk(ahead: Promise<TileOfEntries>[]): Promise<boolean> {
    const { size, onProgress, signal } = this.#options;
    let next = 0;
    for (let first = 0; first < size; first += TILE_WIDTH) {
      signal?.throwIfAborted();
      for (; next < size && ahead.length < READ_AHEAD_TILES; next += TILE_WIDTH) {
        const reading = this.#readTile(next);
        // Looked at when its turn comes; until then a failure is not unheard.
        reading.catch(() => undefined);
        ahead.push(reading);
      }
      const found = await ahead.shift();
      if (found === undefined) continue;
      this.#compare(found);
      if (this.#isAtEnd(found)) return false;
      if (this.tree.size % COMPARE_ENTRIES === 0) {
        await this.#compareUpperTiles();
        onProgress?.({ doneEntries: this.tree.size, totalEntries: size });
      }
    }
    return true;
  }

  /** Whether to go on would find nothing, or nothing more that is listed. */
  #isAtEnd({ leafHashes, tile }: TileOfEntries): boolean {
    const isNothing = leafHashes.length === 0 && tile === undefined;
    return (isNothing && !this.#options.isSigned) || this.#found.length >= MAX_PROBLEMS;
  }

  /** Ordered by entry. With the signed root reproduced, the entries are right and the tiles wrong, else the reverse. */
  problems(isRoot: boolean): LedgerProblem[] {
    const differing = this.#differences.map((index): LedgerProblem => {
      const file = tilePath({ level: 0, index: Math.floor(index / TILE_WIDTH), width: TILE_WIDTH });
      return isRoot
        ? {
            kind: "altered-tile",
            sentence: `${file} holds another hash than entry ${index} has`,
            file,
            index,
          }
        : { kind: "altered-entry", sentence: `entry ${index} is not what was recorded`, index };
    });
    // A wrong entry makes the tiles above it differ as well: that says nothing about them.
    const isExplained = !isRoot && this.#differences.length + this.#found.length > 0;
    const upper = isExplained ? [] : this.#wrongTiles;
    return [...this.#found, ...differing, ...upper].toSorted(
      (a, b) => (a.index ?? 0) - (b.index ?? 0),
    );
  }

  async #readTile(first: number): Promise<TileOfEntries> {
    const { source, hasher, size } = this.#options;
    const width = tileWidth(0, first / TILE_WIDTH, size);
    const tile = await source.tile({ level: 0, index: first / TILE_WIDTH, width });
    try {
      const lines = (await source.entries(first, width)) ?? [];
      const { leafHashes } = await hasher.hash(joinLines(lines));
      return { first, leafHashes, tile, problem: lineProblem(lines, first, width) };
    } catch (error) {
      if (!(error instanceof LedgerCorruption)) throw error;
      const { kind, message: sentence, file, index } = error;
      return {
        first,
        leafHashes: new Uint8Array(0),
        tile,
        problem: { kind, sentence, file, index },
      };
    }
  }

  #compare({ first, leafHashes, tile, problem }: TileOfEntries): void {
    const width = tileWidth(0, first / TILE_WIDTH, this.#options.size);
    const wanted = tile?.subarray(0, width * HASH_BYTES);
    const isWhole = leafHashes.length === width * HASH_BYTES;
    this.entries += leafHashes.length / HASH_BYTES;
    if (problem !== undefined) {
      // A run of missing entries is one problem, named by its first.
      if (first !== this.#missingTo) this.#note(this.#found, problem);
      this.#missingTo = first + width;
    }
    if (wanted?.length !== width * HASH_BYTES) {
      const file = tilePath({ level: 0, index: first / TILE_WIDTH, width });
      const sentence = `${file} is missing or short`;
      this.#note(this.#found, { kind: "altered-tile", sentence, file, index: first });
    } else if (!bytesEqual(leafHashes, wanted) && (isWhole || problem === undefined)) {
      const index = first + firstDifference(leafHashes, wanted);
      if (this.#differences.length < MAX_PROBLEMS) this.#differences.push(index);
    }
    // Where entries are missing, their hashes from the tile let the rest be checked all the same.
    if (isWhole) this.tree.grow(leafHashes);
    else
      this.tree.grow(
        wanted?.length === width * HASH_BYTES ? wanted : new Uint8Array(width * HASH_BYTES),
      );
  }

  async #compareUpperTiles(): Promise<void> {
    const { source, size } = this.#options;
    const isEnd = this.tree.size === size;
    for (const { tile, bytes } of this.tree.snapshot().tiles) {
      const isFinal = isEnd || tile.width === TILE_WIDTH;
      if (tile.level === 0 || !isFinal || levelSize(tile.level, size) === 0) continue;
      const found = await source.tile(tile);
      if (found !== undefined && bytesEqual(found.subarray(0, bytes.length), bytes)) continue;
      const file = tilePath(tile);
      const index =
        (tile.index * TILE_WIDTH +
          firstDifference(found?.subarray(0, bytes.length) ?? new Uint8Array(0), bytes)) *
        TILE_WIDTH ** tile.level;
      const sentence = `${file} does not hold what the tiles below it give`;
      this.#note(this.#wrongTiles, { kind: "altered-tile", sentence, file, index });
    }
    this.tree.writtenInFull(this.tree.size);
  }

  #note(list: LedgerProblem[], problem: LedgerProblem): void {
    if (list.length < MAX_PROBLEMS) list.push(problem);
  }
}

function lineProblem(
  lines: readonly Uint8Array[],
  first: number,
  width: number,
): LedgerProblem | undefined {
  if (lines.length < width) {
    const index = first + lines.length;
    return { kind: "missing-entries", sentence: `entry ${index} is missing`, index };
  }
  const at = lines.findIndex((line) => lineFault(line) !== undefined);
  const line = lines[at];
  if (line === undefined) return undefined;
  const sentence = `entry ${first + at} is no line: ${lineFault(line)}`;
  return { kind: "malformed-entry", sentence, index: first + at };
}
