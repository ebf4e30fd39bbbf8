/**
 * Group commit: everything that waits goes out in one write and one sync, and while that is under way the next group
 * gathers. Heavy traffic is pipelined, so that the writer always has a group before it.
 */
import { Outage } from "../kernel/errors.ts";
import type { HashedLines } from "./leaf-hasher.ts";
import {
  SEGMENT_ENTRIES,
  joinLines,
  joinedBytes,
  lineFault,
  segmentFile,
  segmentOf,
} from "./segment.ts";
import { type EndWrite, type LedgerStore, StoreFull } from "./store.ts";

/** A group takes no further appends once it has this much; one append may be larger and then goes alone. */
const GROUP_BYTES = 2 * 1024 * 1024;
/** With at least this much waiting, a group is sent while another is still being written. */
const PIPELINE_BYTES = 128 * 1024;
const PIPELINE_DEPTH = 3;
/** Groups of this size are built in shared memory: the writing and the hashing thread read them in place. */
const SHARED_BYTES = 16_384;

/** More than this in one append is refused. */
export const MAX_BATCH_BYTES = 64 * 1024 * 1024;
export const MAX_BATCH_ENTRIES = SEGMENT_ENTRIES;
/** More than this waiting, and further appends are refused until some of it is written. */
export const MAX_WAITING_BYTES = 256 * 1024 * 1024;

export type LedgerStatus =
  /** Appends are taken. */
  | "open"
  /** The disk is full: appends reject with an Outage until there is room again. */
  | "refusing"
  /** What is on the disk is in doubt: only a restart, with its recovery, helps. */
  | "stopped";

/** Consecutive entries that one write and sync have made durable. */
export interface DurableGroup {
  readonly first: number;
  readonly lines: readonly Uint8Array[];
  readonly hashed: HashedLines;
  readonly sizeBytes: number;
  /** From handing the group to the store until it was durable and hashed. */
  readonly durationMs: number;
}

export interface GroupCommitOptions {
  readonly store: LedgerStore;
  /** Entries that are durable already, and the bytes of them in the open segment's file. */
  readonly size: number;
  readonly openBytes: number;
  /** Hashes the whole lines of the entries from `first` on; runs beside the write. */
  readonly hash: (bytes: Uint8Array, first: number) => Promise<HashedLines>;
  /** Called in order, before the group's appends resolve. */
  readonly onDurable: (group: DurableGroup) => void;
  readonly onStatus: (status: LedgerStatus, reason: Outage | undefined) => void;
}

interface Waiting {
  readonly lines: readonly Uint8Array[];
  readonly sizeBytes: number;
  readonly resolve: (first: number) => void;
  readonly reject: (reason: Outage) => void;
}

interface SentGroup {
  readonly lines: readonly Uint8Array[];
  /** The lines as they stand in the file. */
  readonly bytes: Uint8Array;
  readonly hashed: Promise<HashedLines>;
  readonly appends: readonly Waiting[];
  readonly writes: readonly EndWrite[];
  readonly sentAt: number;
  /** Undefined once the group is durable and hashed, otherwise why not. Never rejects. */
  outcome: Promise<unknown>;
}

/** Where the next group goes, were everything sent to succeed. */
interface End {
  readonly index: number;
  /** Bytes in the file of the segment that `index` belongs to. */
  readonly openBytes: number;
}

/**
 * The only writer of entries. Indexes are given in the order of the calls. When a group fails, every append behind it
 * fails too, as does every append made before the failed ones' callers had their turn to react: a caller that numbers
 * things in the order of its appends can take the numbers back before anything with a later number is written.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #buffers = new GroupBuffers();
  #durable: End;
  #planned: End;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #sent: SentGroup[] = [];
  #running: Promise<void> | undefined;
  #status: LedgerStatus = "open";
  #reason: Outage | undefined;
  /** Set from a failure until every promise rejected by it has been heard. */
  #echo: Outage | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#durable = { index: options.size, openBytes: options.openBytes };
    this.#planned = this.#durable;
  }

  get size(): number {
    return this.#durable.index;
  }

  get status(): LedgerStatus {
    return this.#status;
  }

  /** Resolves to the index of the first line once all of them are durable; rejects with an Outage, or a RangeError. */
  append(lines: readonly Uint8Array[]): Promise<number> {
    const sizeBytes = joinedBytes(lines);
    const fault = batchFault(lines, sizeBytes);
    if (fault !== undefined) return Promise.reject(new RangeError(fault));
    const refusal = this.#refusal(sizeBytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines, sizeBytes, resolve, reject });
      this.#waitingBytes += sizeBytes;
      // After all that this turn of the event loop brings: every request that is there by now shares the first group.
      this.#running ??= new Promise(setImmediate).then(() => this.#run());
      if (this.#sent.length > 0) this.#send();
    });
  }

  /** Tries to set room aside again after the disk was full; cheap when there is none. */
  async probe(): Promise<void> {
    if (this.#status !== "refusing" || this.#running !== undefined) return;
    this.#running = this.#run();
    await this.#running;
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Takes no further appends and fails those that wait. What was sent may still become durable. */
  stop(reason: Outage): void {
    this.#setStatus("stopped", reason);
    this.#fail([], reason);
  }

  #refusal(sizeBytes: number): Outage | undefined {
    if (this.#status === "stopped") return this.#reason;
    if (this.#echo !== undefined) return this.#echo;
    if (this.#waitingBytes + sizeBytes > MAX_WAITING_BYTES) {
      return new Outage("the ledger cannot keep up: too much is waiting to be written");
    }
    return undefined;
  }

  async #run(): Promise<void> {
    try {
      if (this.#status === "refusing") await this.#reopen();
      while (this.#sent.length > 0 || this.#waiting.length > 0) {
        // What came in while the reserve was being used up: it may go only once there is room again.
        if (this.#status === "refusing" && this.#sent.length === 0) await this.#reopen();
        this.#send();
        const [group] = this.#sent;
        if (group === undefined) continue;
        const failure = await group.outcome;
        // Stopped meanwhile: whoever waited for the group has been told.
        if (this.#sent[0] !== group) continue;
        if (failure === undefined) this.#succeed(group, await group.hashed);
        else await this.#recover(failure);
      }
    } catch (cause) {
      // A bug, here or in a listener: whoever waits must not wait for ever, and nothing may be written over it.
      this.stop(new Outage("the ledger failed within", { cause }));
    } finally {
      this.#running = undefined;
    }
  }

  /** Sends groups as far as the pipeline has room. */
  #send(): void {
    if (this.#status !== "open") return;
    while (
      this.#waiting.length > 0 &&
      (this.#sent.length === 0 ||
        (this.#sent.length < PIPELINE_DEPTH && this.#waitingBytes >= PIPELINE_BYTES))
    ) {
      this.#sendGroup();
    }
  }

  #sendGroup(): void {
    const appends = this.#take();
    const lines =
      appends.length === 1 ? (appends[0]?.lines ?? []) : appends.flatMap((each) => each.lines);
    const sizeBytes = appends.reduce((sum, each) => sum + each.sizeBytes, 0);
    const bytes = this.#buffers.pack(lines, sizeBytes);
    const first = this.#planned.index;
    const { writes, end } = planWrites(this.#planned, lines, bytes);
    this.#planned = end;
    // The write first: the store's thread is at it while a small group is hashed right here.
    const written = this.#options.store.append(writes);
    const hashed = this.#options.hash(bytes, first);
    const outcome = settled(Promise.all([written, hashed]));
    const sentAt = performance.now();
    this.#sent.push({ lines, bytes, hashed, appends, writes, sentAt, outcome });
  }

  #take(): Waiting[] {
    let count = 0;
    let sizeBytes = 0;
    for (const { sizeBytes: more } of this.#waiting) {
      if (count > 0 && sizeBytes + more > GROUP_BYTES) break;
      sizeBytes += more;
      count += 1;
    }
    this.#waitingBytes -= sizeBytes;
    return this.#waiting.splice(0, count);
  }

  #succeed(group: SentGroup, hashed: HashedLines): void {
    this.#sent.shift();
    const { lines, bytes } = group;
    let { index } = this.#durable;
    this.#durable = planWrites(this.#durable, lines, bytes).end;
    const durationMs = performance.now() - group.sentAt;
    this.#buffers.giveBack(bytes);
    const durable = { first: index, lines, hashed, sizeBytes: bytes.length, durationMs };
    try {
      this.#options.onDurable(durable);
    } finally {
      // Durable is durable, whatever became of telling others.
      for (const append of group.appends) {
        append.resolve(index);
        index += append.lines.length;
      }
    }
  }

  async #recover(failure: unknown): Promise<void> {
    // The store refuses what would leave a gap, so whatever was sent after a group that failed has failed as well.
    const outcomes = await Promise.all(this.#sent.map((group) => group.outcome));
    if (!(failure instanceof StoreFull) || outcomes.includes(undefined)) {
      this.stop(new Outage("the ledger could not be written", { cause: failure }));
      return;
    }
    const reason = new Outage("the disk is full: nothing can be recorded", { cause: failure });
    const couldRelease = await settled(this.#options.store.releaseReserve().then(assertReleased));
    this.#setStatus("refusing", reason);
    if (couldRelease !== undefined) {
      this.#fail(this.#sent.splice(0), reason);
      return;
    }
    for (const group of this.#sent)
      group.outcome = settled(this.#options.store.append(group.writes));
    // Whatever waits now may be the events of changes already made: the reserve is there for them.
    while (this.#waiting.length > 0) this.#sendGroup();
  }

  async #reopen(): Promise<void> {
    const { store } = this.#options;
    const hasRoom = await store.holdReserve().catch(() => false);
    if (hasRoom) this.#setStatus("open", undefined);
    else this.#fail([], this.#reason ?? new Outage("the disk is full"));
  }

  #fail(groups: readonly SentGroup[], reason: Outage): void {
    const sent = this.#status === "stopped" ? this.#sent.splice(0) : groups;
    const failed = [...sent.flatMap((group) => group.appends), ...this.#waiting];
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#planned = this.#durable;
    if (failed.length === 0) return;
    for (const { reject } of failed) reject(reason);
    this.#echo = reason;
    setImmediate(() => {
      this.#echo = undefined;
    });
  }

  #setStatus(status: LedgerStatus, reason: Outage | undefined): void {
    if (this.#status === "stopped" || this.#status === status) return;
    this.#status = status;
    this.#reason = reason;
    this.#options.onStatus(status, reason);
  }
}

function assertReleased(wasHeld: boolean): void {
  if (!wasHeld) throw new Outage("no reserve was left");
}

function batchFault(lines: readonly Uint8Array[], sizeBytes: number): string | undefined {
  if (lines.length === 0) return "an append has at least one line";
  if (lines.length > MAX_BATCH_ENTRIES) return `an append has at most ${MAX_BATCH_ENTRIES} lines`;
  if (sizeBytes > MAX_BATCH_BYTES) return `an append has at most ${MAX_BATCH_BYTES} bytes`;
  for (const line of lines) {
    const fault = lineFault(line);
    if (fault !== undefined) return `a line cannot be an entry: ${fault}`;
  }
  return undefined;
}

/** Buffers in shared memory that groups take turns in: fresh ones cost the system a fault for every page. */
class GroupBuffers {
  readonly #spare: SharedArrayBuffer[] = [];

  pack(lines: readonly Uint8Array[], sizeBytes: number): Uint8Array {
    if (sizeBytes < SHARED_BYTES) return joinLines(lines, new Uint8Array(sizeBytes));
    const spare = sizeBytes <= GROUP_BYTES ? this.#spare.pop() : undefined;
    const buffer = spare ?? new SharedArrayBuffer(Math.max(sizeBytes, GROUP_BYTES));
    return joinLines(lines, new Uint8Array(buffer, 0, sizeBytes));
  }

  /** To be called once nobody reads the bytes any more. */
  giveBack({ buffer }: Uint8Array): void {
    const isOurs = buffer instanceof SharedArrayBuffer && buffer.byteLength === GROUP_BYTES;
    if (isOurs && this.#spare.length < PIPELINE_DEPTH) this.#spare.push(buffer);
  }
}

/** One write for each segment that a group touches: a batch may end one segment and begin the next. */
function planWrites(
  from: End,
  lines: readonly Uint8Array[],
  bytes: Uint8Array,
): { readonly writes: EndWrite[]; readonly end: End } {
  const writes: EndWrite[] = [];
  let { index, openBytes } = from;
  let taken = 0;
  let written = 0;
  while (taken < lines.length) {
    const segment = segmentOf(index);
    const count = Math.min(lines.length - taken, segment + SEGMENT_ENTRIES - index);
    const sizeBytes =
      count === lines.length ? bytes.length : joinedBytes(lines.slice(taken, taken + count));
    const part = bytes.subarray(written, written + sizeBytes);
    writes.push({ name: segmentFile("plain", segment), offset: openBytes, bytes: part });
    index += count;
    taken += count;
    written += sizeBytes;
    openBytes = index % SEGMENT_ENTRIES === 0 ? 0 : openBytes + sizeBytes;
  }
  return { writes, end: { index, openBytes } };
}

/** Waits without throwing: undefined, or what it was rejected with. */
function settled(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error ?? new Outage("rejected without a reason"),
  );
}
