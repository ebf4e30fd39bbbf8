/**
 * Recovery: from files to a ledger one may go on with, or to the name of what is wrong with them.
 *
 * What a crash leaves is repaired: a torn line at the very end, tiles that were not yet on the disk, a checkpoint one
 * step behind the head lock, a plain segment beside its sealed one. Whatever no crash can leave is a LedgerCorruption.
 * Nothing at or below the last signed head is ever cut, and nothing at all is written before everything has been
 * checked: files that are refused are evidence.
 */
import { bytesEqual, fromUtf8, toHex } from "../kernel/bytes.ts";
import { type SignedCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { checkEntries, checkSealedSegments } from "./check-sealed.ts";
import type { Checking, Repair } from "./checking.ts";
import { LedgerCorruption, RESTORE } from "./corruption.ts";
import { type HeadRecord, decodeHeadRecord } from "./head-record.ts";
import { type Inventory, missingSegment, takeInventory } from "./inventory.ts";
import type { LeafHasher } from "./leaf-hasher.ts";
import { HASH_BYTES } from "./merkle.ts";
import { nameDifference, readPlainSegments, settleTail } from "./plain-segments.ts";
import type { NoteSigner } from "./note.ts";
import { CHECKPOINT_FILE } from "./publisher.ts";
import { SEGMENT_ENTRIES, segmentFile, segmentOf } from "./segment.ts";
import type { SegmentManifest } from "./segment.ts";
import { Segments } from "./segments.ts";
import type { HeadLock, LedgerStore } from "./store.ts";
import { type TileId, partialTiles, tilePath } from "./tile.ts";
import { checkTile } from "./tile-repair.ts";
import { TreeGrowth } from "./tree-growth.ts";

export type RecoveryReport =
  | { readonly kind: "checking"; readonly doneEntries: number; readonly totalEntries: number }
  | {
      readonly kind: "torn-tail-cut";
      readonly file: string;
      readonly cutBytes: number;
      readonly atIndex: number;
    }
  | { readonly kind: "tile-rebuilt"; readonly file: string }
  | { readonly kind: "checkpoint-restored"; readonly size: number };

export interface RecoveryOptions {
  readonly store: LedgerStore;
  readonly lock: HeadLock;
  readonly signer: NoteSigner;
  readonly hasher: LeafHasher;
  readonly report?: (report: RecoveryReport) => void;
}

export interface RecoveredHead {
  readonly record: HeadRecord | undefined;
  readonly checkpoint: SignedCheckpoint | undefined;
  readonly published: string | undefined;
  /** Partial tiles that a crash may have left from the head before. */
  readonly stale: readonly TileId[];
}

export interface Recovered {
  readonly segments: Segments;
  /** Over all entries; tiles are in order for the signed head. */
  readonly tree: TreeGrowth;
  /** Bytes in the open segment's file. */
  readonly openBytes: number;
  readonly head: RecoveredHead;
}

/** Throws LedgerCorruption, with every file as it was found, or the store's Outage. */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { store, hasher, report } = options;
  const inventory = await takeInventory(store);
  const head = await checkHead(options, inventory.size > 0);
  const checkpoint = head.checkpoint;
  if (checkpoint === undefined) {
    return { segments: new Segments(store, [], []), tree: TreeGrowth.empty(), openBytes: 0, head };
  }
  const { sealed, plain } = sortInventory(inventory, checkpoint.size);
  const repairs: Repair[] = [];
  const checking: Checking = { store, hasher, report, totalEntries: checkpoint.size, repairs };
  const manifests = await checkSealedSegments(checking, sealed);
  const sealedEntries = manifests.length * SEGMENT_ENTRIES;
  if (sealedEntries > checkpoint.size) {
    const sentence = `${sealedEntries} entries are sealed, but the last signed head recorded is of ${checkpoint.size}. The head lock is older than the data; it is never restored from a backup.`;
    throw new LedgerCorruption("rolled-back-head", sentence);
  }
  const read = await readPlainSegments(checking, plain);
  const leafHashes = Buffer.concat(read.map((segment) => segment.leafHashes));
  const tree = TreeGrowth.ofSegments(manifests.map(({ root }) => Buffer.from(root, "hex")));
  const signedBytes = (checkpoint.size - sealedEntries) * HASH_BYTES;
  tree.grow(leafHashes.subarray(0, signedBytes));
  if (tree.size !== checkpoint.size || !bytesEqual(tree.root(), checkpoint.root)) {
    throw (await nameDifference(checking, read, checkpoint.size)) ?? headMismatch(tree, checkpoint);
  }
  for (const write of tree.snapshot().tiles) await checkTile(checking, write);
  tree.written(checkpoint.size);
  const tail = settleTail(checking, read, checkpoint.size);
  await checkSealedPlain(checking, inventory, manifests);
  for (const repair of repairs) await repair(store);
  if (head.published === undefined) {
    report?.({ kind: "checkpoint-restored", size: checkpoint.size });
  }
  const segments = new Segments(store, manifests, tail);
  const keptBytes = (segments.size - sealedEntries) * HASH_BYTES;
  tree.grow(leafHashes.subarray(signedBytes, keptBytes));
  const isOpen = segments.size % SEGMENT_ENTRIES !== 0;
  return { segments, tree, openBytes: (isOpen && tail.at(-1)?.offsets.at(-1)) || 0, head };
}

function headMismatch(tree: TreeGrowth, checkpoint: SignedCheckpoint): LedgerCorruption {
  const sentence = `the entries have the root ${toHex(tree.root())}, but the head signed at ${checkpoint.size} entries has ${toHex(checkpoint.root)}: the files are of another history. ${RESTORE}`;
  return new LedgerCorruption("head-mismatch", sentence);
}

/** Which segments are sealed and which are plain; each must be there, in one piece, up to the last. */
function sortInventory(
  inventory: Inventory,
  signedSize: number,
): { readonly sealed: number[]; readonly plain: number[] } {
  const sealed: number[] = [];
  const plain: number[] = [];
  const last = Math.max(...inventory.keys(), segmentOf(Math.max(0, signedSize - 1)));
  if (signedSize === 0 && inventory.size === 0) return { sealed, plain };
  for (let first = 0; first <= last; first += SEGMENT_ENTRIES) {
    const kinds = inventory.get(first) ?? new Set();
    const isSealed = kinds.has("sealed") && kinds.has("manifest");
    if (isSealed && plain.length === 0) sealed.push(first);
    else if (kinds.has("plain")) plain.push(first);
    else throw missingSegment(first, kinds);
  }
  return { sealed, plain };
}

/** A crash after sealing and before the removal leaves the plain lines beside the sealed ones, which are in charge. */
async function checkSealedPlain(
  checking: Checking,
  inventory: Inventory,
  manifests: readonly SegmentManifest[],
): Promise<void> {
  for (const manifest of manifests) {
    const { first } = manifest;
    if (inventory.get(first)?.has("plain") !== true) continue;
    await checkEntries(checking, manifest);
    checking.repairs.push((store) => store.remove(segmentFile("plain", first)));
  }
}

async function checkHead(options: RecoveryOptions, hasSegments: boolean): Promise<RecoveredHead> {
  const { store, lock, signer } = options;
  const held = await lock.load();
  const file = await store.read(CHECKPOINT_FILE);
  if (held === undefined) {
    if (!hasSegments && file === undefined) {
      return { record: undefined, checkpoint: undefined, published: undefined, stale: [] };
    }
    const sentence =
      "the record of the last signed head is gone, while the ledger has been signed before. Without it this log could sign a second history: bring the newest one back, or begin a new log under another name.";
    throw new LedgerCorruption("missing-head", sentence);
  }
  const record = decodeHeadRecord(held);
  const checkpoint = record && openOrUndefined(record.current, signer.vkey);
  const previous = record?.previous ?? undefined;
  const before = previous === undefined ? undefined : openOrUndefined(previous, signer.vkey);
  if (record === undefined || checkpoint === undefined || (previous !== undefined && !before)) {
    const sentence = `the record of the last signed head is not signed by ${signer.name}, or not readable. Bring it back, and check that the log's key is the right one.`;
    throw new LedgerCorruption("altered-head", sentence);
  }
  const published = file && textOrUndefined(file);
  if (file !== undefined && published !== record.current) {
    checkPublished({ text: published ?? "", record, checkpoint, vkey: signer.vkey });
  }
  const stale = staleTiles(before?.size ?? 0, checkpoint.size);
  const isCurrent = published === record.current;
  return { record, checkpoint, published: isCurrent ? published : undefined, stale };
}

/** The checkpoint file is not the last signed head: that is in order only for the one just before it. */
function checkPublished(found: {
  readonly text: string;
  readonly record: HeadRecord;
  readonly checkpoint: SignedCheckpoint;
  readonly vkey: string;
}): void {
  if (found.text === found.record.previous) return;
  const { size } = found.checkpoint;
  const file = CHECKPOINT_FILE;
  const published = openOrUndefined(found.text, found.vkey);
  if (published === undefined || published.size === size) {
    const sentence = `the published checkpoint is not what this log has signed at ${size} entries. Remove it, and it is written again; find out who changed it.`;
    throw new LedgerCorruption("altered-checkpoint", sentence, { file });
  }
  if (published.size > size) {
    const sentence = `the published checkpoint is of ${published.size} entries, the last signed head recorded of ${size}. The head lock is older than the data; it is never restored from a backup.`;
    throw new LedgerCorruption("rolled-back-head", sentence, { file });
  }
  const sentence = `the published checkpoint is of ${published.size} entries, while ${size} have been signed. Someone has put an old one back: the data may be old as well. ${RESTORE}`;
  throw new LedgerCorruption("rolled-back-checkpoint", sentence, { file });
}

function staleTiles(before: number, size: number): TileId[] {
  const wanted = new Set(partialTiles(size).map(tilePath));
  return partialTiles(before).filter((tile) => !wanted.has(tilePath(tile)));
}

function openOrUndefined(note: string, vkey: string): SignedCheckpoint | undefined {
  try {
    return openCheckpoint(note, vkey);
  } catch {
    return undefined;
  }
}

function textOrUndefined(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
