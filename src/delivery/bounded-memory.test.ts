/** A backlog of any length takes no more memory than a short one: it lies in the ledger. */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it, vi } from "vitest";
import { definition, toyCrew } from "./testing/crew.ts";
import { ScriptedReceiver } from "./testing/scripted-receiver.ts";
import { PLAIN, ToyLedger, toyLine } from "./testing/toy-ledger.ts";

const ENTRIES = 100_000;
const RUN_ENTRIES = 1_000;
/** Several times what a parcel, a read and the reports of one courier take. */
const MAX_GROWTH_BYTES = 24 * 1024 * 1024;
const SAMPLE_EVERY = 5_000;

/** Makes its entries as they are read: nothing of it is held anywhere. */
class EndlessLedger extends ToyLedger {
  override get size(): number {
    return ENTRIES;
  }

  override readonly run = async (first: number) => {
    const length = Math.min(RUN_ENTRIES, ENTRIES - first);
    return { first, lines: Array.from({ length }, (_, i) => toyLine(first + i, PLAIN)) };
  };
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heldBytes(): number {
  collect();
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

it.each(["at once", "when asked"] as const)(
  `${ENTRIES} entries drain to a receiver that acknowledges %s, and the heap stays as it is`,
  async (acknowledges) => {
    const receiver = new ScriptedReceiver({ acknowledges, maxEvents: 500 });
    let taken = 0;
    let [least, most] = [Infinity, 0];
    receiver.onTaken = (index) => {
      // What the receiver keeps is no part of what is measured; of that it took them in order, the count is enough.
      expect(index).toBe(taken);
      taken += 1;
      receiver.arrived.length = 0;
      receiver.durable.clear();
      if (taken % SAMPLE_EVERY !== 0) return;
      const held = heldBytes();
      if (taken > SAMPLE_EVERY) [least, most] = [Math.min(least, held), Math.max(most, held)];
    };
    let acknowledged = 0;
    const crew = toyCrew(
      new EndlessLedger(),
      { siem: receiver },
      {
        report: ({ progress }) => (acknowledged = progress.acknowledged),
        options: { sendTimeoutMs: 30_000 },
      },
    );
    await crew.couriers.set([definition("siem")]);
    await vi.waitFor(() => expect(acknowledged).toBe(ENTRIES), { timeout: 60_000 });
    await crew.couriers.stop();
    expect(taken).toBe(ENTRIES);
    expect(most - least).toBeLessThan(MAX_GROWTH_BYTES);
  },
  90_000,
);
