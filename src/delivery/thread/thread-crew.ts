/**
 * The couriers on a thread of their own: reading what is delivered, encoding, compressing and encrypting it keeps no
 * request waiting. It is begun with the first destination, and begun again when it dies.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Millis } from "../../kernel/clock.ts";
import { invariant, Outage } from "../../kernel/errors.ts";
import type { EntrySource } from "../../ledger/entry-source.ts";
import type { Tested } from "../couriers.ts";
import type { Definition } from "../definition.ts";
import type { Crew } from "../delivery.ts";
import type { CourierReport, Progress } from "../progress.ts";
import { ThreadLife, type ThreadStart } from "./thread-life.ts";
import { LedgerReads } from "./ledger-reads.ts";

/** The ledger's growth is told no more often: couriers then find more at once. */
export const GROWN_INTERVAL_MS: Millis = 5;
/** What the couriers may take to end; then they are ended, and what was not acknowledged is delivered again. */
export const STOP_GRACE_MS: Millis = 5_000;
/** A thread that died is begun again after the first wait, and each time after twice as long, up to the most. */
export const FIRST_RESTART_MS: Millis = 1_000;
export const MAX_RESTART_MS: Millis = 60_000;

export interface ThreadCrewPorts {
  readonly start: ThreadStart;
  readonly source: EntrySource;
  /** How far the server's clock is behind this machine's. */
  readonly behindMs: () => Millis;
  readonly report: (report: CourierReport) => void;
  /** The thread has died, and is begun again. */
  readonly onDeath: (reason: Outage) => void;
  /** The ledger cannot be read, or what is wanted cannot be done, at the moment. */
  readonly onTrouble: (error: unknown) => void;
  /** Of the end; STOP_GRACE_MS, if nothing else is said. */
  readonly graceMs?: Millis;
}

export class ThreadCrew implements Crew {
  readonly #ports: ThreadCrewPorts;
  readonly #reads: LedgerReads;
  readonly #stopping = new AbortController();
  #definitions: readonly Definition[] = [];
  /** How far they have come: what a thread begins from. */
  #known = new Map<string, Progress>();
  #thread: ThreadLife | undefined;
  /** A thread that died is on its way again. */
  #isReviving = false;
  /** One after the other, none of them after a long life. */
  #deaths = 0;
  #begunAtMs = 0;
  #grownTimer: NodeJS.Timeout | undefined;

  constructor(ports: ThreadCrewPorts) {
    this.#ports = ports;
    this.#reads = new LedgerReads(ports.source);
  }

  /** Resolves once the couriers know, or will know as soon as there is a thread again. */
  async set(
    definitions: readonly Definition[],
    known: ReadonlyMap<string, Progress>,
  ): Promise<void> {
    this.#definitions = definitions;
    this.#known = new Map(known);
    if (this.#isReviving || (!this.#thread && definitions.length === 0)) return;
    await this.#tell(this.#begun());
  }

  grown(): void {
    if (!this.#thread) return;
    this.#grownTimer ??= setTimeout(() => {
      this.#grownTimer = undefined;
      this.#thread?.grown();
    }, GROWN_INTERVAL_MS).unref();
  }

  async test(definition: Definition): Promise<Tested> {
    if (this.#isReviving) throw new Outage("the thread that delivers is being begun again");
    const tested = await this.#begun().ask({ kind: "test", definition });
    invariant(tested !== null, "a test has a result");
    return tested;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#grownTimer);
    const thread = this.#thread;
    if (!thread) return;
    const timer = new AbortController();
    const { signal } = timer;
    const { graceMs = STOP_GRACE_MS } = this.#ports;
    const grace = wait(graceMs, undefined, { signal }).catch(() => undefined);
    // A thread that dies now has nothing more to say either.
    const asked = thread.ask({ kind: "stop" }).catch(() => undefined);
    await Promise.race([asked, grace]);
    timer.abort();
    await thread.terminate();
  }

  #begun(): ThreadLife {
    if (this.#stopping.signal.aborted) throw new Outage("the delivery has ended");
    if (this.#thread) return this.#thread;
    this.#begunAtMs = performance.now();
    this.#thread = new ThreadLife(this.#ports.start, {
      ...this.#ports,
      reads: this.#reads,
      report: (report) => this.#reported(report),
      ended: (reason) => void this.#ended(reason),
    });
    return this.#thread;
  }

  async #tell(thread: ThreadLife): Promise<void> {
    const request = { kind: "set", definitions: this.#definitions, known: this.#known } as const;
    await thread.ask(request).catch((error: unknown) => {
      // The next thread is told.
      if (this.#thread === thread) throw error;
    });
  }

  #reported(report: CourierReport): void {
    this.#known.set(report.id, report.progress);
    this.#ports.report(report);
  }

  async #ended(reason: Outage): Promise<void> {
    this.#thread = undefined;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    this.#ports.onDeath(reason);
    this.#isReviving = true;
    if (performance.now() - this.#begunAtMs >= MAX_RESTART_MS) this.#deaths = 0;
    const waitMs = Math.min(FIRST_RESTART_MS * 2 ** this.#deaths, MAX_RESTART_MS);
    this.#deaths += 1;
    await wait(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
    this.#isReviving = false;
    if (signal.aborted || this.#definitions.length === 0) return;
    await this.#tell(this.#begun()).catch((error: unknown) => this.#ports.onTrouble(error));
  }
}
