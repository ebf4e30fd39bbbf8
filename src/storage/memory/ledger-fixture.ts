/** A ledger in memory, and the check of all of it: what tests of anything that stands on the ledger begin with. */
import { utf8 } from "../../kernel/bytes.ts";
import { FilesSource } from "../../ledger/files-source.ts";
import { Ledger } from "../../ledger/ledger.ts";
import type { LedgerReport } from "../../ledger/ledger.ts";
import { Ed25519Signer } from "../../ledger/note.ts";
import { verifyLedger } from "../../ledger/verify.ts";
import { MemoryLedgerStore } from "./ledger-store.ts";
import type { MemoryDisk } from "./ledger-store.ts";

/** One key for all ledgers of a test run, so that a disk can be opened again. */
export const fixtureSigner = Ed25519Signer.generate("keytrail.test/log");

/** Opens the ledger on a disk as a fresh process would. */
export function openMemoryLedger(
  store: MemoryLedgerStore,
  report?: (report: LedgerReport) => void,
): Promise<Ledger> {
  const ports = { store, lock: store, signer: fixtureSigner };
  return Ledger.open(report === undefined ? ports : { ...ports, report });
}

/** Everything that is wrong with what is on the disk, by the rules of an outside verifier; empty when nothing is. */
export async function faultsOnDisk(disk: MemoryDisk): Promise<string[]> {
  const source = await FilesSource.open(new MemoryLedgerStore(disk));
  const { problems } = await verifyLedger(source, { vkey: fixtureSigner.vkey });
  const sentences = problems.map(({ kind, sentence }) => `${kind}: ${sentence}`);
  return [...sentences, ...disk.violations];
}

/** A copy that can be damaged without touching the original. */
export function copyDisk(disk: MemoryDisk): MemoryDisk {
  const copy = (files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> =>
    new Map([...files].map(([name, bytes]) => [name, Uint8Array.from(bytes)]));
  return {
    ...disk,
    files: copy(disk.files),
    immutable: copy(disk.immutable),
    violations: [...disk.violations],
  };
}

export function numberedLine(n: number): Uint8Array {
  return utf8(JSON.stringify({ n }));
}

export function numberedLines(from: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => numberedLine(from + i));
}
