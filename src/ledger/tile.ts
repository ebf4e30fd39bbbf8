/**
 * Tiles (C2SP tlog-tiles): the tree cut into files of up to 256 hashes, so that any proof is assembled from a few
 * immutable files.
 *
 *     tile/<level>/<n>[.p/<width>]      hashes: level 0 has the leaves, hash i of level l the root over full tile i
 *                                       of level l - 1
 *     tile/entries/<n>[.p/<width>]      entries: each a big-endian uint16 length and the leaf's bytes
 *
 * n is written in groups of three digits, all but the last after an x: 1234067 is x001/x234/067. A partial tile, at
 * the right edge of the tree, has `.p/<width>`, 1 to 255. A partial tile is a prefix of every later one in its place.
 */
import { HASH_BYTES, type Hash, type HashReader, type NodeId, nodeHash } from "./merkle.ts";

export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;

/** The longest leaf that a bundle's uint16 length can carry. */
export const MAX_LEAF_BYTES = 65_535;

/** Levels run to 63 in the specification; ours end where 2^53 entries do. */
const MAX_LEVEL = 63;

export interface TileId {
  readonly level: number;
  readonly index: number;
  /** Number of hashes: 256 when full. */
  readonly width: number;
}

export interface BundleId {
  readonly level: "entries";
  readonly index: number;
  readonly width: number;
}

/** `tile/0/x001/x234/067.p/12`. */
export function tilePath({ level, index, width }: TileId | BundleId): string {
  const groups = [pad3(index % 1000)];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${pad3(rest % 1000)}`);
  }
  const partial = width === TILE_WIDTH ? "" : `.p/${width}`;
  return `tile/${level}/${groups.join("/")}${partial}`;
}

const PATH =
  /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** Reads a path of the form that `tilePath` writes; undefined for any other, even one that means the same tile. */
export function parseTilePath(path: string): TileId | BundleId | undefined {
  const [, level = "", groups = "", partial] = PATH.exec(path) ?? [];
  if (level === "") return undefined;
  const index = Number(groups.replaceAll(/[x/]/g, ""));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (!Number.isSafeInteger(index) || (partial !== undefined && width >= TILE_WIDTH))
    return undefined;
  if (level === "entries") {
    const bundle: BundleId = { level, index, width };
    return tilePath(bundle) === path ? bundle : undefined;
  }
  const tile: TileId = { level: Number(level), index, width };
  return tile.level <= MAX_LEVEL && tilePath(tile) === path ? tile : undefined;
}

/** How many hashes a level has in the tree of `size` entries. */
export function levelSize(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** The width of a tile in the tree of `size` entries, 0 when the tree does not reach it. */
export function tileWidth(level: number, index: number, size: number): number {
  return Math.max(0, Math.min(TILE_WIDTH, levelSize(level, size) - index * TILE_WIDTH));
}

/** How many levels have a hash in the tree of `size` entries. */
export function levelCount(size: number): number {
  let levels = 0;
  while (levelSize(levels, size) > 0) levels += 1;
  return levels;
}

/** The partial tiles of a tree: at most one on each level. */
export function partialTiles(size: number): TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0; level < levelCount(size); level++) {
    const hashes = levelSize(level, size);
    const width = hashes % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: (hashes - width) / TILE_WIDTH, width });
  }
  return tiles;
}

/** The root over 2^k hashes, standing one after the other in `packed`. */
export function foldTile(packed: Uint8Array): Hash {
  let hashes: Hash[] = [];
  for (let at = 0; at < packed.length; at += HASH_BYTES)
    hashes.push(packed.subarray(at, at + HASH_BYTES));
  while (hashes.length > 1) {
    const parents: Hash[] = [];
    for (let i = 0; i + 1 < hashes.length; i += 2) {
      const [left, right] = hashes.slice(i, i + 2);
      if (left !== undefined && right !== undefined) parents.push(nodeHash(left, right));
    }
    hashes = parents;
  }
  const [root] = hashes;
  if (root === undefined) throw new RangeError("no hashes to fold");
  return root;
}

/** Gives a tile's hashes, one after the other: at least `width` of them. */
export type ReadTile = (tile: TileId) => Promise<Uint8Array>;

/** Reads the hashes of the tree of `size` entries from its tiles, each tile once a call. */
export class TileHashReader implements HashReader {
  readonly #size: number;
  readonly #readTile: ReadTile;

  constructor(size: number, readTile: ReadTile) {
    this.#size = size;
    this.#readTile = readTile;
  }

  async readHashes(nodes: readonly NodeId[]): Promise<Hash[]> {
    const tiles = new Map<string, Promise<Uint8Array>>();
    const places = nodes.map((node) => placeOf(node, this.#size));
    for (const { tile } of places) {
      const path = tilePath(tile);
      if (!tiles.has(path)) tiles.set(path, this.#readTile(tile));
    }
    return Promise.all(
      places.map(async ({ tile, from, to }) => {
        const packed = await tiles.get(tilePath(tile));
        if (packed === undefined || packed.length < to * HASH_BYTES) {
          throw new RangeError(`${tilePath(tile)} is shorter than its width`);
        }
        return Uint8Array.from(foldTile(packed.subarray(from * HASH_BYTES, to * HASH_BYTES)));
      }),
    );
  }
}

interface Place {
  readonly tile: TileId;
  readonly from: number;
  readonly to: number;
}

/** A complete subtree is a run of 2^(height mod 8) hashes within one tile. */
function placeOf({ height, index }: NodeId, size: number): Place {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  const first = index * count;
  const tileIndex = Math.floor(first / TILE_WIDTH);
  const from = first % TILE_WIDTH;
  const tile = { level, index: tileIndex, width: tileWidth(level, tileIndex, size) };
  return { tile, from, to: from + count };
}

/** An entry bundle. Entries are at most 65,535 bytes. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const total = entries.reduce((sum, entry) => sum + 2 + entry.length, 0);
  const bundle = Buffer.alloc(total);
  let at = 0;
  for (const entry of entries) {
    at = bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at);
    at += entry.length;
  }
  return bundle;
}

/** The entries of a bundle, as views into it; undefined when it does not end where an entry does. */
export function decodeBundle(bundle: Uint8Array): Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  for (let at = 0; at < bundle.length;) {
    if (at + 2 > bundle.length) return undefined;
    const end = at + 2 + view.getUint16(at);
    if (end > bundle.length) return undefined;
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

function pad3(value: number): string {
  return String(value).padStart(3, "0");
}
