/** Couriers to scripted receivers, and what they reported. */
import { systemClock } from "../../kernel/clock.ts";
import { noVocabulary } from "../../search/vocabulary.ts";
import type { CourierOptions } from "../courier.ts";
import { Couriers, type CouriersPorts } from "../couriers.ts";
import type { Definition } from "../definition.ts";
import type { CourierReport } from "../progress.ts";
import type { ScriptedReceiver } from "./scripted-receiver.ts";
import type { ToyLedger } from "./toy-ledger.ts";

/** Short enough to be waited for. */
export const HASTY: CourierOptions = {
  firstWaitMs: 1,
  random: () => 0,
  maxUnconfirmedMs: 20,
  confirmIdleMs: 2,
  lastWordMs: 20,
  sendTimeoutMs: 200,
  abortGraceMs: 10,
  failingAfterMs: 10_000,
};

export function definition(name: string, given: Partial<Definition> = {}): Definition {
  return {
    id: name,
    name,
    sink: { kind: name },
    credentials: {},
    selection: { account: "acct1", includesOperators: false, filter: "", routing: null },
    isPaused: false,
    isPinned: false,
    maxBacklog: null,
    start: { id: "begun", index: 0 },
    ...given,
  };
}

export interface ToyCrew {
  readonly couriers: Couriers;
  /** All of them, in order. */
  readonly reports: CourierReport[];
  last(id: string): CourierReport | undefined;
}

/** `receivers`: by the kinds that the definitions' sinks have. */
export function toyCrew(
  ledger: ToyLedger,
  receivers: Readonly<Record<string, ScriptedReceiver>>,
  { options, ...ports }: Partial<CouriersPorts> = {},
): ToyCrew {
  const reports: CourierReport[] = [];
  const couriers = new Couriers(ledger.size, {
    installation: { logName: "keytrail.test/log", version: "1.0.0" },
    vocabulary: noVocabulary,
    read: ledger.run,
    isReachable: { pinned: () => true, others: () => true },
    report: (report) => void reports.push(report),
    now: () => systemClock.now(),
    options: { ...HASTY, ...options },
    checkSink: (settings) => {
      const receiver = receivers[settings.kind];
      if (!receiver) throw new Error(`no receiver ${settings.kind}`);
      return receiver.sink(settings);
    },
    ...ports,
  });
  ledger.onAppended(() => couriers.grown(ledger.size));
  const last = (id: string): CourierReport | undefined => reports.findLast((one) => one.id === id);
  return { couriers, reports, last };
}
