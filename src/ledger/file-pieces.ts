/**
 * Long files in short pieces. A segment has up to 4 GiB, so nothing here or above it ever holds a whole one: reading,
 * checking, sealing and verifying take a few pieces, or frames of 256 lines (at most 16 MiB), at a time.
 */
import { createHash } from "node:crypto";
import { MAX_LINE_BYTES } from "./segment.ts";
import type { LedgerFiles } from "./store.ts";

/** What is read at once. */
export const PIECE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** A run of lines of a file. */
export interface LinePiece {
  /** Whole lines with their newlines; of one that is too long to be an entry, enough to see that. */
  readonly bytes: Uint8Array;
  /** For each line, where in the file the one behind it begins. */
  readonly ends: readonly number[];
}

/** The bytes of a file from its start to its end, none for a file that is not there. */
async function* readPieces(files: LedgerFiles, name: string): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; offset += PIECE_BYTES) {
    const piece = await files.read(name, { offset, length: PIECE_BYTES });
    if (piece !== undefined && piece.length > 0) yield piece;
    if (piece === undefined || piece.length < PIECE_BYTES) return;
  }
}

/** SHA-256 of a file, in hex; of nothing when it is not there. */
export async function digestFile(files: LedgerFiles, name: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const piece of readPieces(files, name)) digest.update(piece);
  return digest.digest("hex");
}

/**
 * Gives the first `maxLines` whole lines of a file to `take`, a piece at a time and in order. Resolves to the size of
 * the file in bytes, with what stands behind those lines.
 */
export async function scanLines(
  files: LedgerFiles,
  { name, maxLines }: { readonly name: string; readonly maxLines: number },
  take: (piece: LinePiece) => Promise<void> | void,
): Promise<number> {
  let sizeBytes = 0;
  let lines = 0;
  /** The beginning of a line that goes on in the next piece. */
  let begun: Uint8Array = new Uint8Array(0);
  for await (const piece of readPieces(files, name)) {
    const found = newlines(piece, maxLines - lines);
    const whole = found.at(-1) ?? 0;
    const ends = found.map((end) => sizeBytes + end);
    sizeBytes += piece.length;
    lines += ends.length;
    if (whole > 0) await take({ bytes: Buffer.concat([begun, piece.subarray(0, whole)]), ends });
    const rest = whole > 0 ? piece.subarray(whole) : Buffer.concat([begun, piece]);
    begun = rest.subarray(0, MAX_LINE_BYTES + 1);
  }
  return sizeBytes;
}

/** One past each of the first `max` newlines. */
function newlines(bytes: Uint8Array, max: number): number[] {
  const ends: number[] = [];
  // A Buffer's search is native, and several times as fast as a typed array's.
  const searched = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; ends.length < max; at = ends.at(-1) ?? 0) {
    const found = searched.indexOf(NEWLINE, at);
    if (found < 0) break;
    ends.push(found + 1);
  }
  return ends;
}
