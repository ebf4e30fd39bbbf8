/** Which segment files there are: the first thing that recovery and verification look at. */
import { LedgerCorruption, RESTORE } from "./corruption.ts";
import { SEGMENT_FOLDER, segmentFile, type SegmentFileKind, parseSegmentFile } from "./segment.ts";
import type { LedgerFiles } from "./store.ts";

/** By the index of the segment's first entry, in rising order. */
export type Inventory = ReadonlyMap<number, ReadonlySet<SegmentFileKind>>;

export async function takeInventory(files: LedgerFiles): Promise<Inventory> {
  const inventory = new Map<number, Set<SegmentFileKind>>();
  for (const { name } of await files.list(SEGMENT_FOLDER)) {
    const file = parseSegmentFile(name);
    if (file === undefined) continue;
    const kinds = inventory.get(file.first) ?? new Set();
    inventory.set(file.first, kinds.add(file.kind));
  }
  return inventory;
}

export function isSameInventory(a: Inventory, b: Inventory): boolean {
  return (
    a.size === b.size &&
    [...a].every(
      ([first, kinds]) => kinds.symmetricDifference(b.get(first) ?? new Set()).size === 0,
    )
  );
}

/** Names what is missing of a segment that has neither plain lines nor a sealed file with its manifest. */
export function missingSegment(
  first: number,
  kinds: ReadonlySet<SegmentFileKind>,
): LedgerCorruption {
  if (kinds.has("sealed")) {
    const file = segmentFile("manifest", first);
    const sentence = `${file} is missing, and with it what ${segmentFile("sealed", first)} must be. ${RESTORE}`;
    return new LedgerCorruption("bad-manifest", sentence, { file, index: first });
  }
  const file = segmentFile(kinds.has("manifest") ? "sealed" : "plain", first);
  const sentence = `${file} is missing, and with it the entries from ${first} on. ${RESTORE}`;
  return new LedgerCorruption("missing-segment", sentence, { file, index: first });
}
