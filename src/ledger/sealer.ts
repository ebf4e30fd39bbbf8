/**
 * Sealing: a full segment becomes a compressed file and a manifest. What is frozen is checked first, against the
 * leaf hashes taken when the lines came in; a bit that flipped on the disk meanwhile must not become the truth.
 */
import { createHash } from "node:crypto";
import { bytesEqual, toHex } from "../kernel/bytes.ts";
import { LedgerCorruption, RESTORE } from "./corruption.ts";
import type { LeafHasher } from "./leaf-hasher.ts";
import { HASH_BYTES } from "./merkle.ts";
import {
  FRAME_ENTRIES,
  SEGMENT_ENTRIES,
  type SegmentManifest,
  digestOf,
  encodeManifest,
  sealFrame,
  segmentFile,
  segmentOf,
} from "./segment.ts";
import type { PlainSegment } from "./segments.ts";
import type { LedgerStore } from "./store.ts";
import { TILE_WIDTH, type TileId, foldTile, tilePath } from "./tile.ts";

/** A segment's tiles: 256 of level 0, then the one of level 1. */
const SEGMENT_TILES = SEGMENT_ENTRIES / TILE_WIDTH + 1;
const LEAF_BYTES = SEGMENT_ENTRIES * HASH_BYTES;

export function segmentTiles(first: number): TileId[] {
  return Array.from({ length: SEGMENT_TILES }, (_, i) =>
    i + 1 < SEGMENT_TILES
      ? { level: 0, index: first / TILE_WIDTH + i, width: TILE_WIDTH }
      : { level: 1, index: first / SEGMENT_ENTRIES, width: TILE_WIDTH },
  );
}

export interface Sealing {
  readonly store: LedgerStore;
  readonly hasher: LeafHasher;
}

/**
 * Writes the sealed file, makes the segment's tiles durable, and writes the manifest, in this order: a manifest
 * stands for all that it describes. A crash before the manifest leaves the plain file in charge, and sealing is done
 * again; the same lines give the same bytes. The plain file is left to the caller to remove. A frame is read, checked
 * and compressed at a time, so this holds 256 lines, whatever the size of the segment.
 *
 * The segment must be full and within the published tree. Throws LedgerCorruption when the plain file no longer has
 * the lines that were hashed; rejects with the store's error when it cannot be written.
 */
export async function sealSegment(
  { store, hasher }: Sealing,
  { first, offsets }: PlainSegment,
): Promise<SegmentManifest> {
  const tiles = await readTiles(store, first);
  const frames = [0];
  const digest = createHash("sha256");
  async function* sealed(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < SEGMENT_ENTRIES; i += FRAME_ENTRIES) {
      const leaves = tiles.subarray(i * HASH_BYTES, (i + FRAME_ENTRIES) * HASH_BYTES);
      const lines = await readFrame(store, { first, offsets }, i);
      await checkLines(hasher, { first: first + i, lines, leaves });
      const frame = await sealFrame(lines);
      frames.push((frames.at(-1) ?? 0) + frame.length);
      digest.update(frame);
      yield frame;
    }
  }
  await store.putParts(segmentFile("sealed", first), sealed());
  await makeDurable(store, first, tiles);
  const manifest: SegmentManifest = {
    first,
    count: SEGMENT_ENTRIES,
    frameEntries: FRAME_ENTRIES,
    frames,
    sha256: digest.digest("hex"),
    root: toHex(foldTile(tiles.subarray(LEAF_BYTES))),
    tiles: await digestOf(tiles),
  };
  await store.put(segmentFile("manifest", first), encodeManifest(manifest), { durable: true });
  return manifest;
}

/** The segment's tiles one after the other; throws LedgerCorruption when one is not whole. */
async function readTiles(store: LedgerStore, first: number): Promise<Uint8Array<ArrayBuffer>> {
  const tiles = segmentTiles(first);
  const packed = new Uint8Array(tiles.length * TILE_WIDTH * HASH_BYTES);
  for (const [i, tile] of tiles.entries()) {
    const file = tilePath(tile);
    const bytes = await store.read(file);
    if (bytes?.length !== TILE_WIDTH * HASH_BYTES) {
      const sentence = `${file} is not whole any more. Remove it and start again: it is made anew.`;
      throw new LedgerCorruption("altered-tile", sentence, { file });
    }
    packed.set(bytes, i * TILE_WIDTH * HASH_BYTES);
  }
  return packed;
}

/** 256 lines of a segment from its line `at`; fewer bytes when they are no longer there. */
async function readFrame(
  store: LedgerStore,
  { first, offsets }: PlainSegment,
  at: number,
): Promise<Uint8Array> {
  const offset = offsets[at] ?? 0;
  const length = (offsets[at + FRAME_ENTRIES] ?? offset) - offset;
  const lines = await store.read(segmentFile("plain", first), { offset, length });
  return lines ?? new Uint8Array(0);
}

interface LinesToCheck {
  /** Index of the first of them. */
  readonly first: number;
  readonly lines: Uint8Array;
  /** What they were hashed to when they came in. */
  readonly leaves: Uint8Array;
}

async function checkLines(
  hasher: LeafHasher,
  { first, lines, leaves }: LinesToCheck,
): Promise<void> {
  const { leafHashes } = await hasher.hash(lines);
  if (bytesEqual(leafHashes, leaves)) return;
  const file = segmentFile("plain", segmentOf(first));
  const index = first + firstDifference(leafHashes, leaves);
  const sentence = `entry ${index} changed on the disk after it was recorded. ${RESTORE}`;
  throw new LedgerCorruption("altered-entry", sentence, { file, index });
}

/** The number of the first hash that differs between two runs of hashes; a missing one differs. */
export function firstDifference(actual: Uint8Array, expected: Uint8Array): number {
  const count = Math.max(actual.length, expected.length) / HASH_BYTES;
  for (let i = 0; i < count; i++) {
    const at = i * HASH_BYTES;
    if (!bytesEqual(actual.subarray(at, at + HASH_BYTES), expected.subarray(at, at + HASH_BYTES))) {
      return i;
    }
  }
  return count;
}

async function makeDurable(store: LedgerStore, first: number, packed: Uint8Array): Promise<void> {
  for (const [i, tile] of segmentTiles(first).entries()) {
    const bytes = packed.subarray(i * TILE_WIDTH * HASH_BYTES, (i + 1) * TILE_WIDTH * HASH_BYTES);
    await store.put(tilePath(tile), bytes, { durable: true });
  }
}
