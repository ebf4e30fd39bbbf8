/** What can be wrong with a ledger's files, by name: the difference between "it broke" and "this is what was done". */
import { Outage } from "../kernel/errors.ts";

export type CorruptionKind =
  /** A segment between the first and the last is not there. */
  | "missing-segment"
  /** The files end before the last signed head does. */
  | "missing-entries"
  /** A sealed segment is not the file that its manifest describes. */
  | "altered-segment"
  /** An entry is not the bytes that were hashed when it was written. */
  | "altered-entry"
  /** An entry of the log stands in another entry's place. */
  | "moved-entry"
  /** Bytes that are no line where a line must be. */
  | "malformed-entry"
  /** A manifest is missing, unreadable, or says what its segment contradicts. */
  | "bad-manifest"
  /** A tile holds other hashes than the entries have. */
  | "altered-tile"
  /** Entries and tiles agree with each other, but not with the head that this log has signed. */
  | "head-mismatch"
  /** The record of the last signed head is missing, while the ledger has been signed before. */
  | "missing-head"
  /** The record of the last signed head is unreadable, or not signed by this log's key. */
  | "altered-head"
  /** The record of the last signed head is older than the checkpoint or than what has been sealed. */
  | "rolled-back-head"
  /** The published checkpoint is older than the last signed head can explain. */
  | "rolled-back-checkpoint"
  /** The published checkpoint is missing, unreadable, not of this log, or not signed by its key. */
  | "altered-checkpoint";

/** Where the first thing that does not verify stands, as far as it can be told. */
export interface CorruptionPlace {
  /** File within the ledger. */
  readonly file?: string;
  /** Index of the first entry that fails. */
  readonly index?: number;
}

/**
 * The files contradict what this log has signed, or each other. Nothing is repaired: the sentence says what was
 * found and what to do, and the ledger stays closed until someone has done it.
 */
export class LedgerCorruption extends Outage {
  readonly kind: CorruptionKind;
  readonly file: string | undefined;
  readonly index: number | undefined;

  constructor(kind: CorruptionKind, sentence: string, place: CorruptionPlace = {}) {
    super(`${kind}: ${sentence}`);
    this.kind = kind;
    this.file = place.file;
    this.index = place.index;
  }
}

/** What to do about damage that a copy can heal. */
export const RESTORE =
  "Keep these files as evidence, restore the file from a copy, and start again; `keytrail verify` checks the copy.";
