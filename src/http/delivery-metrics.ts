/**
 * Metrics of the delivery, one series for each destination. They are named by their ids, which are made here and say
 * nothing: names are chosen by those whose destinations they are, and whoever reads metrics is none of them. Only what
 * the operator has pinned is called by the name that the operator gave it.
 */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Millis } from "../kernel/clock.ts";

/** How a destination stands at the moment. */
export interface DeliveryMeasure {
  readonly id: string;
  /** Of its sink: a closed set. */
  readonly kind: string;
  readonly lag: number;
  readonly acknowledged: number;
  readonly delivered: number;
  readonly setAside: number;
  readonly isFailing: boolean;
  readonly lastSuccessAt: Millis | null;
  readonly attempts: number;
}

type Labels = "destination" | "kind";
type Read = (measure: DeliveryMeasure) => number | null;

const GAUGES: readonly (readonly [name: string, help: string, read: Read])[] = [
  [
    "keytrail_delivery_lag_entries",
    "Durable entries that the receiver has not acknowledged yet.",
    ({ lag }) => lag,
  ],
  [
    "keytrail_delivery_acknowledged_entries",
    "Entries of the ledger, from its beginning, that are done with: acknowledged, set aside, or not for it.",
    ({ acknowledged }) => acknowledged,
  ],
  [
    "keytrail_delivery_failing",
    "1 while nothing arrives there, as the trail says too; else 0.",
    ({ isFailing }) => (isFailing ? 1 : 0),
  ],
  [
    "keytrail_delivery_last_success_timestamp_seconds",
    "When the receiver last acknowledged something; absent before it ever has.",
    ({ lastSuccessAt }) => (lastSuccessAt === null ? null : lastSuccessAt / 1_000),
  ],
  [
    "keytrail_delivery_attempts",
    "Failed attempts since the last one that succeeded.",
    ({ attempts }) => attempts,
  ],
];

const COUNTERS: readonly (readonly [name: string, help: string, read: Read])[] = [
  [
    "keytrail_delivery_delivered_total",
    "Events acknowledged by the receiver, repetitions too, over all starts of the server.",
    ({ delivered }) => delivered,
  ],
  [
    "keytrail_delivery_set_aside_total",
    "Events that the receiver refuses for themselves, over all starts of the server.",
    ({ setAside }) => setAside,
  ],
];

/** Read when metrics are asked for: destinations that are no more have no series either. */
export function registerDeliveryMetrics(
  registry: Registry,
  measures: () => readonly DeliveryMeasure[],
): void {
  for (const [name, help, read] of GAUGES) {
    const gauge: Gauge<Labels> = new Gauge({
      name,
      help,
      labelNames: ["destination", "kind"],
      registers: [registry],
      collect: () => {
        gauge.reset();
        each(measures(), read, (labels, value) => gauge.set(labels, value));
      },
    });
  }
  for (const [name, help, read] of COUNTERS) {
    const counter: Counter<Labels> = new Counter({
      name,
      help,
      labelNames: ["destination", "kind"],
      registers: [registry],
      collect: () => {
        counter.reset();
        each(measures(), read, (labels, value) => counter.inc(labels, value));
      },
    });
  }
}

function each(
  measures: readonly DeliveryMeasure[],
  read: Read,
  set: (labels: Record<Labels, string>, value: number) => void,
): void {
  for (const measure of measures) {
    const value = read(measure);
    if (value !== null) set({ destination: measure.id, kind: measure.kind }, value);
  }
}
