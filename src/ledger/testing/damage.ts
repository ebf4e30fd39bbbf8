/** Damage to a ledger's files, and what becomes of whoever meets it. */
import { copyDisk, fixtureSigner } from "../../storage/memory/ledger-fixture.ts";
import { type MemoryDisk, MemoryLedgerStore } from "../../storage/memory/ledger-store.ts";
import type { CorruptionKind, LedgerCorruption } from "../corruption.ts";
import { FilesSource } from "../files-source.ts";
import { verifyLedger } from "../verify.ts";
import type { LedgerProblem } from "../verify.ts";
import { refusal } from "./whole-ledger.ts";

export interface Damage {
  readonly name: string;
  readonly damage: (disk: MemoryDisk) => void;
  readonly kind: CorruptionKind;
  readonly file?: string;
  readonly index?: number;
  /** What the verifier calls it, who has no head lock and reads the checkpoint first. */
  readonly verified?: CorruptionKind;
  /** About the order of what recovery does; to the verifier, what a crash leaves is a fault like any other. */
  readonly isForRecovery?: true;
}

/** What the verifier meets as well, who sees no head lock and repairs nothing. */
export function isInTheData({ kind, isForRecovery }: Damage): boolean {
  return !kind.endsWith("-head") && !kind.startsWith("rolled-back") && isForRecovery !== true;
}

export interface Met {
  readonly error: LedgerCorruption;
  readonly before: MemoryDisk;
  readonly disk: MemoryDisk;
  /** The kinds of what the ledger reported on its way to the refusal. */
  readonly reports: Set<string>;
}

/** Opens a ledger over a damaged copy of the files. */
export async function openOver(
  whole: MemoryDisk,
  { damage }: Pick<Damage, "damage">,
): Promise<Met> {
  const disk = copyDisk(whole);
  damage(disk);
  const before = copyDisk(disk);
  const reports = new Set<string>();
  const error = await refusal(disk, (report) => reports.add(report.kind));
  return { error, before, disk, reports };
}

/** What the verifier finds in a damaged copy of the files. */
export async function problemsIn(
  whole: MemoryDisk,
  { damage }: Pick<Damage, "damage">,
): Promise<readonly LedgerProblem[]> {
  const disk = copyDisk(whole);
  damage(disk);
  const source = await FilesSource.open(new MemoryLedgerStore(disk));
  const { problems } = await verifyLedger(source, { vkey: fixtureSigner.vkey });
  return problems;
}

export function changedFiles(before: MemoryDisk, after: MemoryDisk): string[] {
  const names = new Set([...before.files.keys(), ...after.files.keys()]);
  const none = new Uint8Array(0);
  const isChanged = (name: string): boolean =>
    Buffer.compare(before.files.get(name) ?? none, after.files.get(name) ?? none) !== 0;
  return [...names].filter(isChanged);
}
