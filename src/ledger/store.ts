/**
 * The ledger's two ports. The store keeps the data and is not trusted: whoever can change it can stop the ledger,
 * but not make it lie unnoticed. The head lock is trusted, tiny, and kept apart from the data (Sunlight's rule): it
 * remembers the last head that was signed, so that a data folder brought back from a backup is noticed before a
 * second, different history gets signed. A head lock is never restored from a backup.
 */
import { Outage } from "../kernel/errors.ts";

/** There was no room. Nothing of the write remains; it may be tried again. */
export class StoreFull extends Outage {}

/** Bytes for the end of one file. `offset` is the file's size before: a store refuses to leave or fill a gap. */
export interface EndWrite {
  readonly name: string;
  readonly offset: number;
  /** May be backed by shared memory; not to be changed until the append has settled. */
  readonly bytes: Uint8Array;
}

export interface StoredFile {
  readonly name: string;
  readonly sizeBytes: number;
}

export interface PutOptions {
  /** Whether the file must survive a loss of power once the promise has resolved. */
  readonly durable: boolean;
}

/** A ledger's files, for whoever only reads them. */
export interface LedgerFiles {
  /** The files directly in a folder, in order of name; none when there is no such folder. */
  list(folder: string): Promise<readonly StoredFile[]>;
  /** The file or the part of it that exists of the range; undefined when there is no such file. */
  read(
    name: string,
    range?: { readonly offset: number; readonly length: number },
  ): Promise<Uint8Array | undefined>;
}

/**
 * Files by name ("segments/000000000000.ndjson"). All methods may be called while others are under way, except that
 * one file is written by one call at a time. A rejection other than StoreFull leaves the file in doubt: the write
 * may or may not have happened.
 */
export interface LedgerStore extends LedgerFiles {
  /** Creates or replaces a file. A reader, or a crash, finds the old or the new content, never a mixture. */
  put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void>;
  /** As a durable `put`, for content that is too long to be held. Rejects with what `parts` throws, if it does. */
  putParts(name: string, parts: AsyncIterable<Uint8Array>): Promise<void>;
  /** Removes a file; one that is not there is no error. */
  remove(name: string): Promise<void>;
  /**
   * Appends, creating files as needed, in the order given, and resolves once all of it is durable. Calls take effect
   * in the order made. When one rejects with StoreFull, none of its writes remain. A crash may leave a beginning.
   */
  append(writes: readonly EndWrite[]): Promise<void>;
  /** Cuts a file to that size, and makes what is left of it durable, whoever wrote it. */
  truncate(name: string, sizeBytes: number): Promise<void>;
  /** Gives back the room that was set aside; false when none was held. */
  releaseReserve(): Promise<boolean>;
  /** Sets room aside, if it is not already; false when there is too little. */
  holdReserve(): Promise<boolean>;
  close(): Promise<void>;
}

/** The lock holds something else than expected: another process signs for this log. */
export class HeadConflict extends Outage {}

/** One small text that is only ever replaced by comparison with what it was. */
export interface HeadLock {
  /** The text last put there; undefined before the first. */
  load(): Promise<string | undefined>;
  /** Durably replaces `expected` by `next`. Throws HeadConflict when the lock holds something else. */
  compareAndSwap(expected: string | undefined, next: string): Promise<void>;
}
