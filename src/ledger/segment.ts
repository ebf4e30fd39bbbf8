/**
 * Segments: the entries themselves, as files that people can read.
 *
 *     segments/000000000000.ndjson         the open one (or one waiting to be sealed): an entry is a line
 *     segments/000000000000.ndjson.zst     sealed: the same bytes as standard zstd frames, `zstdcat` prints them
 *     segments/000000000000.json           the manifest of the sealed one
 *
 * A segment has 65,536 entries and is named after the index of its first, in twelve digits. That is 256 tiles of 256
 * leaves, and so exactly one hash of level 2. A frame has 256 entries, as a tile has hashes: reading one entry
 * decompresses one frame, a fraction of a millisecond, and frames four times as long would save 1 % of the space.
 *
 * An entry's leaf data is the exact bytes of its line without the newline. A line is 1 to 65,535 bytes of UTF-8
 * without newlines; that it is JSON is the promise of whoever appends it.
 */
import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { z } from "zod";
import { fromUtf8, toHex, utf8 } from "../kernel/bytes.ts";
import { MAX_LEAF_BYTES, TILE_WIDTH } from "./tile.ts";

export const SEGMENT_ENTRIES = TILE_WIDTH * TILE_WIDTH;
export const FRAME_ENTRIES = TILE_WIDTH;
export const MAX_LINE_BYTES = MAX_LEAF_BYTES;
export const SEGMENT_FOLDER = "segments";

/** A frame holds at most this much; more is no frame of ours and is not decompressed further. */
const MAX_FRAME_BYTES = FRAME_ENTRIES * (MAX_LINE_BYTES + 1);
/** What does not compress grows by its blocks' headers: three bytes for 128 KiB, and those of the frame. */
const MAX_SEALED_FRAME_BYTES = MAX_FRAME_BYTES + (MAX_FRAME_BYTES >> 12);
/** A usual frame decompresses in one go; with the default of 16 KiB it takes five times as long. */
const FRAME_CHUNK_BYTES = 256 * 1024;
/** Sealing waits for nobody: 8 % less space than the default level for 6 µs more an entry (bench/footprint.ts). */
const ZSTD_LEVEL = 9;
const NAME_DIGITS = 12;
const NEWLINE = 0x0a;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export type SegmentFileKind = "plain" | "sealed" | "manifest";

const SUFFIXES: Readonly<Record<SegmentFileKind, string>> = {
  plain: ".ndjson",
  sealed: ".ndjson.zst",
  manifest: ".json",
};

/** The file of the segment that begins with entry `first`. */
export function segmentFile(kind: SegmentFileKind, first: number): string {
  return `${SEGMENT_FOLDER}/${String(first).padStart(NAME_DIGITS, "0")}${SUFFIXES[kind]}`;
}

/** Reads a file name; undefined for anything that is no segment's. */
export function parseSegmentFile(
  name: string,
): { readonly kind: SegmentFileKind; readonly first: number } | undefined {
  const first = Number(/^segments\/([0-9]{12})\./.exec(name)?.[1]);
  if (!Number.isSafeInteger(first) || first % SEGMENT_ENTRIES !== 0) return undefined;
  const kinds = ["plain", "sealed", "manifest"] as const;
  const kind = kinds.find((each) => segmentFile(each, first) === name);
  return kind === undefined ? undefined : { kind, first };
}

/** The first index of the segment that holds an entry. */
export function segmentOf(index: number): number {
  return index - (index % SEGMENT_ENTRIES);
}

/** Why bytes cannot be an entry, or undefined when they can. */
export function lineFault(line: Uint8Array): string | undefined {
  if (line.length === 0) return "it is empty";
  if (line.length > MAX_LINE_BYTES)
    return `it has ${line.length} bytes, more than ${MAX_LINE_BYTES}`;
  if (asBuffer(line).includes(NEWLINE)) return "it has a newline";
  return isUtf8(line) ? undefined : "it is not UTF-8";
}

/**
 * Where lines stand in a run of them: offsets[i] is where line i begins, and the last one where the next would.
 * Bytes after the last newline are not counted.
 */
export function lineOffsets(bytes: Uint8Array): number[] {
  const offsets = [0];
  for (let at = 0; ;) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end < 0) return offsets;
    at = end + 1;
    offsets.push(at);
  }
}

/** The lines of a run of whole lines, without their newlines, as views. */
export function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  const searched = asBuffer(bytes);
  for (let at = 0; at < bytes.length;) {
    const found = searched.indexOf(NEWLINE, at);
    const end = found < 0 ? bytes.length : found;
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

/** Lines as they stand in a file, each with its newline, written into `into` or a buffer made for them. */
export function joinLines(
  lines: readonly Uint8Array[],
  into: Uint8Array = new Uint8Array(joinedBytes(lines)),
): Uint8Array {
  // Shared memory takes a Buffer's copy six times as fast as a typed array's.
  const target = asBuffer(into);
  let at = 0;
  for (const line of lines) {
    at += asBuffer(line).copy(target, at);
    target[at] = NEWLINE;
    at += 1;
  }
  return into;
}

export function joinedBytes(lines: readonly Uint8Array[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

/** The same bytes as a Buffer, whose search is native and six times as fast as a typed array's. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const manifestSchema = z.strictObject({
  first: z.int().nonnegative(),
  count: z.literal(SEGMENT_ENTRIES),
  frameEntries: z.literal(FRAME_ENTRIES),
  frames: z.array(z.int().nonnegative()).length(SEGMENT_ENTRIES / FRAME_ENTRIES + 1),
  sha256: hex32,
  root: hex32,
  tiles: hex32,
});

/** What a sealed segment is, for whoever has to check or open it. */
export interface SegmentManifest {
  readonly first: number;
  readonly count: number;
  readonly frameEntries: number;
  /** Where each frame begins in the sealed file; the last number is the file's size. */
  readonly frames: readonly number[];
  /** SHA-256 of the sealed file, in hex. */
  readonly sha256: string;
  /** Root over the segment's leaves, in hex: the hash at level 2, index first / 65,536. */
  readonly root: string;
  /** SHA-256, in hex, over the segment's 256 tiles of level 0 and then its tile of level 1. */
  readonly tiles: string;
}

export function encodeManifest(manifest: SegmentManifest): Uint8Array {
  return utf8(`${JSON.stringify(manifest)}\n`);
}

/** Undefined for anything that is no manifest of the segment that begins with `first`. */
export function decodeManifest(bytes: Uint8Array, first: number): SegmentManifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch {
    return undefined;
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success || parsed.data.first !== first) return undefined;
  const isPossible = parsed.data.frames.every((at, i, all) => {
    if (i === 0) return at === 0;
    const sizeBytes = at - (all[i - 1] ?? at);
    return sizeBytes > 0 && sizeBytes <= MAX_SEALED_FRAME_BYTES;
  });
  return isPossible ? parsed.data : undefined;
}

/** 256 whole lines as a zstd frame, the same for the same lines; compression runs on the thread pool. */
export function sealFrame(lines: Uint8Array): Promise<Uint8Array> {
  const params = {
    [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL,
    // Damage to a frame is then an error of the decompressor too, also for `zstdcat`.
    [constants.ZSTD_c_checksumFlag]: 1,
  };
  return compress(lines, { params });
}

/** The lines of one frame. Rejects when it is damaged or does not hold 256 lines. */
export async function openFrame(frame: Uint8Array): Promise<Uint8Array[]> {
  const lines = splitLines(
    await decompress(frame, { maxOutputLength: MAX_FRAME_BYTES, chunkSize: FRAME_CHUNK_BYTES }),
  );
  if (lines.length !== FRAME_ENTRIES) throw new Error(`the frame has ${lines.length} lines`);
  return lines;
}

/** SHA-256 in hex, computed on the thread pool: the main thread does not wait. */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
