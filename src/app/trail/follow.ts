/** Follows the ledger from an index on: what is there, then what becomes durable, without a queue of its own. */
import type { ProvenLog, TrailEntry } from "./trail-reader.ts";
import { Turns } from "./turns.ts";

export interface Followed<T> {
  readonly found: readonly T[];
  /** Everything before this index has been looked at: where to go on. */
  readonly next: number;
}

/** One for all who follow, as they share one event loop. */
const turns = new Turns();

/**
 * Gives `look` every entry, and yields what it made of them, undefined left out, whenever it has come further, also when
 * there was nothing, until the signal is aborted. Memory is bounded by one read of the ledger however slow its consumer
 * is: the ledger itself is the queue. Looking is done in turns with all else that follows, so neither many followers nor
 * a look that takes long keep the server from answering.
 */
export async function* follow<T>(
  log: Pick<ProvenLog, "size" | "read" | "onAppended">,
  from: number,
  {
    look,
    signal,
  }: { readonly look: (entry: TrailEntry) => T | undefined; readonly signal: AbortSignal },
): AsyncGenerator<Followed<T>> {
  let next = from;
  let wake = () => {};
  const woken = () => wake();
  const forget = log.onAppended(woken);
  signal.addEventListener("abort", woken);
  try {
    while (!signal.aborted) {
      const grown = new Promise<void>((resolve) => (wake = resolve));
      if (next === log.size) {
        await grown;
        continue;
      }
      for await (const { first, lines } of log.read(next, log.size)) {
        const found: T[] = [];
        let at = 0;
        await turns.run(() => {
          const line = lines[at];
          if (line === undefined || signal.aborted) return false;
          const seen = look({ index: first + at, line });
          if (seen !== undefined) found.push(seen);
          at += 1;
          return at < lines.length;
        });
        if (signal.aborted) return;
        next = first + lines.length;
        yield { found, next };
        if (signal.aborted) return;
      }
    }
  } finally {
    forget();
    signal.removeEventListener("abort", woken);
  }
}
