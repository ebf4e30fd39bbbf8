/**
 * A live tail as server-sent events (WHATWG HTML, section 9.2). `id` is the index of the last entry looked at, so a
 * client that comes back with `Last-Event-ID` misses nothing and gets nothing twice; `data` is the event, one line.
 */
import { Readable } from "node:stream";
import { follow, type Followed } from "../../../app/trail/follow.ts";
import type { ProvenLog, TrailEntry } from "../../../app/trail/trail-reader.ts";

/** Tails open at once; each holds a connection and reads every entry. */
export const MAX_TAILS = 100;
/** Between signs of life; also how long a revoked credential may go on listening. */
export const HEARTBEAT_MS = 10_000;
/** What a client is given to take what has been sent; then it is dropped. */
export const SLOW_CLIENT_MS = 30_000;
/** Then the client has to come back, and is authorised and recorded anew. */
export const MAX_TAIL_MS = 5 * 60_000;
/** How long a client that was told to go may take to read that. */
const FAREWELL_MS = 2_000;

/** Why a tail ended, as its last event says; whatever the reason, it can be resumed. */
export type TailEnd = "slow" | "closing" | "expired" | "unauthenticated" | "failed";

export interface TailTimes {
  readonly heartbeatMs: number;
  readonly slowClientMs: number;
  readonly maxTailMs: number;
}

export const TAIL_TIMES: TailTimes = {
  heartbeatMs: HEARTBEAT_MS,
  slowClientMs: SLOW_CLIENT_MS,
  maxTailMs: MAX_TAIL_MS,
};

export interface TailOptions {
  readonly log: Pick<ProvenLog, "size" | "read" | "onAppended">;
  /** The index of the first entry to look at. */
  readonly from: number;
  readonly matches: (entry: TrailEntry) => boolean;
  readonly render: (entry: TrailEntry) => string;
  /** Whether the credential it was opened with is still good. */
  readonly isStillGood: () => Promise<boolean>;
  readonly times: TailTimes;
}

export class TailStream extends Readable {
  readonly #options: TailOptions;
  readonly #stopped = new AbortController();
  readonly #timers: NodeJS.Timeout[];
  #seen: number;
  #slowTimer: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;
  #endedBy: TailEnd | undefined;

  constructor(options: TailOptions) {
    super();
    this.#options = options;
    this.#seen = options.from - 1;
    const { heartbeatMs, maxTailMs } = options.times;
    this.#timers = [
      setInterval(() => void this.#heartbeat(), heartbeatMs),
      setTimeout(() => this.end("expired"), maxTailMs),
    ];
    this.push(`retry: 1000\n${this.#place()}`);
    void this.#run();
  }

  /** Why it was ended from this side; undefined while it goes on, or when the client went away. */
  get endedBy(): TailEnd | undefined {
    return this.#endedBy;
  }

  /** Says why and from where to resume, and closes. */
  end(reason: TailEnd): void {
    if (this.#stopped.signal.aborted) return;
    this.#endedBy = reason;
    this.#stop();
    const last = JSON.stringify({ reason, after: this.#seen });
    this.push(`event: end\nid: ${this.#seen}\ndata: ${last}\n\n`);
    this.push(null);
    setTimeout(() => this.destroy(), FAREWELL_MS).unref();
  }

  override _read(): void {
    clearTimeout(this.#slowTimer);
    this.#drained?.();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stop();
    callback(error);
  }

  async #run(): Promise<void> {
    const { log, from, matches, render } = this.#options;
    const { signal } = this.#stopped;
    const look = (entry: TrailEntry) =>
      matches(entry) ? `id: ${entry.index}\ndata: ${render(entry)}\n\n` : undefined;
    try {
      for await (const batch of follow(log, from, { look, signal })) {
        await this.#send(batch);
        if (signal.aborted) return;
      }
    } catch {
      // The ledger cannot be read; its owner knows already, and the client may come back later.
      this.end("failed");
    }
  }

  async #send({ found, next }: Followed<string>): Promise<void> {
    const text = found.join("");
    this.#seen = next - 1;
    if (text === "" || this.push(text)) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      this.#slowTimer = setTimeout(() => this.end("slow"), this.#options.times.slowClientMs);
    });
    this.#drained = undefined;
  }

  /** A comment and an id without data: the client's place moves on though nothing has matched. */
  async #heartbeat(): Promise<void> {
    if (!(await this.#options.isStillGood().catch(() => false))) return this.end("unauthenticated");
    if (!this.#stopped.signal.aborted && this.#drained === undefined)
      this.push(`: here\n${this.#place()}`);
  }

  #place(): string {
    return this.#seen < 0 ? "\n" : `id: ${this.#seen}\n\n`;
  }

  #stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#slowTimer);
    this.#stopped.abort();
    this.#drained?.();
  }
}
