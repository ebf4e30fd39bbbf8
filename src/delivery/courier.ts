/**
 * Brings one destination what it is to have, in the order of the ledger, each event at least once. It moves on only by
 * the receiver's word: what was handed over and not acknowledged is handed over again after any failure. Holds one
 * parcel at a time; the backlog lies in the ledger.
 *
 * An event is set aside only when the receiver has refused it, has taken another one after that, and has refused it
 * once more: one that refuses everything loses nothing.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Waiting } from "../kernel/backoff.ts";
import type { Millis } from "../kernel/clock.ts";
import { waitAfter } from "./backoff.ts";
import type { Definition } from "./definition.ts";
import type { Message } from "./entry.ts";
import { DeliveryFault, faultOf } from "./fault.ts";
import { HeldLink, type Patience } from "./held-link.ts";
import { Packer, type Parcel, type ReadRun } from "./parcel.ts";
import { setAsideUpTo, type CourierReport, type Progress, type SetAside } from "./progress.ts";
import type { Select } from "./selected.ts";
import type { BatchLimits, CheckedSink, Encode, Handed, LinkPorts } from "./sink.ts";

/** What may be on its way without the receiver's word for it; then it is asked. */
export const MAX_UNCONFIRMED_ENTRIES = 50_000;
export const MAX_UNCONFIRMED_BYTES = 32 * 1024 * 1024;
export const MAX_UNCONFIRMED_MS = 5_000;
/** Without anything more to send for this long, the receiver is asked. */
export const CONFIRM_IDLE_MS = 1_000;
/** One parcel's sending, and one confirmation. */
export const SEND_TIMEOUT_MS = 30_000;
/** At an orderly end: for what is under way, and for the receiver's word on what it was just handed. */
export const LAST_WORD_MS = 2_000;
/** How long a sink may take to end what it was told to end; then it is left to itself. */
export const ABORT_GRACE_MS = 2_000;
/** Nothing has arrived for this long: the destination is failing, and the trail says so. */
export const FAILING_AFTER_MS = 10_000;
/** One that fails and recovers in turns is said to be failing again after this at the earliest. */
export const MIN_FAILING_INTERVAL_MS = 60_000;
/**
 * Events refused one after the other by a receiver that has never taken any: then it is not them. With each further
 * attempt it is offered twice as many, up to the most, for it may be the first ones all the same.
 */
export const FIRST_SUSPECTS = 10;
export const MAX_SUSPECTS = 320;
/** Of its very first event, by such a receiver, before it is offered others. */
export const MIN_REFUSALS = 3;

export interface CourierOptions extends Waiting, Patience {
  readonly maxUnconfirmedMs: Millis;
  readonly confirmIdleMs: Millis;
  readonly lastWordMs: Millis;
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

export class Courier {
  readonly #ports: CourierPorts;
  readonly #packer: Packer;
  readonly #link: HeldLink;
  /** Nothing new is begun. */
  readonly #stopping = new AbortController();
  /** What is under way is broken off. */
  readonly #breaking = new AbortController();
  /** What is not sent because it would be in vain, until the progress has passed it and names it. */
  readonly #aside = new Map<number, SetAside>();
  /** Refused by a receiver that has taken nothing yet, and left out until it does. */
  readonly #suspects = new Set<number>();
  #suspicion = "";
  #maxSuspects = FIRST_SUSPECTS;
  #refusals = 0;
  #progress: Progress;
  #next: number;
  #unconfirmed = NOTHING_UNCONFIRMED;
  #limits: BatchLimits;
  /** The last that was handed over, and the last that was taken for certain: a receiver in doubt is asked with it. */
  #handed: Message | undefined;
  #taken: Message | undefined;
  #attempts = 0;
  #troubledSince: Millis | null = null;
  #failedAt = -Infinity;
  #retryAt: Millis | null = null;
  #nudge: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(progress: Progress, ports: CourierPorts) {
    this.#ports = ports;
    this.#progress = progress;
    this.#next = progress.acknowledged;
    this.#limits = ports.sink.limits;
    this.#packer = new Packer(ports);
    this.#link = new HeldLink(() => ports.sink.open(ports), ports.options);
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

  /**
   * Ends what is under way, and asks for the receiver's word on what it was handed, both in LAST_WORD_MS: whoever goes on
   * from here repeats nothing. Without that word it is handed over again by the next courier.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#nudge?.abort();
    const late = setTimeout(() => this.#breaking.abort(), this.#ports.options.lastWordMs);
    await this.#done;
    if (this.#unconfirmed.entries > 0) await this.#confirm().catch(() => this.#startOver());
    clearTimeout(late);
    await this.#link.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#step();
      } catch (error) {
        if (signal.aborted) return this.#startOver();
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
    const isMore = this.#next < this.#ports.size();
    if (isMore && this.#suspects.size < this.#maxSuspects) return this.#sendNext();
    if (this.#unconfirmed.entries === 0) {
      if (this.#suspects.size > 0) this.#blameReceiver();
      await this.#rest(LONG_MS);
      return;
    }
    const isNudged = !isMore && (await this.#rest(this.#ports.options.confirmIdleMs));
    if (!isNudged && !this.#stopping.signal.aborted) await this.#confirm();
  }

  async #sendNext(): Promise<void> {
    const parcel = await this.#packer.pack(this.#next, this.#limits, (index) =>
      this.#isLeftOut(index),
    );
    const { messages, unsaid, broken, next } = parcel;
    for (const one of unsaid) this.#setAside(one, one.reason);
    if (messages.length === 0) {
      // The sink breaks on nothing else: it has made messages of others.
      const isAtFault = broken[0] && (this.#taken ?? (await this.#takenBefore()));
      if (broken[0] && !isAtFault) throw new DeliveryFault("unavailable", broken[0].reason);
      for (const one of broken) this.#setAside(one, one.reason);
      return this.#passed(next);
    }
    const handed = await this.#handOver(messages);
    if (handed instanceof DeliveryFault) return this.#narrow(parcel, handed);
    for (const one of broken) this.#setAside(one, one.reason);
    this.#limits = widened(this.#limits, this.#ports.sink.limits);
    this.#gone(messages, handed, next);
  }

  /** Some of them at least are taken; a fault for what was sent if none is. Throws any other one. */
  async #handOver(messages: readonly Message[]): Promise<Handed | DeliveryFault> {
    try {
      const handed = await this.#link.send(messages, this.#breaking.signal);
      const reasons = new Map(handed.rejected.map(({ index, reason }) => [index, reason]));
      const refused = messages.filter(({ index }) => reasons.has(index));
      const reason = reasons.get(refused[0]?.index ?? -1);
      if (reason === undefined || refused.length < messages.length) return handed;
      return new DeliveryFault("rejected", reason);
    } catch (error) {
      if (!(error instanceof DeliveryFault)) throw error;
      if (error.kind !== "rejected" && error.kind !== "too-large") throw error;
      return error;
    }
  }

  /** They are with the receiver, or on their way there. */
  #gone(messages: readonly Message[], { rejected, isAcknowledged }: Handed, next: number): void {
    const reasons = new Map(rejected.map(({ index, reason }) => [index, reason]));
    const taken = messages.filter((message) => {
      const reason = reasons.get(message.index);
      if (reason !== undefined) this.#setAside(message, reason);
      return reason === undefined;
    });
    this.#next = next;
    this.#handed = taken.at(-1);
    const { entries, bytes, since } = this.#unconfirmed;
    this.#unconfirmed = {
      entries: entries + taken.length,
      bytes: bytes + taken.reduce((sum, message) => sum + message.bytes.length, 0),
      since: entries === 0 ? this.#ports.now() : since,
    };
    if (isAcknowledged && entries === 0) this.#acknowledged();
    else this.#report();
  }

  /** Entries that are nobody's here: done with, unless something before them is still on its way. */
  #passed(next: number): void {
    this.#next = next;
    if (this.#unconfirmed.entries > 0 || this.#suspects.size > 0) return;
    this.#progress = { ...this.#progress, ...this.#upTo(next) };
    this.#report();
  }

  /**
   * None of them was taken: fewer at a time, until it is known which is at fault. What was handed over before them is
   * still on its way, so that this goes on from here.
   */
  async #narrow({ messages }: Parcel, fault: DeliveryFault): Promise<void> {
    const at = messages.findIndex(({ index }) => index === fault.index);
    const [first] = messages;
    if (first && (at === 0 || messages.length === 1)) return this.#doubt(first, fault.message);
    const maxEvents = at > 0 ? at : Math.ceil(messages.length / 2);
    this.#limits = { ...this.#limits, maxEvents };
  }

  /** Whether this event is at fault or its receiver, which is asked to take again what it has taken before. */
  async #doubt(message: Message, reason: string): Promise<void> {
    // Once that is known the two are looked at anew.
    if (!this.#taken && this.#unconfirmed.entries > 0) return this.#confirm();
    const proven = this.#taken ?? (await this.#takenBefore());
    if (!proven) {
      // What is offered in its place comes before it, if it is taken after all: not before it is refused for good.
      this.#refusals += 1;
      if (this.#refusals < MIN_REFUSALS) throw new DeliveryFault("denied", reason);
      this.#suspects.add(message.index);
      this.#suspicion = reason;
      return;
    }
    const probed = await this.#handOver([proven]);
    if (probed instanceof DeliveryFault) throw new DeliveryFault("denied", reason);
    if (!probed.isAcknowledged) await this.#confirm();
    this.#taken = proven;
    const handed = await this.#handOver([message]);
    if (handed instanceof DeliveryFault) this.#setAside(message, handed.message);
    else this.#gone([message], handed, message.index + 1);
  }

  /** By an earlier courier, with the same receiver and selection. */
  async #takenBefore(): Promise<Message | undefined> {
    const { since, acknowledged, setAside } = this.#progress;
    const aside = new Set(setAside.map(({ index }) => index));
    return this.#packer.lastBetween(since, acknowledged, (index) => aside.has(index));
  }

  /** It has never taken anything, and this is how it goes on: nothing of that is set aside. */
  #blameReceiver(): never {
    this.#suspects.clear();
    this.#maxSuspects = Math.min(this.#maxSuspects * 2, MAX_SUSPECTS);
    throw new DeliveryFault("denied", this.#suspicion);
  }

  #isConfirmationDue(): boolean {
    const { entries, bytes, since } = this.#unconfirmed;
    if (entries === 0) return false;
    const { maxBacklog } = this.#ports.definition;
    return (
      entries >= MAX_UNCONFIRMED_ENTRIES ||
      bytes >= MAX_UNCONFIRMED_BYTES ||
      // Also what is not for it counts as backlog until what is before it is acknowledged.
      this.#next - this.#progress.acknowledged >= (maxBacklog ?? Infinity) / 2 ||
      Math.abs(this.#ports.now() - since) >= this.#ports.options.maxUnconfirmedMs
    );
  }

  async #confirm(): Promise<void> {
    await this.#link.confirm(this.#breaking.signal);
    this.#acknowledged();
  }

  /** The receiver has everything before `#next`, but for what is set aside. */
  #acknowledged(): void {
    const { entries } = this.#unconfirmed;
    this.#unconfirmed = NOTHING_UNCONFIRMED;
    this.#taken = this.#handed ?? this.#taken;
    this.#attempts = 0;
    this.#troubledSince = null;
    this.#retryAt = null;
    this.#progress = {
      ...this.#progress,
      ...(this.#suspects.size === 0 ? this.#upTo(this.#next) : undefined),
      deliveredCount: this.#progress.deliveredCount + entries,
      lastSuccessAt: this.#ports.now(),
      failingSince: null,
    };
    // It takes something after all: now it can be told whether what it refused is at fault.
    if (this.#suspects.size > 0) this.#startOver();
    this.#suspects.clear();
    this.#report();
  }

  /** What of the progress is another one there. */
  #upTo(acknowledged: number): Pick<Progress, "acknowledged" | "setAside" | "setAsideCount"> {
    const aside = [...this.#aside.values()].filter(({ index }) => index < acknowledged);
    for (const { index } of aside) this.#aside.delete(index);
    return { acknowledged, ...setAsideUpTo(this.#progress, aside) };
  }

  async #failed(fault: DeliveryFault): Promise<void> {
    this.#startOver();
    const now = this.#ports.now();
    this.#attempts += 1;
    this.#troubledSince ??= now;
    const waitMs = waitAfter(this.#attempts, fault, this.#ports.options);
    this.#retryAt = now + waitMs;
    this.#progress = {
      ...this.#progress,
      lastTrouble: { at: now, kind: fault.kind, problem: fault.message },
      failingSince: this.#progress.failingSince ?? this.#failingSince(fault, this.#retryAt),
    };
    this.#report();
    await this.#link.close();
    await this.#pause(waitMs);
  }

  /** Since when it is failing, if that is to be said by now. */
  #failingSince({ kind }: DeliveryFault, retryAt: Millis): Millis | null {
    const now = this.#ports.now();
    const since = this.#troubledSince ?? now;
    // A clock that was put back keeps nobody from being told.
    const isLong = Math.abs(retryAt - since) >= this.#ports.options.failingAfterMs;
    if (kind === "unavailable" && !isLong) return null;
    if (Math.abs(now - this.#failedAt) < MIN_FAILING_INTERVAL_MS) return null;
    this.#failedAt = now;
    return since;
  }

  /** From the last thing that was acknowledged. */
  #startOver(): void {
    this.#next = this.#progress.acknowledged;
    this.#unconfirmed = NOTHING_UNCONFIRMED;
    this.#handed = undefined;
  }

  #isLeftOut(index: number): boolean {
    return this.#aside.has(index) || this.#suspects.has(index);
  }

  #setAside({ index, id }: Pick<Message, "index" | "id">, reason: string): void {
    this.#aside.set(index, { index, eventId: id, at: this.#ports.now(), reason });
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

const NOTHING_UNCONFIRMED = { entries: 0, bytes: 0, since: 0 };

/** A ledger that grew without saying so is looked at all the same. */
const LONG_MS = 60_000;

/** After a success twice as many again, up to what the sink takes. */
function widened(now: BatchLimits, most: BatchLimits): BatchLimits {
  if (now.maxEvents >= most.maxEvents) return most;
  return { ...most, maxEvents: Math.min(now.maxEvents * 2, most.maxEvents) };
}
