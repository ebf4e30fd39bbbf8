/** The port to the cursors: how far readers of the ledger that live in the state have come. */

export interface CursorReader {
  /** By the readers' names, of those whose names begin like this. */
  cursors(prefix: string): Promise<ReadonlyMap<string, number>>;
}

export interface CursorStore extends CursorReader {
  /** Of the readers whose names begin like this, exactly these stay. */
  replaceCursors(prefix: string, positions: ReadonlyMap<string, number>): Promise<void>;
}
