/**
 * What an event takes on the disk, once its segment is sealed: entries, tiles and index, in bytes. To hold: 320.
 *
 *     node bench/footprint.ts [segments] [folder]
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ledger } from "../src/ledger/ledger.ts";
import { Ed25519Signer } from "../src/ledger/note.ts";
import { SEGMENT_ENTRIES } from "../src/ledger/segment.ts";
import { Indexer } from "../src/search/indexer.ts";
import { DuckDbEventIndex } from "../src/storage/duckdb/event-index.ts";
import { FileHeadLock } from "../src/storage/files/head-lock.ts";
import { FileLedgerStore } from "../src/storage/files/ledger-store.ts";
import { EventGenerator } from "./generate-events.ts";

const WANTED_BYTES = 320;
const BATCH = 1_024;

const segments = Number(process.argv[2] ?? 8);
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), "keytrail-footprint-"));
const events = segments * SEGMENT_ENTRIES;
const DAY_MS = 86_400_000;
// As dense in time as ten million events in 90 days.
const generator = new EventGenerator({
  seed: 1,
  from: Date.UTC(2026, 7, 1),
  stepMs: (90 * DAY_MS) / 10_000_000,
});

let sealed = 0;
const allSealed = Promise.withResolvers<void>();
const store = await FileLedgerStore.open(join(folder, "ledger"));
const ledger = await Ledger.open({
  store,
  lock: await FileHeadLock.open(join(folder, "head")),
  signer: Ed25519Signer.generate("bench/footprint"),
  report: (report) => {
    if (report.kind === "sealed" && ++sealed === segments) allSealed.resolve();
  },
});
let lineBytes = 0;
for (let first = 0; first < events; first += BATCH) {
  const lines = Array.from({ length: BATCH }, () => generator.next());
  for (const line of lines) lineBytes += line.length;
  await ledger.appendBatch(lines);
}
await allSealed.promise;

const index = await DuckDbEventIndex.open(join(folder, "index"));
const indexer = await Indexer.start(index, ledger);
await indexer.waitFor(events, 3_600_000);
await indexer.stop();
await index.settle();
await index.close();
await ledger.close();
await store.close();

const parts = {
  "entries, sealed": sizeOf(join(folder, "ledger", "segments")),
  "tiles of the Merkle tree": sizeOf(join(folder, "ledger", "tile")),
  index: sizeOf(join(folder, "index")),
};
console.log(
  `${events} events of ${(lineBytes / events).toFixed(0)} bytes a line, ${segments} segments`,
);
for (const [part, bytes] of Object.entries(parts)) {
  console.log(`${part.padEnd(26)}${(bytes / events).toFixed(1).padStart(8)} bytes an event`);
}
const total = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) / events;
console.log(
  `${"all".padEnd(26)}${total.toFixed(1).padStart(8)} bytes an event, ${WANTED_BYTES} wanted`,
);
rmSync(folder, { recursive: true });

function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
