/** Couriers over a trail in memory: what a destination gets when nothing of the rest of the server is there. */
import { setTimeout as wait } from "node:timers/promises";
import { parseEvent, type AuditEvent } from "../../src/audit/event.ts";
import { catalogueVocabulary } from "../../src/audit/vocabulary.ts";
import { utf8 } from "../../src/kernel/bytes.ts";
import type { CourierOptions } from "../../src/delivery/courier.ts";
import { Couriers, type Tested } from "../../src/delivery/couriers.ts";
import type { Definition } from "../../src/delivery/definition.ts";
import type { Entry } from "../../src/delivery/entry.ts";
import type { CourierReport } from "../../src/delivery/progress.ts";
import type { Installation, SinkSettings } from "../../src/delivery/sink.ts";

const RUN = 200;

export const installation: Installation = {
  logName: "audit.example.com/log",
  version: "0.1.0",
};

/** So that a test does not wait for what waits for quiet. */
const PROMPT: Partial<CourierOptions> = {
  firstWaitMs: 50,
  confirmIdleMs: 100,
  maxUnconfirmedMs: 500,
};

export class DeliveryRig {
  readonly #lines: Uint8Array[] = [];
  readonly #reports = new Map<string, CourierReport>();
  readonly couriers: Couriers;

  constructor(options: Partial<CourierOptions> = {}) {
    this.couriers = new Couriers(0, {
      installation,
      vocabulary: catalogueVocabulary,
      read: (from) => Promise.resolve({ first: from, lines: this.#lines.slice(from, from + RUN) }),
      isReachable: { pinned: () => true, others: () => true },
      report: (report) => void this.#reports.set(report.id, report),
      now: () => Date.now(),
      options: { ...PROMPT, ...options },
    });
  }

  /** As the ledger has them. */
  record(events: readonly AuditEvent[]): void {
    for (const event of events) this.#lines.push(utf8(JSON.stringify(event)));
    this.couriers.grown(this.#lines.length);
  }

  get entries(): readonly Entry[] {
    return this.#lines.map((line, index) => ({ index, line, event: parseEvent(line) }));
  }

  /** Everything there is and will be goes there, from the beginning. */
  async deliverTo(
    sink: SinkSettings & Readonly<Record<string, unknown>>,
    credentials: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.couriers.set([definitionOf(sink, credentials)]);
  }

  test(
    sink: SinkSettings & Readonly<Record<string, unknown>>,
    credentials: Readonly<Record<string, string>> = {},
  ): Promise<Tested> {
    return this.couriers.test(definitionOf(sink, credentials));
  }

  get report(): CourierReport | undefined {
    return this.#reports.get(ID);
  }

  /** Resolves once the destination has acknowledged everything that is there. */
  async delivered(): Promise<CourierReport> {
    return until("everything is delivered", () => {
      const report = this.report;
      return report?.progress.acknowledged === this.#lines.length ? report : undefined;
    });
  }

  close(): Promise<void> {
    return this.couriers.stop();
  }
}

const ID = "0198c5f2-7d5a-7000-8000-000000000001";

function definitionOf(
  sink: SinkSettings,
  credentials: Readonly<Record<string, string>>,
): Definition {
  return {
    id: ID,
    name: "siem",
    sink,
    credentials,
    selection: { account: null, includesOperators: true, filter: "", routing: null },
    isPaused: false,
    isPinned: false,
    maxBacklog: null,
    start: { id: "start", index: 0 },
  };
}

const PATIENCE_MS = 60_000;

/** Looks again and again until there is something. */
export async function until<Found>(
  what: string,
  look: () => Found | undefined | false,
): Promise<Found> {
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (giveUp.aborted) throw new Error(`waited in vain: ${what}`);
    await wait(20);
  }
}
