/** Follows the ledger from an index on: what is there, then what becomes durable, without a queue of its own. */
import type { ProvenLog, TrailEntry } from "./trail-reader.ts";

export interface Followed {
  readonly entries: readonly TrailEntry[];
  /** Everything before this index has been looked at: where to go on. */
  readonly next: number;
}

/**
 * Yields whenever it has come further, also when nothing matched, until the signal is aborted. Memory is bounded by one
 * read of the ledger however slow its consumer is: the ledger itself is the queue.
 */
export async function* follow(
  log: Pick<ProvenLog, "size" | "read" | "onAppended">,
  from: number,
  {
    matches,
    signal,
  }: { readonly matches: (entry: TrailEntry) => boolean; readonly signal: AbortSignal },
): AsyncGenerator<Followed> {
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
        next = first + lines.length;
        yield {
          entries: lines.map((line, i) => ({ index: first + i, line })).filter(matches),
          next,
        };
        if (signal.aborted) return;
      }
    }
  } finally {
    forget();
    signal.removeEventListener("abort", woken);
  }
}
