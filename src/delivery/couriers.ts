/** A courier for each destination: told which there are, how far the ledger has come, and when to end. */
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Vocabulary } from "../search/vocabulary.ts";
import { FIRST_WAIT_MS } from "./backoff.ts";
import {
  ABORT_GRACE_MS,
  CONFIRM_IDLE_MS,
  Courier,
  FAILING_AFTER_MS,
  LAST_WORD_MS,
  MAX_UNCONFIRMED_MS,
  SEND_TIMEOUT_MS,
  type CourierOptions,
} from "./courier.ts";
import { fingerprintOf, type Definition } from "./definition.ts";
import type { Entry } from "./entry.ts";
import { DeliveryFault } from "./fault.ts";
import { HeldLink } from "./held-link.ts";
import type { ReadRun } from "./parcel.ts";
import { begun, type CourierReport, type Progress } from "./progress.ts";
import { compileSelection } from "./selected.ts";
import type { CheckedSink, Installation, SinkSettings } from "./sink.ts";
import { checkSink } from "./sinks.ts";
import { AddressGuard, type IsReachable } from "./transports/address-guard.ts";

/** How far back a test looks for an event that the destination would get. */
export const MAX_TEST_LOOK_BACK = 5_000;
/** A receiver that hangs keeps a test for as long as it keeps anything. */
export const MAX_TESTS_AT_ONCE = 20;

const DEFAULTS: CourierOptions = {
  firstWaitMs: FIRST_WAIT_MS,
  random: Math.random,
  maxUnconfirmedMs: MAX_UNCONFIRMED_MS,
  confirmIdleMs: CONFIRM_IDLE_MS,
  lastWordMs: LAST_WORD_MS,
  sendTimeoutMs: SEND_TIMEOUT_MS,
  abortGraceMs: ABORT_GRACE_MS,
  failingAfterMs: FAILING_AFTER_MS,
};

export interface CouriersPorts {
  readonly installation: Installation;
  readonly vocabulary: Vocabulary;
  readonly read: ReadRun;
  /** Where destinations may be: those that the operator has pinned, and those of others. */
  readonly isReachable: { readonly pinned: IsReachable; readonly others: IsReachable };
  readonly report: (report: CourierReport) => void;
  readonly now: () => Millis;
  readonly options?: Partial<CourierOptions>;
  /** Throws a Refusal for settings that are none of a sink's. */
  readonly checkSink?: (settings: SinkSettings) => CheckedSink;
}

/** What came of a test: the newest event that the destination gets was sent to it once more. */
export interface Tested {
  readonly isReached: boolean;
  /** Why not. */
  readonly problem: string | null;
  /** Which entry was sent; null where there was none to send, and only a connection was made. */
  readonly index: number | null;
}

export class Couriers {
  readonly #ports: CouriersPorts;
  readonly #options: CourierOptions;
  readonly #couriers = new Map<string, { readonly text: string; readonly courier: Courier }>();
  /** Those that cannot have one, as they are, by their ids: said once. */
  readonly #hindered = new Map<string, string>();
  #size: number;
  #turn: Promise<void> = Promise.resolve();
  #testsUnderWay = 0;

  constructor(size: number, ports: CouriersPorts) {
    this.#size = size;
    this.#ports = ports;
    this.#options = { ...DEFAULTS, ...ports.options };
  }

  /** The ledger has grown. */
  grown(size: number): void {
    this.#size = size;
    for (const { courier } of this.#couriers.values()) courier.wake();
  }

  /**
   * These are all there are. Those that have not changed go on; the others end, and begin from where they have come to.
   * Of those that are new, `known` says how far they had come.
   */
  set(
    definitions: readonly Definition[],
    known: ReadonlyMap<string, Progress> = new Map(),
  ): Promise<void> {
    const done = this.#turn.then(() => this.#replace(definitions, known));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Sends the newest event that the destination would get, by a connection of its own. */
  async test(definition: Definition): Promise<Tested> {
    if (this.#testsUnderWay >= MAX_TESTS_AT_ONCE) {
      return { isReached: false, problem: "too many tests are under way", index: null };
    }
    this.#testsUnderWay += 1;
    try {
      return await this.#test(definition);
    } finally {
      this.#testsUnderWay -= 1;
    }
  }

  async #test(definition: Definition): Promise<Tested> {
    const { definition: tested, ...parts } = this.#partsOf(definition);
    const select = parts.select;
    const entry = await this.#newest(select);
    const link = new HeldLink(() => parts.sink.open(parts), this.#options);
    const { signal } = new AbortController();
    try {
      if (entry) {
        const message = { index: entry.index, id: entry.event.id, bytes: parts.encode(entry) };
        const { rejected } = await link.send([message], signal);
        if (rejected[0]) throw new DeliveryFault("rejected", rejected[0].reason);
      } else {
        await link.send([], signal);
      }
      await link.confirm(signal);
      return { isReached: true, problem: null, index: entry?.index ?? null };
    } catch (error) {
      const problem =
        error instanceof DeliveryFault ? error.message : `no answer from ${tested.name}`;
      return { isReached: false, problem, index: entry?.index ?? null };
    } finally {
      await link.close();
    }
  }

  /** What was not acknowledged by then is delivered again after the next start. */
  async stop(): Promise<void> {
    await this.set([]);
  }

  async #replace(
    definitions: readonly Definition[],
    known: ReadonlyMap<string, Progress>,
  ): Promise<void> {
    const wanted = new Map(definitions.map((one) => [one.id, one]));
    const progress = new Map(known);
    const ending: Promise<void>[] = [];
    for (const [id, { text, courier }] of this.#couriers) {
      const definition = wanted.get(id);
      if (definition && JSON.stringify(definition) === text) continue;
      ending.push(courier.stop().then(() => void progress.set(id, courier.progress)));
      this.#couriers.delete(id);
    }
    await Promise.all(ending);
    for (const id of this.#hindered.keys()) if (!wanted.has(id)) this.#hindered.delete(id);
    for (const definition of definitions) {
      if (this.#couriers.has(definition.id)) continue;
      this.#begin(definition, progress.get(definition.id));
    }
  }

  #begin(definition: Definition, before: Progress | undefined): void {
    const text = JSON.stringify(definition);
    if (this.#hindered.get(definition.id) === text) return;
    const { start, selectedFrom } = definition;
    const fingerprint = fingerprintOf(definition);
    const progress = begun(before, { fingerprint, start, selectedFrom, size: this.#size });
    const courier = this.#courierOf(definition, progress);
    if (!courier) return void this.#hindered.set(definition.id, text);
    this.#hindered.delete(definition.id);
    this.#couriers.set(definition.id, { text, courier });
    courier.start();
  }

  /**
   * None for what this version cannot read any more, or what has a problem of its own: the others go on all the same, and
   * this one says what it lacks.
   */
  #courierOf(definition: Definition, progress: Progress): Courier | undefined {
    try {
      if (definition.problem) throw new Refusal("precondition_failed", definition.problem);
      return new Courier(progress, this.#partsOf(definition));
    } catch (error) {
      const problem = error instanceof Refusal ? error.message : "its settings cannot be used";
      const at = this.#ports.now();
      const trouble = { at, kind: "denied", problem } as const;
      const failing = { lastTrouble: trouble, failingSince: progress.failingSince ?? at };
      this.#ports.report({
        id: definition.id,
        progress: { ...progress, ...failing },
        sent: progress.acknowledged,
        attempts: 0,
        retryAt: null,
      });
      return undefined;
    }
  }

  #partsOf(definition: Definition) {
    const { installation, vocabulary, isReachable, read, report, now } = this.#ports;
    const sink = (this.#ports.checkSink ?? checkSink)(definition.sink);
    return {
      definition,
      sink,
      select: compileSelection(definition.selection, { vocabulary, now: now() }),
      encode: sink.encoder(installation, definition.credentials),
      read,
      size: () => this.#size,
      report,
      options: gathering(this.#options, sink.limits.gatherMs),
      credentials: definition.credentials,
      guard: new AddressGuard(definition.isPinned ? isReachable.pinned : isReachable.others),
      now,
    };
  }

  async #newest(
    select: (index: number, line: Uint8Array) => Entry | undefined,
  ): Promise<Entry | undefined> {
    let newest: Entry | undefined;
    const size = this.#size;
    for (let to = size; to > Math.max(0, size - MAX_TEST_LOOK_BACK) && !newest;) {
      const from = Math.max(0, to - TEST_STEP);
      for (let at = from; at < to;) {
        const { first, lines } = await this.#ports.read(at);
        for (const [offset, line] of lines.entries()) {
          if (first + offset >= to) break;
          newest = select(first + offset, line) ?? newest;
        }
        at = first + lines.length;
      }
      to = from;
    }
    return newest;
  }
}

/** Entries that a test looks through at a time, backwards. */
const TEST_STEP = 200;

/** A sink that waits for more is asked to confirm when it has waited, and not as soon as nothing comes for a moment. */
function gathering(options: CourierOptions, gatherMs: Millis = 0): CourierOptions {
  return {
    ...options,
    maxUnconfirmedMs: Math.max(options.maxUnconfirmedMs, gatherMs),
    confirmIdleMs: Math.max(options.confirmIdleMs, gatherMs),
  };
}
