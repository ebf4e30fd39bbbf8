/** Events brought to a receiver by real couriers, from a ledger that is a list of lines. */
import { encodeEvent, type AuditEvent } from "../../src/audit/event.ts";
import { Couriers, type Tested } from "../../src/delivery/couriers.ts";
import type { Definition } from "../../src/delivery/definition.ts";
import type { CourierReport } from "../../src/delivery/progress.ts";
import type { SinkSettings } from "../../src/delivery/sink.ts";
import { noVocabulary } from "../../src/search/vocabulary.ts";

export const LOG_NAME = "keytrail.test/log";
export const VERSION = "0.1.0";

export interface Consignment {
  readonly settings: SinkSettings & Readonly<Record<string, unknown>>;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly events: readonly AuditEvent[];
  readonly now?: () => number;
}

/** The same event, as a ledger gives it back that has it at some place. */
export function lineOf(event: AuditEvent): Uint8Array {
  return encodeEvent(event, event.counters);
}

export class Consigned {
  readonly lines: Uint8Array[];
  readonly #couriers: Couriers;
  readonly #definition: Definition;
  readonly reports: CourierReport[] = [];
  #wake: () => void = () => {};

  private constructor({ settings, credentials = {}, events, now = Date.now }: Consignment) {
    this.lines = events.map(lineOf);
    this.#couriers = new Couriers(this.lines.length, {
      installation: { logName: LOG_NAME, version: VERSION },
      vocabulary: noVocabulary,
      read: async (first) => ({ first, lines: this.lines.slice(first, first + 500) }),
      isReachable: { pinned: () => true, others: () => true },
      report: (report) => {
        this.reports.push(report);
        this.#wake();
      },
      now,
      options: { firstWaitMs: 1, random: () => 0, confirmIdleMs: 10 },
    });
    this.#definition = {
      id: "0b5571f7-21e6-42b7-91c5-3f5ac9793a46",
      name: "siem",
      sink: settings,
      credentials,
      selection: { account: null, includesOperators: true, filter: "", routing: null },
      isPaused: false,
      isPinned: false,
      maxBacklog: null,
      start: { id: "first", index: 0 },
    };
  }

  static async begin(consignment: Consignment): Promise<Consigned> {
    const consigned = new Consigned(consignment);
    await consigned.#couriers.set([consigned.#definition]);
    return consigned;
  }

  /** Without delivering anything else. */
  static test(consignment: Consignment): Promise<Tested> {
    const consigned = new Consigned(consignment);
    return consigned.#couriers.test(consigned.#definition);
  }

  /** More of them, at the end of the ledger. */
  add(events: readonly AuditEvent[]): void {
    this.lines.push(...events.map(lineOf));
    this.#couriers.grown(this.lines.length);
  }

  /** The first report that is so. */
  async until(isSo: (report: CourierReport) => boolean): Promise<CourierReport> {
    for (;;) {
      const report = this.reports.find(isSo);
      if (report) return report;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Everything there is has been taken, or set aside. */
  async all(): Promise<CourierReport> {
    return this.until(({ progress }) => progress.acknowledged === this.lines.length);
  }

  async stop(): Promise<void> {
    await this.#couriers.stop();
  }
}

/** Delivers all of them, and ends. */
export async function deliver(consignment: Consignment): Promise<CourierReport> {
  const consigned = await Consigned.begin(consignment);
  try {
    return await consigned.all();
  } finally {
    await consigned.stop();
  }
}
