/**
 * Tiles at recovery. They are written without waiting for the disk, so a loss of power may leave one missing, short,
 * or with zeros where it was never written; from the entries it is made again. No crash leaves a wrong hash.
 */
import { bytesEqual } from "../kernel/bytes.ts";
import { LedgerCorruption } from "./corruption.ts";
import { HASH_BYTES } from "./merkle.ts";
import type { RecoveryReport } from "./recovery.ts";
import { firstDifference } from "./sealer.ts";
import type { LedgerStore } from "./store.ts";
import { TILE_WIDTH, tilePath } from "./tile.ts";
import type { TileWrite } from "./tree-growth.ts";

export interface TileRepair {
  readonly store: LedgerStore;
  readonly report: ((report: RecoveryReport) => void) | undefined;
}

/**
 * Compares a tile with the hashes that the entries have. One that a crash left unwritten is written again, durably,
 * and reported; one that holds anything else throws LedgerCorruption.
 */
export async function checkTile(
  { store, report }: TileRepair,
  { tile, bytes }: TileWrite,
): Promise<void> {
  const file = tilePath(tile);
  const found = await store.read(file);
  if (found !== undefined && bytesEqual(found, bytes)) return;
  if (found !== undefined && !isUnwritten(found, bytes)) {
    const at = firstDifference(found, bytes);
    const index = (tile.index * TILE_WIDTH + at) * TILE_WIDTH ** tile.level;
    const sentence = `${file} holds another hash than the entries from ${index} on have. The entries are in order: remove the tile and start again, it is made anew; find out who changed it.`;
    throw new LedgerCorruption("altered-tile", sentence, { file, index });
  }
  await store.put(file, bytes, { durable: true });
  report?.({ kind: "tile-rebuilt", file });
}

/** Whether everything in the tile is either right or was never written. */
function isUnwritten(found: Uint8Array, expected: Uint8Array): boolean {
  if (found.length > expected.length) return false;
  for (let at = 0; at < found.length; at += HASH_BYTES) {
    const hash = found.subarray(at, at + HASH_BYTES);
    const right = expected.subarray(at, at + hash.length);
    if (!bytesEqual(hash, right) && hash.some((byte) => byte !== 0)) return false;
  }
  return true;
}
