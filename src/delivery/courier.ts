/**
 * Brings one destination what it is to have, in the order of the ledger, each event at least once. It moves on only by
 * the receiver's word: what was handed over and not acknowledged is handed over again after any failure. Holds one
 * parcel at a time; the backlog lies in the ledger.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Millis } from "../kernel/clock.ts";
import { waitAfter, type Waiting } from "./backoff.ts";
import type { Definition } from "./definition.ts";
import type { Message } from "./entry.ts";
import { DeliveryFault, type FaultKind } from "./fault.ts";
import { Packer, type Parcel } from "./parcel.ts";
import {
  MAX_NAMED_SET_ASIDE,
  type CourierReport,
  type Progress,
  type SetAside,
} from "./progress.ts";
import type {
  BatchLimits,
  CheckedSink,
  Encode,
  Handed,
  Link,
  LinkPorts,
  Rejection,
} from "./sink.ts";
import type { ReadRun } from "./parcel.ts";
import type { Select } from "./selected.ts";

/** What may be on its way without the receiver's word for it; then it is asked. */
export const MAX_UNCONFIRMED_ENTRIES = 50_000;
export const MAX_UNCONFIRMED_BYTES = 32 * 1024 * 1024;
export const MAX_UNCONFIRMED_MS = 5_000;
/** Without anything more to send for this long, the receiver is asked. */
export const CONFIRM_IDLE_MS = 1_000;
/** One parcel's sending, and one confirmation. */
export const SEND_TIMEOUT_MS = 30_000;
/** Nothing has arrived for this long: the destination is failing, and the trail says so. */
export const FAILING_AFTER_MS = 10_000;
/** Events in a row that a receiver refuses for themselves. With more, it is the receiver that is at fault. */
export const MAX_SET_ASIDE_IN_A_ROW = 10;

export interface CourierOptions extends Waiting {
  readonly maxUnconfirmedMs: Millis;
  readonly confirmIdleMs: Millis;
  readonly sendTimeoutMs: Millis;
  readonly failingAfterMs: Millis;
}

export interface CourierPorts extends LinkPorts {
  readonly definition: Definition;
  readonly sink: CheckedSink;
  readonly select: Select;
  readonly encode: Encode;
  readonly read: ReadRun;
  /** Of the ledger: durable entries. */
  readonly size: () => number;
  readonly report: (report: CourierReport) => void;
  readonly options: CourierOptions;
}

interface Refused extends Rejection {
  readonly eventId: string;
}

export class Courier {
  readonly #ports: CourierPorts;
  readonly #packer: Packer;
  readonly #link: Link;
  readonly #stopping = new AbortController();
  /** Entries that are not sent: set aside, or about to be. */
  readonly #leftOut = new Set<number>();
  readonly #suspects = new Map<number, Refused>();
  #progress: Progress;
  #next: number;
  #unconfirmed = { entries: 0, bytes: 0, since: 0 };
  #limits: BatchLimits;
  #parcel: Parcel | undefined;
  #attempts = 0;
  #troubledSince: Millis | null = null;
  #retryAt: Millis | null = null;
  #hasAccepted = false;
  #nudge: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(progress: Progress, ports: CourierPorts) {
    this.#ports = ports;
    this.#progress = progress;
    this.#next = progress.acknowledged;
    this.#limits = ports.sink.limits;
    this.#packer = new Packer(ports);
    this.#link = ports.sink.open(ports);
  }

  get progress(): Progress {
    return this.#progress;
  }

  start(): void {
    this.#report();
    this.#done = this.#run();
  }

  /** There is more in the ledger. */
  wake(): void {
    this.#nudge?.abort();
  }

  /** Ends what is under way; what was handed over and not acknowledged is handed over again by the next courier. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#nudge?.abort();
    await this.#done;
    await this.#link.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#step();
      } catch (error) {
        if (signal.aborted) return;
        await this.#failed(faultOf(error));
      }
    }
  }

  /** Sends what there is, or asks for what was sent to be acknowledged, or rests. */
  async #step(): Promise<void> {
    if (this.#ports.definition.isPaused) {
      await this.#rest(LONG_MS);
      return;
    }
    if (this.#isConfirmationDue()) return this.#confirm();
    if (this.#next < this.#ports.size()) return this.#sendNext();
    if (this.#unconfirmed.entries === 0) {
      if (this.#suspects.size > 0) return this.#judgeSuspects();
      await this.#rest(LONG_MS);
      return;
    }
    const isNudged = await this.#rest(this.#ports.options.confirmIdleMs);
    if (!isNudged && !this.#stopping.signal.aborted) await this.#confirm();
  }

  async #sendNext(): Promise<void> {
    const parcel = await this.#packer.pack(this.#next, this.#limits, (index) =>
      this.#leftOut.has(index),
    );
    this.#parcel = parcel;
    for (const aside of parcel.unsaid) this.#setAside(this.#named(aside));
    const { messages, next } = parcel;
    if (messages.length === 0) return this.#passed(next);
    const { rejected, isAcknowledged } = await this.#handOver(messages);
    const taken = messages.length - rejected.length;
    for (const rejection of rejected) {
      if (taken > 0) this.#setAside(this.#named(rejection));
      else if (!this.#suspect(rejection)) throw new DeliveryFault("denied", rejection.reason);
    }
    this.#limits = widened(this.#limits, this.#ports.sink.limits);
    this.#next = next;
    if (taken === 0) return;
    this.#handedOver(parcel, taken);
    if (isAcknowledged && this.#unconfirmed.entries === taken) this.#acknowledged();
    else this.#report();
  }

  /**
   * A refusal of these says nothing of those before them: whether the receiver has those is asked first, so that what is
   * found out about a refused one is not found out again and again.
   */
  async #handOver(messages: readonly Message[]): Promise<Handed> {
    try {
      return await this.#link.send(messages, this.#deadline());
    } catch (error) {
      if (isRefusal(error) && this.#unconfirmed.entries > 0) await this.#confirm();
      throw error;
    }
  }

  /** Entries that are nobody's here: done with, unless something before them is still on its way. */
  #passed(next: number): void {
    this.#next = next;
    if (this.#unconfirmed.entries > 0 || this.#suspects.size > 0) return;
    this.#progress = { ...this.#progress, acknowledged: next };
    this.#report();
  }

  #handedOver({ messages }: Parcel, taken: number): void {
    const { entries, bytes, since } = this.#unconfirmed;
    this.#unconfirmed = {
      entries: entries + taken,
      bytes: bytes + messages.reduce((sum, message) => sum + message.bytes.length, 0),
      since: entries === 0 ? this.#ports.now() : since,
    };
  }

  #isConfirmationDue(): boolean {
    const { entries, bytes, since } = this.#unconfirmed;
    if (entries === 0) return false;
    const { maxBacklog } = this.#ports.definition;
    return (
      entries >= Math.min(MAX_UNCONFIRMED_ENTRIES, (maxBacklog ?? Infinity) / 2) ||
      bytes >= MAX_UNCONFIRMED_BYTES ||
      this.#ports.now() - since >= this.#ports.options.maxUnconfirmedMs
    );
  }

  async #confirm(): Promise<void> {
    await this.#link.confirm(this.#deadline());
    this.#acknowledged();
  }

  /** The receiver has everything before `#next`, but for what it has been found to refuse. */
  #acknowledged(): void {
    const { entries } = this.#unconfirmed;
    this.#unconfirmed = { entries: 0, bytes: 0, since: 0 };
    for (const suspect of this.#suspects.values()) this.#setAside(suspect);
    this.#suspects.clear();
    for (const index of this.#leftOut) if (index < this.#next) this.#leftOut.delete(index);
    this.#attempts = 0;
    this.#troubledSince = null;
    this.#retryAt = null;
    this.#hasAccepted = true;
    this.#progress = {
      ...this.#progress,
      acknowledged: this.#next,
      deliveredCount: this.#progress.deliveredCount + entries,
      lastSuccessAt: this.#ports.now(),
      failingSince: null,
    };
    this.#report();
  }

  async #failed(fault: DeliveryFault): Promise<void> {
    const isNarrowed = this.#narrowed(fault);
    this.#startOver();
    if (isNarrowed) return;
    const now = this.#ports.now();
    this.#attempts += 1;
    this.#troubledSince ??= now;
    const waitMs = waitAfter(this.#attempts, fault, this.#ports.options);
    this.#retryAt = now + waitMs;
    const isFailing =
      fault.kind !== "unavailable" ||
      now - this.#troubledSince + waitMs >= this.#ports.options.failingAfterMs;
    this.#progress = {
      ...this.#progress,
      lastTrouble: { at: now, kind: fault.kind, problem: fault.message },
      failingSince: this.#progress.failingSince ?? (isFailing ? this.#troubledSince : null),
    };
    this.#report();
    await this.#link.close();
    await this.#pause(waitMs);
  }

  /** From the last thing that was acknowledged. */
  #startOver(): void {
    this.#next = this.#progress.acknowledged;
    this.#unconfirmed = { entries: 0, bytes: 0, since: 0 };
  }

  /**
   * Whether something else is to be tried at once: where what was sent is at fault, fewer at a time, until it is known
   * which; then without that one. What receivers say about which it is is counted in more than one way: it tells where
   * to look, and only what is refused by itself is left out.
   */
  #narrowed(fault: DeliveryFault): boolean {
    if (!isRefusal(fault)) return false;
    const { messages = [] } = this.#parcel ?? {};
    const [only] = messages;
    if (only && messages.length === 1) {
      return this.#suspect({ index: only.index, reason: fault.message });
    }
    const before = messages.findIndex(({ index }) => index === fault.index);
    const half = Math.ceil(messages.length / 2);
    this.#limits = { ...this.#limits, maxEvents: before === -1 ? half : Math.max(before, 1) };
    return messages.length > 1;
  }

  /**
   * Left out for now: set aside as soon as the receiver takes another one. False when it refuses one after the other;
   * then it is the receiver that is at fault, and nothing is left out.
   */
  #suspect(rejection: Rejection): boolean {
    this.#suspects.set(rejection.index, this.#named(rejection));
    this.#leftOut.add(rejection.index);
    if (this.#suspects.size <= MAX_SET_ASIDE_IN_A_ROW) return true;
    this.#clearSuspects();
    return false;
  }

  #clearSuspects(): void {
    for (const index of this.#suspects.keys()) this.#leftOut.delete(index);
    this.#suspects.clear();
  }

  /** Nothing is left to see whether the receiver takes that: what it has taken before decides. */
  #judgeSuspects(): void {
    const [first] = this.#suspects.values();
    if (this.#hasAccepted || !first) return this.#acknowledged();
    this.#clearSuspects();
    throw new DeliveryFault("denied", first.reason);
  }

  #named(rejection: Rejection): Refused {
    return { ...rejection, eventId: this.#packer.idAt(rejection.index) };
  }

  #setAside({ index, eventId, reason }: Refused): void {
    this.#leftOut.add(index);
    const aside: SetAside = { index, eventId, at: this.#ports.now(), reason };
    this.#progress = {
      ...this.#progress,
      setAsideCount: this.#progress.setAsideCount + 1,
      setAside: [...this.#progress.setAside, aside].slice(-MAX_NAMED_SET_ASIDE),
    };
  }

  #deadline(): AbortSignal {
    const timeout = AbortSignal.timeout(this.#ports.options.sendTimeoutMs);
    return AbortSignal.any([this.#stopping.signal, timeout]);
  }

  #report(): void {
    this.#ports.report({
      id: this.#ports.definition.id,
      progress: this.#progress,
      sent: this.#next,
      attempts: this.#attempts,
      retryAt: this.#retryAt,
    });
  }

  /** Until there are new entries; false when none came in time. */
  async #rest(timeoutMs: Millis): Promise<boolean> {
    if (this.#stopping.signal.aborted) return true;
    this.#nudge = new AbortController();
    const { signal } = this.#nudge;
    const isNudged = await wait(timeoutMs, false, { signal, ref: false }).catch(() => true);
    this.#nudge = undefined;
    return isNudged;
  }

  /** What is new in the ledger does not make the receiver any better. */
  async #pause(waitMs: Millis): Promise<void> {
    const { signal } = this.#stopping;
    await wait(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** A ledger that grew without saying so is looked at all the same. */
const LONG_MS = 60_000;

/** What was sent is at fault, or how much of it at a time. */
function isRefusal(error: unknown): error is DeliveryFault {
  return error instanceof DeliveryFault && REFUSALS.has(error.kind);
}

const REFUSALS: ReadonlySet<string> = new Set<FaultKind>(["rejected", "too-large"]);

/** After a success twice as many again, up to what the sink takes. */
function widened(now: BatchLimits, most: BatchLimits): BatchLimits {
  if (now.maxEvents >= most.maxEvents) return most;
  return { ...most, maxEvents: Math.min(now.maxEvents * 2, most.maxEvents) };
}

/** What breaks otherwise, a ledger that cannot be read above all, is tried again like a receiver that is away. */
function faultOf(error: unknown): DeliveryFault {
  if (error instanceof DeliveryFault) return error;
  if (error instanceof Error && error.name === "TimeoutError") {
    return new DeliveryFault("unavailable", "no answer in time");
  }
  return new DeliveryFault("unavailable", "something went wrong here", { cause: error });
}
