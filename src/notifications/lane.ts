/**
 * The notices of one owner, one after the other in the order of the ledger: none is sent before the one in front of it
 * was accepted or set aside. An owner whose receiver is slow holds up nobody else. Holds a handful of notices,
 * whatever the backlog: that lies in the ledger.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { AuditEvent } from "../audit/event.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Waiting } from "../kernel/backoff.ts";
import { isLastAttempt, MAX_WAIT_MS, waitAfter } from "./backoff.ts";
import { toldEvent } from "./entries.ts";
import type { Message, NoticePorts, Owner, Recipient, Reporting } from "./ports.ts";

/** Events that are read from the ledger at a time, to be told one after the other. */
export const MAX_EVENTS_READ = 20;
export const DELIVERY_TIMEOUT_MS = 10_000;
/** How often a lane whose destination nobody has named looks whether its owner has chosen another one. */
export const HELD_INTERVAL_MS = 60_000;

export interface LaneOptions extends Waiting {
  readonly deliveryTimeoutMs: Millis;
  readonly heldIntervalMs: Millis;
}

export interface LanePorts extends Omit<NoticePorts, "positions"> {
  readonly options: LaneOptions;
  readonly report: Reporting;
  /** Up to where the ledger has been followed: it reads no further. */
  readonly followed: () => number;
  /** An event is done with. */
  readonly onMoved: () => void;
  /** Ended: there is nothing left to tell. Called in the turn in which that was found. */
  readonly onDrained: () => void;
  /** No further notice is begun. */
  readonly stopping: AbortSignal;
  /** Notices under way are broken off. */
  readonly cutting: AbortSignal;
}

interface ToldEntry {
  readonly index: number;
  readonly event: AuditEvent;
}

/** The end of a lane before its time. */
class Stopped extends Error {
  override readonly name = "Stopped";
}

export class Lane {
  readonly owner: Owner;
  readonly #ports: LanePorts;
  #position: number;
  #outages = 0;
  #isHeld = false;
  #done: Promise<void> = Promise.resolve();

  constructor(owner: Owner, position: number, ports: LanePorts) {
    this.owner = owner;
    this.#position = position;
    this.#ports = ports;
  }

  /** What lies in front of it has been accepted, or set aside, or is nobody's to be told. */
  get position(): number {
    return this.#position;
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Resolves when it has ended: after `stopping`, or drained. */
  ended(): Promise<void> {
    return this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#ports.stopping.aborted) {
      try {
        if (this.#position >= this.#ports.followed()) return this.#ports.onDrained();
        for (const entry of await this.#read()) {
          await this.#tell(entry);
          this.#moveTo(entry.index + 1);
        }
      } catch (error) {
        if (error instanceof Stopped) return;
        await this.#outage(error);
      }
    }
  }

  /** The next events to tell. What was read and is none of them is behind the lane at once, if none comes first. */
  async #read(): Promise<readonly ToldEntry[]> {
    const { source, wording, followed } = this.#ports;
    const found: ToldEntry[] = [];
    let position = this.#position;
    for await (const { first, lines } of source.read(position, followed())) {
      for (const [at, line] of lines.entries()) {
        const event = toldEvent(line, wording);
        if (event && isOf(this.owner, event)) found.push({ index: first + at, event });
        position = first + at + 1;
        if (found.length >= MAX_EVENTS_READ) return found;
      }
      if (found.length === 0) this.#moveTo(position);
    }
    this.#outages = 0;
    return found;
  }

  #moveTo(position: number): void {
    this.#position = position;
    this.#ports.onMoved();
  }

  async #tell({ event }: ToldEntry): Promise<void> {
    for (const message of this.#ports.wording.messagesOf(event)) {
      await this.#deliver(message, Date.parse(event.eventTime));
    }
  }

  async #deliver(message: Message, at: Millis): Promise<void> {
    const { options, sender, report, cutting } = this.#ports;
    for (let attempts = 1; ; attempts += 1) {
      const recipient = await this.#recipient();
      // What happened before somebody asked to be told is not for them.
      if (!recipient || at < recipient.since) return;
      const sending = { timeoutMs: options.deliveryTimeoutMs, signal: cutting };
      const named = { ...message, sourcename: recipient.sourceName };
      const sent = await sender.send(recipient.notificationsCrn, named, sending);
      if (sent.kind === "unreachable" && sent.problem === "stopped") throw new Stopped();
      const isLast = sent.kind !== "accepted" && isLastAttempt(attempts, sent);
      const outcome = sent.kind === "accepted" ? "sent" : isLast ? "set-aside" : "failed";
      report.notice({ outcome, owner: this.owner, message, sent });
      if (outcome !== "failed") return;
      await this.#pause(waitAfter(attempts, sent, options));
    }
  }

  /**
   * Who is to be told now, if anybody. Where the owner has chosen a destination that nobody has named to this
   * installation, everything waits: an option that was forgotten at a restart loses nothing.
   */
  async #recipient(): Promise<Recipient | undefined> {
    const { recipients, sender, options, report } = this.#ports;
    for (;;) {
      if (this.#ports.stopping.aborted) throw new Stopped();
      const recipient = await recipients.of(this.owner);
      if (!recipient || sender.knows(recipient.notificationsCrn)) {
        this.#isHeld = false;
        return recipient;
      }
      if (!this.#isHeld) report.trouble({ kind: "unknown-destination", owner: this.owner });
      this.#isHeld = true;
      await this.#pause(options.heldIntervalMs);
    }
  }

  /** The ledger or the state cannot be read: tried again, from where the lane stands. */
  async #outage(error: unknown): Promise<void> {
    if (this.#outages === 0)
      this.#ports.report.trouble({ kind: "outage", owner: this.owner, error });
    const waitMs = Math.min(this.#ports.options.firstWaitMs * 2 ** this.#outages, MAX_WAIT_MS);
    this.#outages += 1;
    await this.#sleep(waitMs);
  }

  async #pause(waitMs: Millis): Promise<void> {
    await this.#sleep(waitMs);
    if (this.#ports.stopping.aborted) throw new Stopped();
  }

  /** Cut short by `stopping`, which the caller sees by itself. */
  async #sleep(waitMs: Millis): Promise<void> {
    const { stopping: signal } = this.#ports;
    await wait(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function isOf(owner: Owner, { account, instance }: AuditEvent): boolean {
  return account === owner.account && instance === owner.instance;
}
