/** Sealed segments at recovery: each must be the file its manifest describes, and its tiles with it. */
import { bytesEqual, toHex } from "../kernel/bytes.ts";
import { LedgerCorruption, RESTORE } from "./corruption.ts";
import type { Checking } from "./checking.ts";
import { digestFile } from "./file-pieces.ts";
import { HASH_BYTES } from "./merkle.ts";
import { firstDifference, segmentTiles } from "./sealer.ts";
import {
  FRAME_ENTRIES,
  SEGMENT_ENTRIES,
  type SegmentManifest,
  decodeManifest,
  digestOf,
  joinLines,
  openFrame,
  segmentFile,
} from "./segment.ts";
import type { LedgerFiles } from "./store.ts";
import { foldTile, tilePath } from "./tile.ts";
import { isTileWhole, rebuildTile } from "./tile-repair.ts";
import { TreeGrowth } from "./tree-growth.ts";
import type { TileWrite } from "./tree-growth.ts";

/** Segments that are checked at a time: as many as the thread pool has threads. */
const PARALLEL_CHECKS = 4;

/** The manifests of the segments, once every one is in order. Throws LedgerCorruption for the first that is not. */
export async function checkSealedSegments(
  checking: Checking,
  firsts: readonly number[],
): Promise<SegmentManifest[]> {
  const manifests: SegmentManifest[] = [];
  for (let at = 0; at < firsts.length; at += PARALLEL_CHECKS) {
    const group = firsts.slice(at, at + PARALLEL_CHECKS);
    const outcomes = await Promise.allSettled(group.map((first) => checkSegment(checking, first)));
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") throw outcome.reason;
      manifests.push(outcome.value);
    }
    const doneEntries = manifests.length * SEGMENT_ENTRIES;
    checking.report?.({ kind: "checking", doneEntries, totalEntries: checking.totalEntries });
  }
  return manifests;
}

async function checkSegment(checking: Checking, first: number): Promise<SegmentManifest> {
  const { store } = checking;
  const file = segmentFile("manifest", first);
  const manifest = decodeManifest((await store.read(file)) ?? new Uint8Array(0), first);
  if (manifest === undefined) {
    const sentence = `${file} is no manifest of this segment. ${RESTORE}`;
    throw new LedgerCorruption("bad-manifest", sentence, { file, index: first });
  }
  if ((await digestFile(store, segmentFile("sealed", first))) !== manifest.sha256) {
    throw await nameDamage(checking, manifest);
  }
  const leafTiles = await readSegmentTiles(store, first);
  if (leafTiles === undefined || (await digestOf(leafTiles)) !== manifest.tiles) {
    await checkTiles(checking, manifest);
    return manifest;
  }
  const root = toHex(foldTile(leafTiles.subarray(SEGMENT_ENTRIES * HASH_BYTES)));
  if (root !== manifest.root) {
    const sentence = `${file} gives another root than the segment's tiles. ${RESTORE}`;
    throw new LedgerCorruption("bad-manifest", sentence, { file, index: first });
  }
  return manifest;
}

/**
 * Compares a sealed segment's entries with its root, one by one: done before the plain lines are let go, which are the
 * other copy. Throws LedgerCorruption.
 */
export async function checkEntries(checking: Checking, manifest: SegmentManifest): Promise<void> {
  await tilesOfEntries(checking, manifest);
}

/** The tiles one after the other; undefined when one is missing or not whole. */
async function readSegmentTiles(
  store: LedgerFiles,
  first: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const tiles = segmentTiles(first);
  const found = await Promise.all(tiles.map((tile) => store.read(tilePath(tile))));
  const packed: Uint8Array[] = [];
  for (const [i, bytes] of found.entries()) {
    if (bytes?.length !== (tiles[i]?.width ?? 0) * HASH_BYTES) return undefined;
    packed.push(bytes);
  }
  return Buffer.concat(packed);
}

/** Finds the first entry whose leaf hash is not the one in its tile. */
async function nameDamage(
  checking: Checking,
  manifest: SegmentManifest,
): Promise<LedgerCorruption> {
  const file = segmentFile("sealed", manifest.first);
  for (const [i, tile] of segmentTiles(manifest.first).slice(0, -1).entries()) {
    const hashes = await hashFrame(checking, manifest, i);
    const expected = (await checking.store.read(tilePath(tile))) ?? new Uint8Array(0);
    if (hashes !== undefined && bytesEqual(hashes, expected)) continue;
    const index =
      manifest.first + i * FRAME_ENTRIES + (hashes ? firstDifference(hashes, expected) : 0);
    const sentence =
      hashes === undefined
        ? `${file} cannot be decompressed from entry ${index} on. ${RESTORE}`
        : `entry ${index} in ${file} is not what was recorded. ${RESTORE}`;
    return new LedgerCorruption("altered-segment", sentence, { file, index });
  }
  const sentence = `${file} is not the file its manifest describes, although every entry in it is as recorded. ${RESTORE}`;
  return new LedgerCorruption("altered-segment", sentence, { file });
}

/** Notes the repair of the tiles that a crash left unwritten; throws LedgerCorruption for a wrong one. */
async function checkTiles(checking: Checking, manifest: SegmentManifest): Promise<void> {
  for (const write of await tilesOfEntries(checking, manifest)) {
    await isTileWhole(checking.store, write);
  }
  // Derived once more when it comes to that: the tiles of all segments together would not fit into memory.
  checking.repairs.push(async (store) => {
    for (const write of await tilesOfEntries(checking, manifest)) {
      if (!(await isTileWhole(store, write))) await rebuildTile(store, write, checking.report);
    }
  });
}

/** What the segment's tiles must hold, from its entries. */
async function tilesOfEntries(checking: Checking, manifest: SegmentManifest): Promise<TileWrite[]> {
  const growth = TreeGrowth.empty();
  for (let frame = 0; frame < SEGMENT_ENTRIES / FRAME_ENTRIES; frame++) {
    const hashes = await hashFrame(checking, manifest, frame);
    if (hashes === undefined) throw await nameDamage(checking, manifest);
    growth.grow(hashes);
  }
  if (toHex(growth.root()) !== manifest.root) {
    const file = segmentFile("manifest", manifest.first);
    const sentence = `${file} gives another root than the segment's entries. ${RESTORE}`;
    throw new LedgerCorruption("bad-manifest", sentence, { file, index: manifest.first });
  }
  // A segment on its own is the first one of a tree: its tiles of levels 0 and 1 come in the order of segmentTiles.
  const { tiles } = growth.snapshot();
  return segmentTiles(manifest.first).flatMap((tile, i) => {
    const bytes = tiles[i]?.bytes;
    return bytes === undefined ? [] : [{ tile, bytes }];
  });
}

/** The leaf hashes of a frame's lines; undefined when it cannot be opened. */
async function hashFrame(
  { store, hasher }: Checking,
  manifest: SegmentManifest,
  frame: number,
): Promise<Uint8Array | undefined> {
  const [offset = 0, end = 0] = manifest.frames.slice(frame, frame + 2);
  const file = segmentFile("sealed", manifest.first);
  const bytes = await store.read(file, { offset, length: end - offset });
  const lines = bytes && (await openFrame(bytes).catch(() => undefined));
  return lines && (await hasher.hash(joinLines(lines))).leafHashes;
}
