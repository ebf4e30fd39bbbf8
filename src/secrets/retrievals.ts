/**
 * When values were last given out: a projection of the trail, so that reading a secret costs no
 * transaction. What is not saved yet is held here and laid over every answer; after a crash it is
 * taken from the ledger again.
 */
import { parseCrn } from "../audit/crn.ts";
import type { OperationName } from "../audit/catalogue.ts";
import { parseEvent, type EventDraft } from "../audit/event.ts";
import type { RecordedEvents } from "../audit/trail.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Retrieved } from "./store.ts";

/** The port: retrievals, with the position in the ledger up to which they are known. */
export interface RetrievalStore {
  position(): Promise<number>;
  /** In one transaction; of a version, the later of what is stored and what is given stays. */
  save(retrievals: readonly Retrieved[], position: number): Promise<void>;
}

/** What catching up needs of the ledger. */
export interface ReadableLog {
  readonly size: number;
  read(from: number, to: number): AsyncIterable<{ first: number; lines: readonly Uint8Array[] }>;
}

/**
 * How long a retrieval may wait to be saved, and how many entries without one may pass before that
 * is noted.
 */
export const RETRIEVAL_SAVE_INTERVAL_MS = 1_000;
export const MAX_UNSAVED_ENTRIES = 10_000;

const givesOut: ReadonlySet<OperationName> = new Set<OperationName>([
  "secret.read",
  "version.read",
]);
/** As the two stand in every line, so that the lines of other operations need not be parsed. */
const MARKS = [...givesOut].map((name) => Buffer.from(`"operation":"${name}"`));

export class Retrievals {
  readonly #store: RetrievalStore;
  /** The latest of each version, by secret; bounded by the number of versions there are. */
  readonly #unsaved = new Map<string, Map<string, Millis>>();
  #position: number;
  #savedPosition: number;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(store: RetrievalStore, position: number) {
    this.#store = store;
    this.#position = position;
    this.#savedPosition = position;
  }

  /**
   * Resolves when everything in the log up to now has been seen. Whoever opens it passes on what is
   * recorded after.
   */
  static async open(log: ReadableLog, store: RetrievalStore): Promise<Retrievals> {
    const retrievals = new Retrievals(store, await store.position());
    for await (const { first, lines } of log.read(retrievals.#position, log.size)) {
      retrievals.#advance(first, lines.length, lines.filter(isMarked).map(parseEvent));
    }
    return retrievals;
  }

  /** Takes note of durable events, in the order of the ledger. Never throws, never waits. */
  onRecorded({ first, events }: RecordedEvents): void {
    this.#advance(first, events.length, events);
  }

  /**
   * What the store may not have yet: when versions of the secret, by their ids, were last given
   * out.
   */
  unsaved(secretId: string): ReadonlyMap<string, Millis> {
    return this.#unsaved.get(secretId) ?? NONE;
  }

  /**
   * Saves now. A failed save loses nothing: what is unsaved stays so, and is tried again a second
   * later.
   */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving
      .then(() => this.#save())
      .catch(() => {
        this.#timer ??= setTimeout(() => void this.save(), RETRIEVAL_SAVE_INTERVAL_MS).unref();
      });
    return this.#saving;
  }

  /** Saves what there is; lines appended after this are taken note of at the next start. */
  async close(): Promise<void> {
    await this.save();
    clearTimeout(this.#timer);
  }

  /** Over `count` entries from `first` on; those of them that are not among `events` gave nothing out. */
  #advance(first: number, count: number, events: readonly EventDraft[]): void {
    for (const event of events) this.#note(event);
    // After a gap the position stays behind it, so that the next start reads what was missed.
    if (first === this.#position) this.#position += count;
    const isDue = this.#position - this.#savedPosition >= MAX_UNSAVED_ENTRIES;
    if (this.#unsaved.size === 0 && !isDue) return;
    this.#timer ??= setTimeout(() => void this.save(), RETRIEVAL_SAVE_INTERVAL_MS).unref();
  }

  #note({ operation, outcome, target, responseData, eventTime }: EventDraft): void {
    if (!givesOut.has(operation) || outcome !== "success") return;
    const secretId = parseCrn(target.id)?.id;
    const { versionId, payloadAvailable } = responseData;
    if (secretId === undefined || payloadAvailable !== true || typeof versionId !== "string")
      return;
    const versions = this.#unsaved.get(secretId) ?? new Map<string, Millis>();
    versions.set(versionId, Math.max(Date.parse(eventTime), versions.get(versionId) ?? 0));
    this.#unsaved.set(secretId, versions);
  }

  async #save(): Promise<void> {
    if (this.#position === this.#savedPosition && this.#unsaved.size === 0) return;
    const position = this.#position;
    const saving = [...this.#unsaved].flatMap(([secretId, versions]) =>
      [...versions].map(([versionId, at]) => ({ secretId, versionId, at })),
    );
    await this.#store.save(saving, position);
    this.#savedPosition = position;
    for (const { secretId, versionId, at } of saving) {
      const versions = this.#unsaved.get(secretId);
      // A later retrieval, noted during the save, stays for the next one.
      if (versions?.get(versionId) === at) versions.delete(versionId);
      if (versions?.size === 0) this.#unsaved.delete(secretId);
    }
  }
}

/** Whether a line may tell of a value that was given out; a text within it may look the same. */
function isMarked(line: Uint8Array): boolean {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  return MARKS.some((mark) => bytes.includes(mark));
}

const NONE: ReadonlyMap<string, Millis> = new Map();
