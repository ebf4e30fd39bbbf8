/** No segment is ever held as a whole: what is read, and what is written, at once stays short however long it is. */
import { expect, it } from "vitest";
import { utf8 } from "../kernel/bytes.ts";
import { fixtureSigner, openMemoryLedger } from "../storage/memory/ledger-fixture.ts";
import { MemoryLedgerStore } from "../storage/memory/ledger-store.ts";
import type { MemoryDisk } from "../storage/memory/ledger-store.ts";
import { PIECE_BYTES } from "./file-pieces.ts";
import { FilesSource } from "./files-source.ts";
import { SEGMENT_ENTRIES } from "./segment.ts";
import { verifyLedger } from "./verify.ts";

const BATCH = 8192;

/** Remembers the longest that was read of a segment, or written of a sealed one, in one piece. */
class WatchedStore extends MemoryLedgerStore {
  longestBytes = 0;

  override async read(
    name: string,
    range?: { readonly offset: number; readonly length: number },
  ): Promise<Uint8Array | undefined> {
    const bytes = await super.read(name, range);
    if (isLong(name)) this.longestBytes = Math.max(this.longestBytes, bytes?.length ?? 0);
    return bytes;
  }

  override putParts(name: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const watch = (bytes: number): void => {
      this.longestBytes = Math.max(this.longestBytes, bytes);
    };
    async function* watched(): AsyncGenerator<Uint8Array> {
      for await (const part of parts) {
        watch(part.length);
        yield part;
      }
    }
    return super.putParts(name, watched());
  }
}

/** Manifests are short: 257 numbers and three digests. */
function isLong(name: string): boolean {
  return name.includes(".ndjson");
}

/** Lines that do not compress away, so that the sealed file is longer than a piece as well. */
function longLine(n: number): Uint8Array {
  const noise = Array.from({ length: 6 }, (_, i) => Math.imul(n + 1, 0x9e3779b1 + i).toString(36));
  return utf8(JSON.stringify({ n, noise }));
}

async function fill(store: MemoryLedgerStore, from: number): Promise<void> {
  const sealed = Promise.withResolvers<void>();
  const ledger = await openMemoryLedger(store, ({ kind }) => {
    if (kind === "sealed") sealed.resolve();
  });
  for (let n = from; n < from + SEGMENT_ENTRIES; n += BATCH) {
    await ledger.appendBatch(Array.from({ length: BATCH }, (_, i) => longLine(n + i)));
  }
  await ledger.publish();
  await sealed.promise;
  await ledger.close();
}

function sizes(disk: MemoryDisk): number[] {
  return [...disk.files].filter(([name]) => isLong(name)).map(([, bytes]) => bytes.length);
}

it("sealing, opening, verifying and naming damage take short pieces of long segments", async () => {
  const store = new WatchedStore();
  await fill(store, 0);
  const more = await openMemoryLedger(new MemoryLedgerStore(store.disk));
  await more.appendBatch(Array.from({ length: SEGMENT_ENTRIES - 1 }, (_, i) => longLine(i)));
  await more.close();
  expect(Math.min(...sizes(store.disk))).toBeGreaterThan(PIECE_BYTES);

  const opened = new WatchedStore(store.disk);
  await (await openMemoryLedger(opened)).close();
  const read = new WatchedStore(store.disk);
  const source = await FilesSource.open(read);
  expect((await verifyLedger(source, { vkey: fixtureSigner.vkey })).problems).toEqual([]);
  const damaged = new WatchedStore(store.disk);
  store.disk.files.get("segments/000000000000.ndjson.zst")![PIECE_BYTES]! ^= 1;
  await expect(openMemoryLedger(damaged)).rejects.toThrow(/altered-segment/);
  for (const { longestBytes } of [store, opened, read, damaged]) {
    expect(longestBytes).toBeGreaterThan(0);
    expect(longestBytes).toBeLessThanOrEqual(PIECE_BYTES);
  }
});
