/**
 * Prometheus metrics of the server. Labels are closed sets, never an id, a name or a value of anyone's, but for the ids
 * of destinations: see `delivery-metrics.ts`.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { OperationName } from "../audit/catalogue.ts";
import type { Dialect } from "../audit/event.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import { registerDeliveryMetrics, type DeliveryMeasure } from "./delivery-metrics.ts";

/** Values that are read when metrics are asked for. */
export interface Gauges {
  readonly ledgerEntries: () => number;
  readonly checkpointSize: () => number;
  readonly indexedEntries: () => number;
}

export interface AnsweredRequest {
  readonly dialect: Dialect;
  readonly operation: OperationName;
  readonly status: number;
  readonly durationMs: number;
}

export interface AppendedGroup {
  readonly entries: number;
  readonly bytes: number;
  readonly durationMs: number;
}

export interface ScheduledPass {
  readonly job: string;
  readonly done: number;
  readonly failed: number;
}

export interface AttemptedNotice {
  readonly type: string;
  readonly outcome: "sent" | "failed" | "set-aside";
}

const LATENCY_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const APPEND_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1];
const GROUP_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = this.#histogram(
    "keytrail_request_duration_seconds",
    "Time from request to answer.",
    ["dialect", "operation", "status"],
  );
  /** The series by their labels: closed sets, so there are few, and looking one up costs more than observing. */
  readonly #answered = new Map<string, Histogram.Internal<string>>();
  readonly #refusals = new Counter({
    name: "keytrail_refusals_total",
    help: "Operations refused, by the code of the refusal.",
    labelNames: ["code", "dialect"],
    registers: [this.#registry],
  });
  readonly #appends = new Histogram({
    name: "keytrail_ledger_append_duration_seconds",
    help: "Time to write one group of entries and make it durable.",
    buckets: APPEND_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #groups = new Histogram({
    name: "keytrail_ledger_group_entries",
    help: "Entries made durable by one sync.",
    buckets: GROUP_BUCKETS,
    registers: [this.#registry],
  });
  readonly #bytes = new Counter({
    name: "keytrail_ledger_bytes_total",
    help: "Bytes of entries made durable since the start.",
    registers: [this.#registry],
  });

  readonly #jobs = new Counter({
    name: "keytrail_scheduled_tasks_total",
    help: "Scheduled tasks run, by job and outcome.",
    labelNames: ["job", "outcome"],
    registers: [this.#registry],
  });

  readonly #notices = new Counter({
    name: "keytrail_notices_total",
    help: "Attempts to send notices, by type: sent, failed and tried again, or set aside for good.",
    labelNames: ["type", "outcome"],
    registers: [this.#registry],
  });

  readonly #deliveryDeaths = new Counter({
    name: "keytrail_delivery_thread_deaths_total",
    help: "Times that the thread of the delivery has died, and was begun again.",
    registers: [this.#registry],
  });

  constructor(gauges: Gauges) {
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge("keytrail_ledger_entries", "Durable entries of the ledger.", gauges.ledgerEntries);
    this.#gauge(
      "keytrail_checkpoint_size",
      "Entries the published checkpoint covers.",
      gauges.checkpointSize,
    );
    this.#gauge(
      "keytrail_index_lag_entries",
      "Entries that are durable and cannot be searched yet.",
      () => Math.max(0, gauges.ledgerEntries() - gauges.indexedEntries()),
    );
  }

  answered(request: AnsweredRequest): void {
    const { dialect, operation, status } = request;
    const key = `${dialect} ${operation} ${status}`;
    let series = this.#answered.get(key);
    if (!series) {
      series = this.#requests.labels({ dialect, operation, status: String(status) });
      this.#answered.set(key, series);
    }
    series.observe(request.durationMs / 1_000);
  }

  scheduled(pass: ScheduledPass): void {
    this.#jobs.inc({ job: pass.job, outcome: "done" }, pass.done);
    this.#jobs.inc({ job: pass.job, outcome: "failed" }, pass.failed);
  }

  noticed({ type, outcome }: AttemptedNotice): void {
    this.#notices.inc({ type, outcome });
  }

  /** From now on: how far notices are behind. */
  watchNotices(lag: () => number): void {
    const help = "Durable entries that the owner who is furthest behind has not been told of yet.";
    this.#gauge("keytrail_notices_lag_entries", help, lag);
  }

  deliveryThreadDied(): void {
    this.#deliveryDeaths.inc();
  }

  /** From now on: how each destination stands. */
  watchDelivery(measures: () => readonly DeliveryMeasure[]): void {
    registerDeliveryMetrics(this.#registry, measures);
  }

  refused(code: ErrorCode, dialect: Dialect): void {
    this.#refusals.inc({ code, dialect });
  }

  appended(group: AppendedGroup): void {
    this.#appends.observe(group.durationMs / 1_000);
    this.#groups.observe(group.entries);
    this.#bytes.inc(group.bytes);
  }

  /** The Prometheus text exposition format, and its content type. */
  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
  ): Histogram<Label> {
    return new Histogram({
      name,
      help,
      labelNames,
      buckets: LATENCY_BUCKETS_S,
      registers: [this.#registry],
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [], collect: () => gauge.set(read()) });
    this.#registry.registerMetric(gauge);
  }
}
