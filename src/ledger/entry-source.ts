/** What a reader of the ledger needs of it: the search index, the notices; each with a position of its own. */

/** The ledger's durable entries, in order, by index. */
export interface EntrySource {
  /** How many are durable. */
  readonly size: number;
  /** The lines of entries `from` to `to` (exclusive), in order, in runs of any length. */
  read(
    from: number,
    to: number,
  ): AsyncIterable<{ readonly first: number; readonly lines: readonly Uint8Array[] }>;
  /** Calls back after `size` has grown; returns what ends that. */
  onAppended(listener: () => void): () => void;
}
