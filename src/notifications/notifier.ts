/**
 * Tells the owners of instances what happens to their secrets: follows the ledger from where it stopped, and has a lane
 * for each owner that has something to be told. At least once, in order for each owner, from a cursor that moves when a
 * notice was accepted or set aside. Recording never waits for it.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Millis } from "../kernel/clock.ts";
import { FIRST_WAIT_MS, MAX_WAIT_MS } from "./backoff.ts";
import { toldEvent } from "./entries.ts";
import { DELIVERY_TIMEOUT_MS, HELD_INTERVAL_MS, Lane, type LaneOptions } from "./lane.ts";
import type { NoticePorts, Owner, Positions, Reporting } from "./ports.ts";

/** Entries gather this long before they are looked through together. */
export const GATHER_MS = 100;
/** How long what was sent may wait to be saved: after a crash, so much of it is sent once more. */
export const SAVE_INTERVAL_MS = 1_000;
/** Entries without anything to tell that may pass before that is saved. */
export const MAX_UNSAVED_ENTRIES = 10_000;
/** How long a notice under way may hold up the server's end. */
export const STOP_GRACE_MS = 2_000;

export interface NotifierOptions extends LaneOptions {
  readonly gatherMs: Millis;
  readonly saveIntervalMs: Millis;
  readonly stopGraceMs: Millis;
}

const DEFAULTS: NotifierOptions = {
  firstWaitMs: FIRST_WAIT_MS,
  random: Math.random,
  deliveryTimeoutMs: DELIVERY_TIMEOUT_MS,
  heldIntervalMs: HELD_INTERVAL_MS,
  gatherMs: GATHER_MS,
  saveIntervalMs: SAVE_INTERVAL_MS,
  stopGraceMs: STOP_GRACE_MS,
};

interface Waking {
  readonly owner: Owner;
  readonly index: number;
}

export class Notifier {
  readonly #ports: NoticePorts;
  readonly #options: NotifierOptions;
  readonly #report: Reporting;
  readonly #lanes = new Map<string, Lane>();
  readonly #stopping = new AbortController();
  readonly #cutting = new AbortController();
  #followed = 0;
  #savedFollowed = 0;
  #isKnown = false;
  #failures = 0;
  #nudge: AbortController | undefined;
  #stopListening = (): void => {};
  #following: Promise<void> = Promise.resolve();
  #saveTimer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(ports: NoticePorts, report: Reporting, options: NotifierOptions) {
    this.#ports = ports;
    this.#report = report;
    this.#options = options;
  }

  /** Begins to follow; what was left unsent is sent. Failing stores are waited for, not reported to the caller. */
  static start(
    ports: NoticePorts,
    report: Reporting,
    options: Partial<NotifierOptions> = {},
  ): Notifier {
    const notifier = new Notifier(ports, report, { ...DEFAULTS, ...options });
    notifier.#stopListening = ports.source.onAppended(() => notifier.#nudge?.abort());
    notifier.#following = notifier.#follow();
    return notifier;
  }

  /**
   * Durable entries that the slowest owner has not been told of yet, as far as there is anything to tell. All of them,
   * until it is known how far everything had come.
   */
  get lag(): number {
    const behind = [...this.#lanes.values()].map(({ position }) => position);
    return this.#ports.source.size - Math.min(this.#followed, ...behind);
  }

  /**
   * Ends what is under way, within STOP_GRACE_MS, and saves how far everything has come. What was not sent is sent after
   * the next start.
   */
  async stop(): Promise<void> {
    this.#stopListening();
    this.#stopping.abort();
    this.#nudge?.abort();
    const cut = setTimeout(() => this.#cutting.abort(), this.#options.stopGraceMs);
    await this.#following;
    await Promise.all([...this.#lanes.values()].map((lane) => lane.ended()));
    clearTimeout(cut);
    await this.#save();
    clearTimeout(this.#saveTimer);
  }

  async #follow(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        if (!this.#isKnown) await this.#resume();
        if (this.#followed < this.#ports.source.size) await this.#advance();
        else await this.#rest();
        this.#failures = 0;
      } catch (error) {
        const waitMs = Math.min(this.#options.firstWaitMs * 2 ** this.#failures, MAX_WAIT_MS);
        if (this.#failures === 0) this.#report.trouble({ kind: "outage", owner: NOBODY, error });
        this.#failures += 1;
        await this.#pause(waitMs);
      }
    }
  }

  /** A ledger that nobody has followed yet is followed from its beginning; see `#advance` for what that costs. */
  async #resume(): Promise<void> {
    const { size } = this.#ports.source;
    const { followed, owners } = (await this.#ports.positions.load()) ?? NOTHING;
    this.#followed = this.#savedFollowed = Math.min(followed, size);
    this.#isKnown = true;
    for (const { position, ...owner } of owners) this.#wake({ owner, index: position });
  }

  async #advance(): Promise<void> {
    // The size first: what is recorded after somebody's registration stands behind it, and is looked at.
    const { size } = this.#ports.source;
    if (await this.#ports.recipients.hasAny()) {
      await this.#pause(this.#options.gatherMs);
      await this.#lookThrough(this.#ports.source.size);
    } else {
      this.#followed = size;
    }
    if (this.#followed - this.#savedFollowed >= MAX_UNSAVED_ENTRIES) this.#saveSoon();
  }

  async #lookThrough(size: number): Promise<void> {
    const { source, wording } = this.#ports;
    for await (const { first, lines } of source.read(this.#followed, size)) {
      const firsts = new Map<string, Waking>();
      for (const [at, line] of lines.entries()) {
        const event = toldEvent(line, wording);
        if (!event || wording.messagesOf(event).length === 0) continue;
        const { account, instance } = event;
        const key = keyOf({ account, instance });
        if (!firsts.has(key)) {
          firsts.set(key, { owner: { account, instance }, index: first + at });
        }
      }
      const wanted = await this.#wanted([...firsts.values()]);
      if (this.#stopping.signal.aborted) return;
      // In one turn: a lane that finds nothing more ends, and by then has to know of these, or not be there any more.
      this.#followed = first + lines.length;
      for (const waking of wanted) this.#wake(waking);
    }
  }

  /** Of owners that want to be told. */
  async #wanted(wakings: readonly Waking[]): Promise<readonly Waking[]> {
    const wanted: Waking[] = [];
    for (const waking of wakings) {
      if (await this.#ports.recipients.of(waking.owner)) wanted.push(waking);
    }
    return wanted;
  }

  #wake({ owner, index }: Waking): void {
    const key = keyOf(owner);
    if (this.#lanes.has(key)) return;
    const lane = new Lane(owner, index, {
      ...this.#ports,
      options: this.#options,
      report: this.#report,
      followed: () => this.#followed,
      onMoved: () => this.#saveSoon(),
      onDrained: () => {
        this.#lanes.delete(key);
        this.#saveSoon();
      },
      stopping: this.#stopping.signal,
      cutting: this.#cutting.signal,
    });
    this.#lanes.set(key, lane);
    lane.start();
  }

  #saveSoon(): void {
    this.#saveTimer ??= setTimeout(() => void this.#save(), this.#options.saveIntervalMs).unref();
  }

  /** Never rejects: a save that fails loses nothing but time, and is tried again. */
  #save(): Promise<void> {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    this.#saving = this.#saveAfter(this.#saving);
    return this.#saving;
  }

  async #saveAfter(before: Promise<void>): Promise<void> {
    await before;
    if (!this.#isKnown) return;
    const positions = this.#positions();
    try {
      await this.#ports.positions.save(positions);
      this.#savedFollowed = positions.followed;
    } catch {
      this.#saveSoon();
    }
  }

  #positions(): Positions {
    const lanes = [...this.#lanes.values()];
    const owners = lanes.map(({ owner, position }) => ({ ...owner, position }));
    return { followed: this.#followed, owners };
  }

  /** Until there are new entries. */
  async #rest(): Promise<void> {
    this.#nudge = new AbortController();
    const { signal } = this.#nudge;
    if (this.#stopping.signal.aborted) return;
    await wait(LONG_MS, undefined, { signal, ref: false }).catch(() => undefined);
    this.#nudge = undefined;
  }

  async #pause(waitMs: Millis): Promise<void> {
    const { signal } = this.#stopping;
    await wait(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** A source that grew without saying so is looked at all the same. */
const LONG_MS = 60_000;
const NOTHING: Positions = { followed: 0, owners: [] };
const NOBODY: Owner = { account: "", instance: "" };

function keyOf({ account, instance }: Owner): string {
  return `${account} ${instance}`;
}
