/** The delivery of the trail: joined to the state, the operations, the metrics and the log. */
import { setTimeout as wait } from "node:timers/promises";
import { definitionsOf } from "../app/destinations/definitions.ts";
import type { Performer } from "../app/perform.ts";
import type { State } from "../app/state.ts";
import { Delivery, type Happening } from "../delivery/delivery.ts";
import type { Definition } from "../delivery/definition.ts";
import type { Progress, ProgressStore } from "../delivery/progress.ts";
import { ThreadCrew } from "../delivery/thread/thread-crew.ts";
import type { DeliveryMeasure } from "../http/delivery-metrics.ts";
import type { Metrics } from "../http/metrics.ts";
import type { DeliveryHealth } from "../http/surfaces/health.ts";
import { systemClock } from "../kernel/clock.ts";
import { Outage } from "../kernel/errors.ts";
import type { Core, CorePorts } from "./core.ts";
import { callOf, noticeOf, sayHappening } from "./delivery-notices.ts";
import type { DeliveryThreadGiven } from "./delivery-thread.ts";
import { sparingly } from "./log.ts";
import { packageVersion } from "./version.ts";

/** An event that the trail cannot take now is recorded as soon as it can; it is tried this often. */
const TELL_RETRY_MS = 1_000;

type Parts = Pick<Core, "state" | "performer" | "capabilities" | "desk" | "pinned">;
type Ports = Pick<CorePorts, "config" | "ledger" | "clock" | "log" | "open">;

/** Begins to deliver, from where the last start ended; ends with `open`. */
export async function startDelivery(
  { state, performer, capabilities, desk, pinned }: Parts,
  ports: Ports,
  metrics: Metrics,
): Promise<Delivery> {
  const { ledger, clock, open } = ports;
  const log = sparingly(ports.log, clock);
  const stopping = new AbortController();
  const tell = teller(performer, stopping.signal);
  const delivery = await Delivery.start({
    source: ledger,
    progress: progressOn(state),
    crew: (report) => openCrew(report, { ...ports, log }, metrics),
    definitions: async () => [
      ...pinned,
      ...(await state.read((store) => definitionsOf({ store, capabilities }))),
    ],
    tell: (happening) => {
      sayHappening(happening, ports.log);
      return tell(happening, ledger.size);
    },
    onTrouble: (error) => log({ ...TROUBLE, error }),
    now: () => clock.now(),
  });
  open.defer(() => {
    stopping.abort();
    return delivery.stop();
  });
  desk.join(delivery);
  metrics.watchDelivery(() => measuresOf(delivery, ledger.size));
  return delivery;
}

const TROUBLE = {
  level: "error",
  message: "The delivery of the trail has trouble on this side.",
} as const;

function openCrew(
  report: ConstructorParameters<typeof ThreadCrew>[0]["report"],
  { config, ledger, clock, log }: Ports,
  metrics: Metrics,
): ThreadCrew {
  const given: DeliveryThreadGiven = {
    installation: { logName: ledger.origin, version: packageVersion() },
    destinationAddresses: config.destinationAddresses,
  };
  return new ThreadCrew({
    start: { file: threadFile(), given },
    source: ledger,
    behindMs: () => Math.max(0, systemClock.now() - clock.now()),
    report,
    onDeath: (error) => {
      metrics.deliveryThreadDied();
      const message = "The thread of the delivery has died and is begun again.";
      log({ level: "error", message, error });
    },
    onTrouble: (error) => log({ ...TROUBLE, error }),
  });
}

/** The extension is this file's own: .ts from the sources, .js once compiled. */
function threadFile(): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  return new URL(`./delivery-thread${extension}`, import.meta.url);
}

/** Kept with the state, in transactions of their own: no event is of them. */
export function progressOn(state: State): ProgressStore {
  return {
    load: () => state.read(({ deliveryProgress }) => deliveryProgress.load()),
    save: (progress) => state.transact(({ deliveryProgress }) => deliveryProgress.save(progress)),
    forget: (ids) => state.transact(({ deliveryProgress }) => deliveryProgress.forget(ids)),
  };
}

/** Records what happened; while the trail takes nothing it waits, until the server stops. */
function teller(
  performer: Performer,
  stopping: AbortSignal,
): (happening: Happening, size: number) => Promise<void> {
  return async (happening, size) => {
    const { operation, facts } = noticeOf(happening, size);
    for (;;) {
      try {
        await performer.notice(operation, callOf(happening.definition), facts);
        return;
      } catch (error) {
        if (!(error instanceof Outage) || stopping.aborted) throw error;
        await wait(TELL_RETRY_MS, undefined, { signal: stopping, ref: false }).catch(() => {});
      }
    }
  };
}

function measuresOf(delivery: Delivery, size: number): readonly DeliveryMeasure[] {
  return delivery.definitions.flatMap((definition) => {
    const { id, sink } = definition;
    // One that waits for the vault has nobody to report of it, and is behind all the same.
    const progress = delivery.progress(id);
    if (!progress) return [];
    const { attempts = 0 } = delivery.report(id) ?? {};
    return {
      id,
      kind: sink.kind,
      lag: Math.max(0, size - progress.acknowledged),
      acknowledged: progress.acknowledged,
      delivered: progress.deliveredCount,
      setAside: progress.setAsideCount,
      isFailing: isFailing(definition, progress),
      lastSuccessAt: progress.lastSuccessAt,
      attempts,
    };
  });
}

/** One that is paused is not tried: nobody is called out for it. */
function isFailing({ isPaused }: Definition, progress: Progress | undefined): boolean {
  return !isPaused && (progress?.failingSince ?? null) !== null;
}

export function healthOf(delivery: Delivery): DeliveryHealth {
  const { definitions, overdue } = delivery;
  return {
    failing: definitions.filter((one) => isFailing(one, delivery.progress(one.id))).length,
    overdue: overdue.length,
    isBlocking: overdue.some(({ selection }) => selection.account === null),
  };
}
