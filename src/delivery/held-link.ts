/** A link that is held to its time: what a sink does not end when it is told to is left to itself. */
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Millis } from "../kernel/clock.ts";
import type { Message } from "./entry.ts";
import type { Handed, Link } from "./sink.ts";

export interface Patience {
  /** For one call. */
  readonly sendTimeoutMs: Millis;
  /** For a call to end once it has been told to, and for a link to close. */
  readonly abortGraceMs: Millis;
}

/**
 * Each call ends within the time for it, or soon after `ends` is aborted, with the signal's reason. A link that was
 * left to itself is used no more: another one is opened in its place.
 */
export class HeldLink implements Link {
  readonly #open: () => Link;
  readonly #patience: Patience;
  #link: Link;

  constructor(open: () => Link, patience: Patience) {
    this.#open = open;
    this.#patience = patience;
    this.#link = open();
  }

  send(messages: readonly Message[], ends: AbortSignal): Promise<Handed> {
    return this.#held(ends, (signal) => this.#link.send(messages, signal));
  }

  confirm(ends: AbortSignal): Promise<void> {
    return this.#held(ends, (signal) => this.#link.confirm(signal));
  }

  async close(): Promise<void> {
    const link = this.#link;
    const isEnded = new AbortController();
    const closed = link.close().finally(() => isEnded.abort());
    const late = wait(this.#patience.abortGraceMs, "late", { signal: isEnded.signal });
    const first = await Promise.race([closed, late.catch(() => undefined)]);
    if (first === "late") this.#link = this.#open();
  }

  async #held<T>(ends: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = AbortSignal.any([ends, AbortSignal.timeout(this.#patience.sendTimeoutMs)]);
    const isEnded = new AbortController();
    const given = (async () => call(signal))().finally(() => isEnded.abort());
    const late = this.#isLate(signal, isEnded.signal).then((isLate): Promise<T> => {
      if (!isLate) return given;
      given.catch(() => undefined);
      void this.#link.close();
      this.#link = this.#open();
      throw signal.reason;
    });
    return Promise.race([given, late]);
  }

  /** True when the grace is over; false as soon as the call has ended. */
  async #isLate(signal: AbortSignal, isEnded: AbortSignal): Promise<boolean> {
    if (!signal.aborted) await once(signal, "abort", { signal: isEnded }).catch(() => undefined);
    const { abortGraceMs } = this.#patience;
    return wait(abortGraceMs, true, { signal: isEnded }).catch(() => false);
  }
}
