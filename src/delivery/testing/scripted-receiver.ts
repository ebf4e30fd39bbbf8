/**
 * A receiver that keeps what it takes, and does with the rest what it is told: fails before anything has arrived or
 * after everything has, refuses events by themselves or by the batch, hangs, and loses what it has not confirmed.
 */
import type { Message } from "../entry.ts";
import { DeliveryFault } from "../fault.ts";
import type { CheckedSink, Handed, Link, Rejection, SinkSettings } from "../sink.ts";
import { utf8 } from "../../kernel/bytes.ts";

export interface Script {
  /** At once, as HTTP does, or only when it is asked. */
  acknowledges: "at once" | "when asked";
  /** What a refusal says: nothing, which event it is, or what became of each. */
  refuses: "the batch" | "by name" | "each";
  maxEvents: number;
  isPoison: (index: number) => boolean;
  refusesAll: boolean;
  /** With more in a batch it is too large. */
  mostAtOnce: number;
  /** Thrown before anything has arrived; `hang` never answers, whatever becomes of the signal. */
  before: (call: "send" | "confirm") => DeliveryFault | "hang" | undefined;
  /** Thrown after all of it has arrived. */
  after: (call: "send" | "confirm") => DeliveryFault | undefined;
  encode: (index: number) => void;
}

export const HEALTHY: Readonly<Script> = {
  acknowledges: "at once",
  refuses: "the batch",
  maxEvents: 16,
  isPoison: () => false,
  refusesAll: false,
  mostAtOnce: Infinity,
  before: () => undefined,
  after: () => undefined,
  encode: () => undefined,
};

export class ScriptedReceiver {
  readonly script: Script;
  /** Indexes as they arrived and were taken, repetitions too. */
  readonly arrived: number[] = [];
  /** What it will still have after it has crashed. */
  readonly durable = new Set<number>();
  /** How often each was refused. */
  readonly refused = new Map<number, number>();
  sends = 0;
  confirms = 0;
  openLinks = 0;
  /** Told of each that is taken. */
  onTaken: (index: number) => void = () => undefined;
  #pending: number[] = [];
  #crashes = 0;

  constructor(script: Partial<Script> = {}) {
    this.script = { ...HEALTHY, ...script };
  }

  /** What was taken and not confirmed is gone, and whoever waits for a word about it waits in vain. */
  crash(): void {
    this.#pending = [];
    this.#crashes += 1;
  }

  sink(settings: SinkSettings): CheckedSink {
    return {
      settings,
      address: { transport: "memory", host: "", port: 0 },
      form: "entry",
      credentials: [],
      limits: { maxEvents: this.script.maxEvents, maxBytes: 1024 * 1024 },
      isPinnedOnly: false,
      encoder: () => (entry) => {
        this.script.encode(entry.index);
        return utf8(`${entry.event.id}\n`);
      },
      open: () => this.#open(),
    };
  }

  #open(): Link {
    let crashes = this.#crashes;
    let isOpen = false;
    const connect = (): void => {
      if (!isOpen) this.openLinks += 1;
      if (!isOpen) crashes = this.#crashes;
      isOpen = true;
    };
    return {
      send: async (messages, signal) => {
        this.sends += 1;
        await this.#meddle("send", signal);
        connect();
        if (crashes !== this.#crashes) throw new DeliveryFault("unavailable", "connection lost");
        const handed = this.#take(messages);
        const fault = this.script.after("send");
        if (fault) throw fault;
        return handed;
      },
      confirm: async (signal) => {
        this.confirms += 1;
        await this.#meddle("confirm", signal);
        if (crashes !== this.#crashes) throw new DeliveryFault("unavailable", "connection lost");
        for (const index of this.#pending) this.durable.add(index);
        this.#pending = [];
        const fault = this.script.after("confirm");
        if (fault) throw fault;
      },
      close: async () => {
        if (isOpen) this.openLinks -= 1;
        isOpen = false;
      },
    };
  }

  async #meddle(call: "send" | "confirm", signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    const fault = this.script.before(call);
    if (fault === "hang") return new Promise(() => undefined);
    if (fault) throw fault;
  }

  #take(messages: readonly Message[]): Handed {
    const { refuses, mostAtOnce, acknowledges } = this.script;
    if (messages.length > mostAtOnce) throw new DeliveryFault("too-large", "too large");
    const rejected = messages.filter(({ index }) => this.#isRefused(index));
    if (refuses !== "each" && rejected[0]) {
      this.#count(refuses === "by name" ? rejected.slice(0, 1) : rejected);
      const { index } = rejected[0];
      throw new DeliveryFault("rejected", "refused", refuses === "by name" ? { index } : {});
    }
    this.#count(rejected);
    for (const { index } of messages) {
      if (this.#isRefused(index)) continue;
      this.arrived.push(index);
      this.onTaken(index);
      if (acknowledges === "at once") this.durable.add(index);
      else this.#pending.push(index);
    }
    return {
      isAcknowledged: acknowledges === "at once",
      rejected: rejected.map(({ index }): Rejection => ({ index, reason: "refused" })),
    };
  }

  #isRefused(index: number): boolean {
    return this.script.refusesAll || this.script.isPoison(index);
  }

  #count(messages: readonly Message[]): void {
    for (const { index } of messages) this.refused.set(index, (this.refused.get(index) ?? 0) + 1);
  }
}
