/** Plain segments at recovery: every line is hashed again, and what a crash tore off the end is cut. */
import { bytesEqual, fromUtf8 } from "../kernel/bytes.ts";
import type { Checking } from "./checking.ts";
import { LedgerCorruption, RESTORE } from "./corruption.ts";
import { scanLines } from "./file-pieces.ts";
import type { HashedLines } from "./leaf-hasher.ts";
import { HASH_BYTES, type Hash } from "./merkle.ts";
import { firstDifference } from "./sealer.ts";
import { SEGMENT_ENTRIES, lineFault, segmentFile, splitLines } from "./segment.ts";
import type { PlainSegment } from "./segments.ts";
import { TILE_WIDTH, tilePath, tileWidth } from "./tile.ts";

/** Pieces of a file that are being hashed while the next is read: as many as there are threads, and one that waits. */
const PIECES_AHEAD = 4;

/** A plain segment's file as it was found, hashed line by line. */
export interface ReadSegment extends PlainSegment {
  readonly file: string;
  readonly sizeBytes: number;
  /** Of its lines, one after the other. */
  readonly leafHashes: Uint8Array;
  /** Lines up to the last above the signed head that is JSON; with none, those that the head covers. */
  readonly keptLines: number;
  /** The first line above the signed head that is no JSON. */
  readonly badLine: number | undefined;
}

/** Reads and hashes the plain segments, as they are. */
export async function readPlainSegments(
  checking: Checking,
  firsts: readonly number[],
): Promise<ReadSegment[]> {
  const { report, totalEntries } = checking;
  const segments: ReadSegment[] = [];
  for (const first of firsts) {
    const segment = await readSegment(checking, first);
    segments.push(segment);
    report?.({ kind: "checking", doneEntries: first + segment.offsets.length - 1, totalEntries });
  }
  return segments;
}

async function readSegment(
  { store, hasher, totalEntries: signedSize }: Checking,
  first: number,
): Promise<ReadSegment> {
  const name = segmentFile("plain", first);
  const offsets = [0];
  const hashing: Promise<HashedLines>[] = [];
  let keptLines = 0;
  let badLine: number | undefined;
  // One more than there may be is enough to know that it is one too many.
  const maxLines = SEGMENT_ENTRIES + 1;
  const sizeBytes = await scanLines(store, { name, maxLines }, async ({ bytes, ends }) => {
    const hashed = hasher.hash(bytes);
    // Waited for below, in its turn; until then a failure is not unheard.
    hashed.catch(() => undefined);
    hashing.push(hashed);
    let line = offsets.length - 1;
    offsets.push(...ends);
    // What the head covers is proven by its root; only what is above it has to be looked at.
    if (first + offsets.length - 1 > signedSize) {
      for (const each of splitLines(bytes)) {
        if (first + line < signedSize || isWholeLine(each)) keptLines = line + 1;
        else badLine ??= line;
        line += 1;
      }
    } else keptLines = offsets.length - 1;
    await hashing.at(-PIECES_AHEAD);
  });
  const hashed = await Promise.all(hashing);
  const leafHashes = Buffer.concat(hashed.map((each) => each.leafHashes));
  return { first, file: name, sizeBytes, offsets, leafHashes, keptLines, badLine };
}

/**
 * For entries that do not give the signed root: names the first that is not what its tile says, or that is missing.
 * Undefined when tiles and entries agree, and so are of another history than the head.
 */
export async function nameDifference(
  checking: Checking,
  segments: readonly ReadSegment[],
  signedSize: number,
): Promise<LedgerCorruption | undefined> {
  for (const segment of segments) {
    const named = await compareWithTiles(checking, segment, signedSize);
    if (named !== undefined) return named;
    const shortage = nameShortage(segment, Math.min(signedSize, segment.first + SEGMENT_ENTRIES));
    if (shortage !== undefined) return shortage;
  }
  return undefined;
}

/**
 * Settles what lies above the signed head, and was never proven to be what it is: whole lines stay, bytes at the very
 * end that are no whole line were torn by a crash before they were acknowledged, and are to be cut. Throws
 * LedgerCorruption for anything that no crash leaves. The segments as they stand once that has been repaired.
 */
export function settleTail(
  checking: Checking,
  segments: readonly ReadSegment[],
  signedSize: number,
): PlainSegment[] {
  const kept: PlainSegment[] = [];
  const last = segments.at(-1);
  // Begun by a write that found no room behind it, or none yet: it holds nothing, and what is before it may go on.
  const isBegun = last?.sizeBytes === 0 && last.first >= signedSize;
  if (isBegun) checking.repairs.push((store) => store.remove(last.file));
  const settled = isBegun ? segments.slice(0, -1) : segments;
  for (const segment of settled) {
    const isLast = segment === settled.at(-1);
    const shortage = isLast ? undefined : nameShortage(segment, segment.first + SEGMENT_ENTRIES);
    if (shortage !== undefined) throw shortage;
    const count = cutTornTail(checking, { segment, isLast, signedSize });
    kept.push({ first: segment.first, offsets: segment.offsets.slice(0, count + 1) });
  }
  return kept;
}

async function compareWithTiles(
  { store }: Checking,
  { first, file, leafHashes }: ReadSegment,
  signedSize: number,
): Promise<LedgerCorruption | undefined> {
  const end = Math.min(signedSize, first + leafHashes.length / HASH_BYTES);
  for (let index = first; index < end; index += TILE_WIDTH) {
    const number = index / TILE_WIDTH;
    const tile = { level: 0, index: number, width: tileWidth(0, number, signedSize) };
    const expected = await store.read(tilePath(tile));
    // One that a crash left unwritten cannot tell.
    if (expected?.length !== tile.width * HASH_BYTES) continue;
    const from = (index - first) * HASH_BYTES;
    const found = leafHashes.subarray(from, (end - first) * HASH_BYTES);
    const at = firstDifference(found.subarray(0, expected.length), expected);
    const right = expected.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    if (index + at >= end || right.length === 0) continue;
    return nameChange({ file, first, index: index + at, right }, leafHashes);
  }
  return undefined;
}

function nameChange(
  change: {
    readonly file: string;
    readonly first: number;
    readonly index: number;
    readonly right: Hash;
  },
  leafHashes: Uint8Array,
): LedgerCorruption {
  const { file, first, index, right } = change;
  for (let at = 0; at < leafHashes.length; at += HASH_BYTES) {
    if (!bytesEqual(leafHashes.subarray(at, at + HASH_BYTES), right)) continue;
    const sentence = `entry ${index} of ${file} stands at ${first + at / HASH_BYTES}, and another in its place. ${RESTORE}`;
    return new LedgerCorruption("moved-entry", sentence, { file, index });
  }
  const sentence = `entry ${index} in ${file} is not what was recorded. ${RESTORE}`;
  return new LedgerCorruption("altered-entry", sentence, { file, index });
}

function nameShortage(
  { first, file, offsets }: ReadSegment,
  end: number,
): LedgerCorruption | undefined {
  const index = first + offsets.length - 1;
  if (index >= end) return undefined;
  const sentence = `${file} ends before entry ${index}, although ${end} entries were recorded. ${RESTORE}`;
  return new LedgerCorruption("missing-entries", sentence, { file, index });
}

interface Tail {
  readonly segment: ReadSegment;
  readonly isLast: boolean;
  readonly signedSize: number;
}

/** How many lines stay. A bad line with whole ones behind it is no crash's work, nor is anything in a full segment. */
function cutTornTail(checking: Checking, { segment, isLast, signedSize }: Tail): number {
  const { first, file, sizeBytes, offsets, keptLines: kept, badLine } = segment;
  const signed = Math.max(0, signedSize - first);
  if (badLine !== undefined && badLine < kept) {
    throw malformed(segment, badLine, "is no line of JSON");
  }
  if (kept > SEGMENT_ENTRIES)
    throw malformed(segment, SEGMENT_ENTRIES, "is one more than a segment holds");
  const keptBytes = offsets[kept] ?? 0;
  const cutBytes = sizeBytes - keptBytes;
  if (cutBytes > 0 && (!isLast || kept === SEGMENT_ENTRIES)) {
    throw malformed(segment, kept, "is bytes where nothing is ever written");
  }
  // What a killed process wrote may still be on its way to the disk: before a head covers it, it has to be there.
  if (kept > signed || cutBytes > 0) {
    checking.repairs.push(async (store) => {
      await store.truncate(file, keptBytes);
      const atIndex = first + kept;
      if (cutBytes > 0) checking.report?.({ kind: "torn-tail-cut", file, cutBytes, atIndex });
    });
  }
  return kept;
}

function malformed({ first, file }: ReadSegment, line: number, what: string): LedgerCorruption {
  const index = first + line;
  const sentence = `what stands for entry ${index} in ${file} ${what}, and no crash leaves it so. ${RESTORE}`;
  return new LedgerCorruption("malformed-entry", sentence, { file, index });
}

function isWholeLine(line: Uint8Array): boolean {
  if (lineFault(line) !== undefined) return false;
  try {
    JSON.parse(fromUtf8(line));
    return true;
  } catch {
    return false;
  }
}
