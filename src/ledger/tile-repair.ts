/**
 * Tiles at recovery. They are written without waiting for the disk, so a loss of power may leave one missing, short,
 * or with zeros where it was never written; from the entries it is made again. No crash leaves a wrong hash.
 */
import { bytesEqual } from "../kernel/bytes.ts";
import { LedgerCorruption } from "./corruption.ts";
import { HASH_BYTES } from "./merkle.ts";
import type { Checking } from "./checking.ts";
import type { RecoveryReport } from "./recovery.ts";
import { firstDifference } from "./sealer.ts";
import type { LedgerFiles, LedgerStore } from "./store.ts";
import { TILE_WIDTH, tilePath } from "./tile.ts";
import type { TileWrite } from "./tree-growth.ts";

/** Compares a tile with the hashes that the entries have, and notes the repair of one that a crash left unwritten. */
export async function checkTile(
  { store, report, repairs }: Checking,
  write: TileWrite,
): Promise<void> {
  if (await isTileWhole(store, write)) return;
  repairs.push((writable) => rebuildTile(writable, write, report));
}

/** Writes a tile again, durably. */
export async function rebuildTile(
  store: LedgerStore,
  { tile, bytes }: TileWrite,
  report: ((report: RecoveryReport) => void) | undefined,
): Promise<void> {
  const file = tilePath(tile);
  await store.put(file, bytes, { durable: true });
  report?.({ kind: "tile-rebuilt", file });
}

/** False for a tile that a crash left unwritten; throws LedgerCorruption for one that holds anything else. */
export async function isTileWhole(
  store: LedgerFiles,
  { tile, bytes }: TileWrite,
): Promise<boolean> {
  const file = tilePath(tile);
  const found = await store.read(file);
  if (found !== undefined && bytesEqual(found, bytes)) return true;
  if (found !== undefined && !isUnwritten(found, bytes)) {
    const at = firstDifference(found, bytes);
    const index = (tile.index * TILE_WIDTH + at) * TILE_WIDTH ** tile.level;
    const sentence = `${file} holds another hash than the entries from ${index} on have. The entries are in order: remove the tile and start again, it is made anew; find out who changed it.`;
    throw new LedgerCorruption("altered-tile", sentence, { file, index });
  }
  return false;
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
