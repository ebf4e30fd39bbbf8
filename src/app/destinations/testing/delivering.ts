/** A delivery over the trail of a test: real couriers, in this thread, that do not wait for quiet. */
import { setTimeout as wait } from "node:timers/promises";
import { catalogueVocabulary } from "../../../audit/vocabulary.ts";
import { Couriers } from "../../../delivery/couriers.ts";
import type { Definition } from "../../../delivery/definition.ts";
import { Delivery } from "../../../delivery/delivery.ts";
import type { Progress } from "../../../delivery/progress.ts";
import type { EntrySource } from "../../../ledger/entry-source.ts";
import type { TestApp } from "../../testing/test-app.ts";
import type { TrailApp } from "../../trail/testing/trail-app.ts";
import { definitionsOf } from "../definitions.ts";
import type { DeliveryDesk } from "../desk.ts";

const PROMPT = { firstWaitMs: 10, confirmIdleMs: 10, maxUnconfirmedMs: 100, failingAfterMs: 0 };
const RUN = 200;

/** Joined to the desk of the application; ends with `stop`. */
export function startDelivering(
  { base, ledger, desk }: TrailApp,
  pinned: readonly Definition[] = [],
): Promise<Delivery> {
  return deliveringFrom(ledger, { app: base, desk, pinned });
}

/** The same over a log that is no tree. */
export async function deliveringFrom(
  source: EntrySource,
  { app, desk, pinned = [] }: { app: TestApp; desk: DeliveryDesk; pinned?: readonly Definition[] },
): Promise<Delivery> {
  const kept = new Map<string, Progress>();
  const delivery = await Delivery.start({
    source,
    progress: {
      load: () => Promise.resolve(kept),
      async save(progress) {
        for (const [id, one] of progress) kept.set(id, one);
      },
      async forget(ids) {
        for (const id of ids) kept.delete(id);
      },
    },
    crew: (report) =>
      new Couriers(source.size, {
        installation: { logName: "keytrail.test/log", version: "0.0.0" },
        vocabulary: catalogueVocabulary,
        async read(from) {
          const runs = source.read(from, Math.min(from + RUN, source.size));
          for await (const { first, lines } of runs) return { first, lines: [...lines] };
          throw new Error("nothing is read beyond the end");
        },
        isReachable: { pinned: () => true, others: () => true },
        report,
        now: () => app.clock.now(),
        options: PROMPT,
      }),
    definitions: async () => [
      ...pinned,
      ...(await app.state.read((store) =>
        definitionsOf({ store, capabilities: app.capabilities }),
      )),
    ],
    tell: () => Promise.resolve(),
    onTrouble: (error) => {
      throw error;
    },
    now: () => app.clock.now(),
  });
  desk.join(delivery);
  return delivery;
}

const PATIENCE_MS = 20_000;

/** Looks again and again until there is something. */
export async function until<Found>(look: () => Found | undefined | false): Promise<Found> {
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (giveUp.aborted) throw new Error("waited in vain");
    await wait(5);
  }
}
