/** After a crash or an outage: events of committed changes that may not have reached the ledger are recorded first. */
import type { Trail } from "../audit/trail.ts";
import type { State } from "./state.ts";

/**
 * Appends every pending event that the ledger does not hold, in the order of the commits, and settles them all.
 * Run where no change can commit and no event is on its way: at start before any call is taken, and by the first call
 * after an event could not be recorded. Returns how many had to be recorded.
 */
export async function drainOutbox(state: State, trail: Trail): Promise<number> {
  const pending = await state.pending();
  if (pending.length === 0) return 0;
  const missing = new Set(pending.map(({ draft }) => draft.id));
  // An event can only stand after the ledger's size at the time it was put into the outbox.
  const from = Math.min(...pending.map(({ ledgerSize }) => ledgerSize));
  for await (const event of trail.events(from)) missing.delete(event.id);
  const drafts = pending.map(({ draft }) => draft).filter(({ id }) => missing.has(id));
  for (const draft of drafts) await trail.record([draft]);
  state.settle(pending.map(({ draft }) => draft.id));
  return drafts.length;
}
