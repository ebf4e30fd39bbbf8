/** A ledger's own files as a source for verification: sealed and plain segments, tiles, checkpoint. */
import { fromUtf8, toHex } from "../kernel/bytes.ts";
import { digestFile, scanLines } from "./file-pieces.ts";
import { type Inventory, isSameInventory, missingSegment, takeInventory } from "./inventory.ts";
import { HASH_BYTES } from "./merkle.ts";
import { CHECKPOINT_FILE } from "./publisher.ts";
import {
  SEGMENT_ENTRIES,
  type SegmentManifest,
  decodeManifest,
  segmentFile,
  segmentOf,
} from "./segment.ts";
import { type PlainSegment, Segments } from "./segments.ts";
import type { LedgerFiles } from "./store.ts";
import { segmentTiles } from "./sealer.ts";
import { TILE_WIDTH, type TileId, foldTile, tilePath } from "./tile.ts";
import type { LedgerProblem, LedgerSource } from "./verify.ts";

/** Reads a folder that may be in use: what is appended or sealed meanwhile does not disturb it. */
export class FilesSource implements LedgerSource {
  readonly #files: LedgerFiles;
  #inventory: Inventory;
  #segments: Segments;

  private constructor(files: LedgerFiles, inventory: Inventory, segments: Segments) {
    this.#files = files;
    this.#inventory = inventory;
    this.#segments = segments;
  }

  static async open(files: LedgerFiles): Promise<FilesSource> {
    const inventory = await takeInventory(files);
    return new FilesSource(files, inventory, await readSegments(files, inventory));
  }

  async checkpoint(): Promise<string | undefined> {
    const bytes = await this.#files.read(CHECKPOINT_FILE);
    // Entries are there before a checkpoint covers them, so what is looked at after it has all that it covers.
    await this.#lookAgain(await takeInventory(this.#files));
    return bytes && fromUtf8(bytes);
  }

  async tile(tile: TileId): Promise<Uint8Array | undefined> {
    const wanted = tile.width * HASH_BYTES;
    const exact = await this.#files.read(tilePath(tile));
    if (exact !== undefined || tile.width === TILE_WIDTH) return exact;
    const full = { ...tile, width: TILE_WIDTH };
    // A log in use has replaced the partial tile by a wider one, which begins with it.
    const wider = await this.#files.list(`${tilePath(full)}.p`);
    const name = wider.find(({ sizeBytes }) => sizeBytes >= wanted)?.name ?? tilePath(full);
    return this.#files.read(name);
  }

  async entries(first: number, count: number): Promise<readonly Uint8Array[]> {
    try {
      return await this.#take(first, count);
    } catch (error) {
      // Sealed since the folder was read? Otherwise what is wrong is really wrong.
      const inventory = await takeInventory(this.#files);
      if (isSameInventory(inventory, this.#inventory)) throw error;
      await this.#lookAgain(inventory);
      return this.#take(first, count);
    }
  }

  async inspect(
    size: number,
    signal?: AbortSignal,
  ): Promise<{ readonly problems: readonly LedgerProblem[]; readonly unproven: number }> {
    const problems: LedgerProblem[] = [];
    for (const [first, kinds] of this.#inventory) {
      signal?.throwIfAborted();
      const problem = kinds.has("sealed") ? await this.#inspectSealed(first) : undefined;
      if (problem !== undefined) problems.push(problem);
    }
    return { problems, unproven: Math.max(0, this.#segments.size - size) };
  }

  async #inspectSealed(first: number): Promise<LedgerProblem | undefined> {
    const file = segmentFile("manifest", first);
    const written = await this.#files.read(file);
    const manifest = written && decodeManifest(written, first);
    if (manifest === undefined) {
      // A plain file beside it is still in charge: the sealing had not come to its end.
      if ((await this.#files.read(segmentFile("plain", first))) !== undefined) return undefined;
      return {
        kind: "bad-manifest",
        sentence: `${file} is missing or unreadable`,
        file,
        index: first,
      };
    }
    const name = segmentFile("sealed", first);
    if ((await digestFile(this.#files, name)) !== manifest.sha256) {
      const sentence = `${name} is not the file that its manifest describes`;
      return { kind: "altered-segment", sentence, file: name, index: first };
    }
    const top = segmentTiles(first).at(-1);
    const hashes = top && (await this.#files.read(tilePath(top)));
    if (hashes?.length !== TILE_WIDTH * HASH_BYTES) return undefined;
    if (toHex(foldTile(hashes)) === manifest.root) return undefined;
    const sentence = `${file} gives another root than the segment's tile of level 1`;
    return { kind: "bad-manifest", sentence, file, index: first };
  }

  async #lookAgain(inventory: Inventory): Promise<void> {
    this.#inventory = inventory;
    this.#segments = await readSegments(this.#files, inventory);
  }

  async #take(first: number, count: number): Promise<readonly Uint8Array[]> {
    const segment = segmentOf(first);
    const kinds = this.#inventory.get(segment) ?? new Set();
    const isThere = kinds.has("plain") || (kinds.has("sealed") && kinds.has("manifest"));
    if (!isThere) throw missingSegment(segment, kinds);
    const lines: Uint8Array[] = [];
    for await (const run of this.#segments.read(
      first,
      Math.min(first + count, this.#segments.end),
    )) {
      lines.push(...run.lines);
    }
    return lines;
  }
}

async function readSegments(files: LedgerFiles, inventory: Inventory): Promise<Segments> {
  const sealed: SegmentManifest[] = [];
  const plain: PlainSegment[] = [];
  for (const [first, kinds] of inventory) {
    const written = kinds.has("manifest")
      ? await files.read(segmentFile("manifest", first))
      : undefined;
    const manifest = written && decodeManifest(written, first);
    if (manifest !== undefined && kinds.has("sealed")) sealed.push(manifest);
    else if (kinds.has("plain")) plain.push(await readPlain(files, first));
  }
  return new Segments(files, sealed, plain);
}

async function readPlain(files: LedgerFiles, first: number): Promise<PlainSegment> {
  const offsets = [0];
  const lines = { name: segmentFile("plain", first), maxLines: SEGMENT_ENTRIES };
  await scanLines(files, lines, ({ ends }) => void offsets.push(...ends));
  return { first, offsets };
}
