/** The entries, wherever they stand: sealed in frames, or in the plain lines of a segment that is still to be sealed. */
import { LedgerCorruption, RESTORE } from "./corruption.ts";
import {
  FRAME_ENTRIES,
  SEGMENT_ENTRIES,
  type SegmentManifest,
  joinedBytes,
  openFrame,
  segmentFile,
  segmentOf,
  splitLines,
} from "./segment.ts";
import type { LedgerFiles } from "./store.ts";

/** Decompressed frames that are kept, by the bytes of their lines. */
const FRAME_CACHE_BYTES = 32 * 1024 * 1024;

/** How much of a plain file is read at once when entries are read in order: 800 usual ones, or a single long one. */
const PLAIN_RUN_BYTES = 1024 * 1024;

/** Consecutive entries. */
export interface EntryRun {
  readonly first: number;
  readonly lines: Uint8Array[];
}

/** Where a segment's lines stand in its plain file: offsets[i] is where line i begins, the last where the next will. */
export interface PlainSegment {
  readonly first: number;
  readonly offsets: number[];
}

/** Knows every entry that is durable, and reads any of them. */
export class Segments {
  readonly #files: LedgerFiles;
  readonly #sealed = new Map<number, SegmentManifest>();
  readonly #plain = new Map<number, PlainSegment>();
  readonly #frames = new Map<number, readonly Uint8Array[]>();
  #framesBytes = 0;
  #size = 0;

  constructor(
    files: LedgerFiles,
    sealed: readonly SegmentManifest[],
    plain: readonly PlainSegment[],
  ) {
    this.#files = files;
    for (const manifest of sealed) {
      this.#sealed.set(manifest.first, manifest);
      this.#size += SEGMENT_ENTRIES;
    }
    for (const segment of plain) {
      this.#plain.set(segment.first, segment);
      this.#size += segment.offsets.length - 1;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** One past the highest entry that is known; more than `size` when a segment is missing. */
  get end(): number {
    const sealed = [...this.#sealed.keys()].map((first) => first + SEGMENT_ENTRIES);
    const plain = [...this.#plain.values()].map(({ first, offsets }) => first + offsets.length - 1);
    return Math.max(0, ...sealed, ...plain);
  }

  /** Full segments whose lines are still plain, oldest first. */
  unsealed(): PlainSegment[] {
    return [...this.#plain.values()].filter(({ offsets }) => offsets.length > SEGMENT_ENTRIES);
  }

  /** Takes note of lines that have become durable. */
  appended(lines: readonly Uint8Array[]): void {
    for (let taken = 0; taken < lines.length;) {
      const first = segmentOf(this.#size);
      const { offsets } = this.#plain.get(first) ?? this.#begin(first);
      let end = offsets.at(-1) ?? 0;
      const room = SEGMENT_ENTRIES + 1 - offsets.length;
      for (const line of lines.slice(taken, taken + room)) offsets.push((end += line.length + 1));
      const count = Math.min(room, lines.length - taken);
      taken += count;
      this.#size += count;
    }
  }

  #begin(first: number): PlainSegment {
    const segment = { first, offsets: [0] };
    this.#plain.set(first, segment);
    return segment;
  }

  /** From now on the segment is read from its sealed file; the plain one may go. */
  sealed(manifest: SegmentManifest): void {
    this.#sealed.set(manifest.first, manifest);
    this.#plain.delete(manifest.first);
  }

  /** The entries from `from` up to `to`, in runs of a frame or of PLAIN_RUN_BYTES; one run is read ahead. */
  async *read(from: number, to: number): AsyncGenerator<EntryRun> {
    if (from >= to) return;
    let ahead = this.#run(from, to, PLAIN_RUN_BYTES);
    for (let at = from; at < to;) {
      const run = await ahead;
      at += run.lines.length;
      if (at < to) {
        ahead = this.#run(at, to, PLAIN_RUN_BYTES);
        // A reader that stops early leaves the read-ahead behind; its failure is then nobody's.
        ahead.catch(() => undefined);
      }
      yield run;
    }
  }

  /** Entries by index, in the order asked. */
  async entries(indexes: readonly number[]): Promise<Uint8Array[]> {
    const byFrame = Map.groupBy(indexes, frameOf);
    const found = new Map<number, Uint8Array>();
    await Promise.all(
      [...byFrame.values()].map(async (group) => {
        const from = Math.min(...group);
        const { lines } = await this.#run(from, Math.max(...group) + 1, Infinity);
        for (const [i, line] of lines.entries()) found.set(from + i, line);
      }),
    );
    return indexes.map((index) => found.get(index) ?? missing(index));
  }

  /** The entries from `from` to the end of its frame; as long as they are plain, up to `plainBytes` of them. */
  async #run(from: number, to: number, plainBytes: number): Promise<EntryRun> {
    const plain = this.#plain.get(segmentOf(from));
    const lines =
      (plain === undefined
        ? undefined
        : await this.#plainLines(plain, from, plainEnd(plain, { from, to, plainBytes }))) ??
      // Not plain, or sealed while we were reading: the file was removed under our hands.
      (await this.#sealedLines(from, Math.min(to, frameOf(from) + FRAME_ENTRIES)));
    return { first: from, lines };
  }

  async #plainLines(
    { first, offsets }: PlainSegment,
    from: number,
    end: number,
  ): Promise<Uint8Array[] | undefined> {
    const offset = offsets[from - first] ?? missing(from);
    const length = (offsets[end - first] ?? missing(end - 1)) - offset;
    const bytes = await this.#files.read(segmentFile("plain", first), { offset, length });
    if (bytes === undefined && this.#sealed.has(first)) return undefined;
    if (bytes?.length !== length) missing(from);
    const lines = splitLines(bytes);
    if (lines.length !== end - from) missing(from);
    return lines;
  }

  async #sealedLines(from: number, end: number): Promise<Uint8Array[]> {
    const frame = frameOf(from);
    const lines = this.#frames.get(frame) ?? (await this.#openFrame(frame));
    // Re-inserted, so that the map's order is the order of last use.
    this.#keep(frame, lines);
    return lines.slice(from - frame, end - frame);
  }

  async #openFrame(frame: number): Promise<readonly Uint8Array[]> {
    const manifest = this.#sealed.get(segmentOf(frame)) ?? missing(frame);
    const name = segmentFile("sealed", manifest.first);
    const number = (frame - manifest.first) / FRAME_ENTRIES;
    const [offset = 0, next = 0] = manifest.frames.slice(number, number + 2);
    const bytes = await this.#files.read(name, { offset, length: next - offset });
    if (bytes === undefined) {
      throw new LedgerCorruption("missing-segment", `${name} has gone. ${RESTORE}`, { file: name });
    }
    return openFrame(bytes).catch(() => {
      const sentence = `entries from ${frame} on can no longer be read from ${name}. ${RESTORE}`;
      throw new LedgerCorruption("altered-segment", sentence, { file: name, index: frame });
    });
  }

  #keep(frame: number, lines: readonly Uint8Array[]): void {
    if (!this.#frames.delete(frame)) this.#framesBytes += joinedBytes(lines);
    this.#frames.set(frame, lines);
    for (const [oldest, oldLines] of this.#frames) {
      if (this.#framesBytes <= FRAME_CACHE_BYTES || oldest === frame) break;
      this.#frames.delete(oldest);
      this.#framesBytes -= joinedBytes(oldLines);
    }
  }
}

/** Where a run of plain lines ends: with `to`, the segment, or the line with which it has enough. At least one. */
function plainEnd(
  { first, offsets }: PlainSegment,
  {
    from,
    to,
    plainBytes,
  }: { readonly from: number; readonly to: number; readonly plainBytes: number },
): number {
  const last = Math.min(to, first + offsets.length - 1);
  const enough = (offsets[from - first] ?? missing(from)) + plainBytes;
  let end = from + 1;
  while (end < last && (offsets[end - first] ?? enough) < enough) end += 1;
  return end;
}

function frameOf(index: number): number {
  return index - (index % FRAME_ENTRIES);
}

function missing(index: number): never {
  const file = segmentFile("plain", segmentOf(index));
  const sentence = `entry ${index} is no longer where it was written. ${RESTORE}`;
  throw new LedgerCorruption("missing-entries", sentence, { file, index });
}
