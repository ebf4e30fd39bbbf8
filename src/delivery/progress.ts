/** How far a destination has come: what outlives a restart. Saved after the receiver's word, never before it. */
import type { Millis } from "../kernel/clock.ts";
import type { FaultKind } from "./fault.ts";

/** An event that the receiver refuses whatever happens, by name. */
export interface SetAside {
  readonly index: number;
  readonly eventId: string;
  readonly at: Millis;
  readonly reason: string;
}

/** Those named of a destination's; all are counted. */
export const MAX_NAMED_SET_ASIDE = 100;

export interface Trouble {
  readonly at: Millis;
  readonly kind: FaultKind;
  /** See DeliveryFault: nothing that was sent or answered. */
  readonly problem: string;
}

export interface Progress {
  /** Of the entries from `since` up to here, exclusive, each is acknowledged, set aside, or not selected. */
  readonly acknowledged: number;
  readonly since: number;
  /** Of what the two speak: `fingerprintOf`. */
  readonly fingerprint: string;
  /** The start that they began with. */
  readonly startId: string;
  /** Where the selection became another one the last time. */
  readonly selectedFrom?: number;
  /** Since there: events, repetitions too. */
  readonly deliveredCount: number;
  readonly setAsideCount: number;
  /** The latest, the newest last. */
  readonly setAside: readonly SetAside[];
  readonly lastSuccessAt: Millis | null;
  readonly lastTrouble: Trouble | null;
  /** Since when nothing has arrived: a state that the trail tells of. */
  readonly failingSince: Millis | null;
}

/** Where a destination stands at its start; and where its selection, its receiver or its start has become another. */
export function begun(
  before: Progress | undefined,
  {
    fingerprint,
    start,
    selectedFrom,
    size,
  }: {
    readonly fingerprint: string;
    readonly start: { readonly id: string; readonly index: number | null };
    readonly selectedFrom?: number | undefined;
    /** Of the ledger now. */
    readonly size: number;
  },
): Progress {
  const spoken = { fingerprint, startId: start.id, ...(selectedFrom ? { selectedFrom } : {}) };
  if (!before) {
    const from = Math.min(start.index ?? size, size);
    return { ...NOTHING, acknowledged: from, since: from, ...spoken };
  }
  let { acknowledged } = before;
  const isReselected = before.fingerprint !== fingerprint && before.selectedFrom !== selectedFrom;
  if (before.startId !== start.id) acknowledged = Math.min(start.index ?? size, size);
  // Changes are followed a moment after they are recorded: what came in between was passed by the selection before.
  else if (isReselected) acknowledged = Math.min(acknowledged, selectedFrom ?? acknowledged);
  // A ledger that is shorter than what was delivered has been put back from a copy.
  acknowledged = Math.min(acknowledged, size);
  const place = { acknowledged, ...spoken };
  // What another receiver has had, by another selection, is nothing that this one has had; nor is what was skipped.
  const isAnother = before.fingerprint !== fingerprint || acknowledged > before.acknowledged;
  if (isAnother) {
    return {
      ...before,
      ...place,
      since: acknowledged,
      deliveredCount: 0,
      setAsideCount: 0,
      setAside: [],
    };
  }
  return { ...before, ...place, since: Math.min(before.since, acknowledged) };
}

const NOTHING: Omit<Progress, "fingerprint" | "startId"> = {
  acknowledged: 0,
  since: 0,
  deliveredCount: 0,
  setAsideCount: 0,
  setAside: [],
  lastSuccessAt: null,
  lastTrouble: null,
  failingSince: null,
};

/** With these as well, in the order of the ledger. What is found again after a repetition is counted again. */
export function setAsideUpTo(
  { setAside, setAsideCount }: Pick<Progress, "setAside" | "setAsideCount">,
  more: readonly SetAside[],
): Pick<Progress, "setAside" | "setAsideCount"> {
  if (more.length === 0) return { setAside, setAsideCount };
  const inOrder = more.toSorted((a, b) => a.index - b.index);
  return {
    setAside: [...setAside, ...inOrder].slice(-MAX_NAMED_SET_ASIDE),
    setAsideCount: setAsideCount + more.length,
  };
}

/** What has been found so far of a destination, for whoever looks at it now. */
export interface CourierReport {
  readonly id: string;
  readonly progress: Progress;
  /** Everything before it has been handed over, acknowledged or not. */
  readonly sent: number;
  /** Attempts since the last one that succeeded. */
  readonly attempts: number;
  readonly retryAt: Millis | null;
}

/** By the ids of destinations. */
export interface ProgressReader {
  load(): Promise<ReadonlyMap<string, Progress>>;
}

/** Kept with the state. */
export interface ProgressStore extends ProgressReader {
  /** In one transaction; destinations that are not among them stay as they are. */
  save(progress: ReadonlyMap<string, Progress>): Promise<void>;
  /** Of destinations that are no more. */
  forget(ids: readonly string[]): Promise<void>;
}
