/** A ledger as it lies on its disk, written once for all that is then done to copies of it. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import { copyDisk, numberedLines, openMemoryLedger } from "../../storage/memory/ledger-fixture.ts";
import { type MemoryDisk, MemoryLedgerStore } from "../../storage/memory/ledger-store.ts";
import { LedgerCorruption } from "../corruption.ts";
import type { LedgerReport } from "../ledger.ts";

export const OPEN = "segments/000000131072.ndjson";
export const FIRST_OPEN = 131_072;
export const SIZE = FIRST_OPEN + 300;

/** Two sealed segments and 300 entries in the open one; and the same log 200 entries earlier. */
export async function writeLedger(): Promise<{
  readonly whole: MemoryDisk;
  readonly earlier: MemoryDisk;
}> {
  const store = new MemoryLedgerStore();
  const sealed = Promise.withResolvers<void>();
  const ledger = await openMemoryLedger(store, (report) => {
    if (report.kind === "sealed" && report.first === 65_536) sealed.resolve();
  });
  await ledger.appendBatch(numberedLines(0, 65_536));
  await ledger.appendBatch(numberedLines(65_536, 65_536));
  await ledger.appendBatch(numberedLines(FIRST_OPEN, 50));
  await ledger.publish();
  await sealed.promise;
  await ledger.appendBatch(numberedLines(FIRST_OPEN + 50, 50));
  await ledger.publish();
  const earlier = copyDisk(store.disk);
  await ledger.appendBatch(numberedLines(FIRST_OPEN + 100, 100));
  await ledger.publish();
  await ledger.appendBatch(numberedLines(FIRST_OPEN + 200, 100));
  await ledger.close();
  return { whole: store.disk, earlier };
}

export function change(
  disk: MemoryDisk,
  name: string,
  edit: (bytes: Uint8Array) => Uint8Array | void,
): void {
  const bytes = disk.files.get(name);
  if (bytes === undefined) throw new Error(`${name} is not on the disk`);
  disk.files.set(name, edit(bytes) ?? bytes);
}

export const flip =
  (at: number) =>
  (bytes: Uint8Array): void => {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  };

export function editLines(disk: MemoryDisk, edit: (lines: string[]) => string[]): void {
  change(disk, OPEN, (bytes) => utf8(edit(fromUtf8(bytes).split("\n")).join("\n")));
}

/** Why the ledger does not open over these files. */
export async function refusal(
  disk: MemoryDisk,
  report?: (report: LedgerReport) => void,
): Promise<LedgerCorruption> {
  const opened = openMemoryLedger(new MemoryLedgerStore(disk), report);
  const error: unknown = await opened.then(
    () => new Error("the ledger opened"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof LedgerCorruption)) throw error;
  return error;
}
