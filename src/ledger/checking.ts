/** What the checks of recovery share. Checks change nothing; what they find to be repaired waits until all have passed. */
import type { LeafHasher } from "./leaf-hasher.ts";
import type { RecoveryReport } from "./recovery.ts";
import type { LedgerFiles, LedgerStore } from "./store.ts";

/** Puts right what a crash left, and reports it. Done again after a crash in its midst, it gives the same. */
export type Repair = (store: LedgerStore) => Promise<void>;

export interface Checking {
  /** For reading alone: files that are refused stay as they were found, they are evidence. */
  readonly store: LedgerFiles;
  readonly hasher: LeafHasher;
  readonly report: ((report: RecoveryReport) => void) | undefined;
  readonly totalEntries: number;
  /** In the order in which they are to be made. */
  readonly repairs: Repair[];
}
