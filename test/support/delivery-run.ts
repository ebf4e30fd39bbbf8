/** A ledger in memory, and couriers that bring what is in it to a receiver: the whole way, without a server around it. */
import type { AuditEvent } from "../../src/audit/event.ts";
import { encodeEvent } from "../../src/audit/event.ts";
import { Couriers, type Tested } from "../../src/delivery/couriers.ts";
import type { CourierOptions } from "../../src/delivery/courier.ts";
import type { Definition } from "../../src/delivery/definition.ts";
import type { CourierReport, Progress } from "../../src/delivery/progress.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { noVocabulary } from "../../src/search/vocabulary.ts";
import { openMemoryLedger } from "../../src/storage/memory/ledger-fixture.ts";
import { MemoryLedgerStore, memoryDisk } from "../../src/storage/memory/ledger-store.ts";
import { sampleEvent } from "./sample-events.ts";

/** Every wait is short, and none of them is measured. */
const QUICK: CourierOptions = {
  firstWaitMs: 5,
  random: () => 0.5,
  maxUnconfirmedMs: 50,
  confirmIdleMs: 20,
  lastWordMs: 2_000,
  sendTimeoutMs: 2_000,
  abortGraceMs: 200,
  failingAfterMs: 10_000,
};

const ID = "0b5571f7-21e6-42b7-91c5-3f5ac9793a46";

export interface RunOptions {
  readonly sink: Definition["sink"] & Readonly<Record<string, unknown>>;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly options?: Partial<CourierOptions>;
  readonly isReachable?: (address: string) => boolean;
}

export class DeliveryRun {
  readonly ledger: Ledger;
  /** Their ids, in the order of the ledger. */
  readonly ids: string[] = [];
  readonly reports: CourierReport[] = [];
  /** Called at each report, before anything else happens: what is acknowledged by it is to be true by then. */
  onReport: (report: CourierReport) => void = () => undefined;
  readonly #options: RunOptions;
  #definition: Definition;
  #couriers: Couriers;
  readonly #waiting = new Set<() => void>();

  private constructor(ledger: Ledger, options: RunOptions) {
    this.ledger = ledger;
    this.#options = options;
    this.#definition = {
      id: ID,
      name: "siem",
      sink: options.sink,
      credentials: options.credentials ?? {},
      selection: { account: null, includesOperators: true, filter: "", routing: null },
      isPaused: false,
      isPinned: false,
      maxBacklog: null,
      start: { id: "first", index: 0 },
    };
    this.#couriers = this.#newCouriers();
  }

  static async open(options: RunOptions): Promise<DeliveryRun> {
    const ledger = await openMemoryLedger(new MemoryLedgerStore(memoryDisk()));
    return new DeliveryRun(ledger, options);
  }

  get progress(): Progress | undefined {
    return this.reports.at(-1)?.progress;
  }

  async begin(): Promise<void> {
    await this.#couriers.set([this.#definition]);
  }

  /** Records so many more. */
  async record(count: number): Promise<readonly AuditEvent[]> {
    const events = Array.from({ length: count }, () => sampleEvent({ operation: "secret.read" }));
    const lines = events.map((event) => encodeEvent(event, event.counters));
    await Promise.all(lines.map((line) => this.ledger.append(line)));
    this.ids.push(...events.map(({ id }) => id));
    this.#couriers.grown(this.ledger.size);
    return events;
  }

  /** Something is changed about the destination. */
  async change(changes: Partial<Definition>): Promise<void> {
    this.#definition = { ...this.#definition, ...changes };
    await this.begin();
  }

  /** As a process that ends and begins again, from what it had reported. */
  async restart(): Promise<void> {
    await this.#couriers.stop();
    this.#couriers = this.#newCouriers();
    const { progress } = this;
    await this.#couriers.set([this.#definition], new Map(progress ? [[ID, progress]] : []));
  }

  test(): Promise<Tested> {
    return this.#couriers.test(this.#definition);
  }

  /** The last report, as soon as it is so. */
  async until(isSo: (report: CourierReport) => boolean): Promise<CourierReport> {
    for (;;) {
      const report = this.reports.at(-1);
      if (report && isSo(report)) return report;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Everything that has been recorded is acknowledged or set aside. */
  all(): Promise<CourierReport> {
    return this.until(({ progress }) => progress.acknowledged === this.ledger.size);
  }

  /** In trouble, as the trail says it. */
  failing(): Promise<CourierReport> {
    return this.until(({ progress }) => progress.failingSince !== null);
  }

  async close(): Promise<void> {
    await this.#couriers.stop();
    await this.ledger.close();
  }

  #newCouriers(): Couriers {
    const isReachable = this.#options.isReachable ?? (() => true);
    return new Couriers(this.ledger.size, {
      installation: { logName: "keytrail.test/log", version: "0.1.0" },
      vocabulary: noVocabulary,
      read: (from) => this.#runFrom(from),
      isReachable: { pinned: isReachable, others: isReachable },
      report: (report) => this.#reported(report),
      now: Date.now,
      options: { ...QUICK, ...this.#options.options },
    });
  }

  async #runFrom(from: number) {
    for await (const run of this.ledger.read(from, this.ledger.size)) return run;
    throw new Error(`nothing at ${from}`);
  }

  #reported(report: CourierReport): void {
    this.onReport(report);
    this.reports.push(report);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
