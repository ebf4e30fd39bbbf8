/**
 * Reads the trail: finds events through the index, takes their exact lines from the ledger, and proves them. Knows
 * nothing of who asks: what may be seen is part of the plan it is given.
 */
import { parseEvent, type AuditEvent } from "../../audit/event.ts";
import { keysOf, type CounterKey, type Totals } from "../../audit/counters.ts";
import { Outage, Refusal } from "../../kernel/errors.ts";
import { timeOfId } from "../../kernel/ids.ts";
import type { SignedCheckpoint } from "../../ledger/checkpoint.ts";
import type { Hash } from "../../ledger/merkle.ts";
import { formatReceipt, type Receipt } from "../../ledger/receipt.ts";
import type { Bucket, EventIndex, Facet, Hit, Page, Selection } from "../../search/event-index.ts";
import { ID } from "../../search/fields.ts";
import type { Plan } from "../../search/plan.ts";
import { compilePredicate } from "../../search/predicate.ts";
import { projectLine } from "../../search/projection.ts";
import type { Vocabulary } from "../../search/vocabulary.ts";
import { TreeProofs } from "./tree-proofs.ts";

/** How long an answer waits for the index to have seen everything that was durable when it was asked for. */
export const INDEX_WAIT_MS = 10_000;

/** Of one page, give or take FETCHED_TOGETHER entries; an entry is 64 KB at most and 1 KB as a rule. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024;
const FETCHED_TOGETHER = 50;

/** What reading needs of the ledger. */
export interface ProvenLog {
  readonly origin: string;
  readonly vkey: string;
  readonly size: number;
  readonly status: "open" | "refusing" | "stopped";
  read(from: number, to: number): AsyncIterable<{ first: number; lines: readonly Uint8Array[] }>;
  entries(indexes: readonly number[]): Promise<Uint8Array[]>;
  publish(): Promise<SignedCheckpoint>;
  checkpoint(): SignedCheckpoint;
  inclusionProof(index: number, size: number): Promise<Hash[]>;
  tile(level: number, index: number, width: number): Promise<Uint8Array | undefined>;
  entryBundle(index: number, width: number): Promise<Uint8Array | undefined>;
  onAppended(listener: () => void): () => void;
}

/** What follows the ledger into the index. */
export interface IndexFollower {
  /** Resolves to how many entries can be searched: at least `size`, unless the time ran out first. */
  waitFor(size: number, timeoutMs: number): Promise<{ readonly indexed: number }>;
}

export interface TrailReaderPorts {
  readonly log: ProvenLog;
  readonly index: EventIndex;
  readonly follower: IndexFollower;
  /** Counts of events in the ledger, independent of the index. */
  readonly totals: (keys: readonly CounterKey[]) => Promise<Totals>;
  readonly vocabulary: Vocabulary;
  /** The newest checkpoint that witnesses have cosigned, when there are witnesses. */
  readonly cosigned?: () => SignedCheckpoint | undefined;
  /** Asks the witnesses, when there are any, for a checkpoint of at least that size; undefined when none answers. */
  readonly cosign?: (size: number) => Promise<SignedCheckpoint | undefined>;
}

/** An event where it stands: the entry's exact bytes, which are what is hashed into the log. */
export interface TrailEntry {
  readonly index: number;
  readonly line: Uint8Array;
}

export interface ProvenEntry extends TrailEntry {
  readonly proof: readonly Hash[];
}

/** How far the index had come when an answer was made; `size` is the ledger's size when it was asked for. */
export interface IndexState {
  readonly size: number;
  readonly indexed: number;
}

export function isComplete({ size, indexed }: IndexState): boolean {
  return indexed >= size;
}

export class TrailReader {
  readonly vocabulary: Vocabulary;
  readonly log: ProvenLog;
  readonly #ports: TrailReaderPorts;

  constructor(ports: TrailReaderPorts) {
    this.#ports = ports;
    this.vocabulary = ports.vocabulary;
    this.log = ports.log;
  }

  /**
   * Waits until everything that is durable now can be searched, INDEX_WAIT_MS at most: an index that is behind still
   * answers, and the answer says so. An index that does not work at all is an Outage.
   */
  async caughtUp(): Promise<IndexState> {
    const { size } = this.log;
    const { indexed } = await ask(() => this.#ports.follower.waitFor(size, INDEX_WAIT_MS));
    return { size, indexed };
  }

  /** The same for answers that must not miss anything: an Outage when the index is still behind. */
  async whole(): Promise<IndexState> {
    const state = await this.caughtUp();
    if (!isComplete(state)) {
      throw new Outage(
        `the search index has ${state.indexed} of ${state.size} entries: this cannot be answered yet`,
      );
    }
    return state;
  }

  /** A page, cut short where it would get larger than MAX_PAGE_BYTES; `next` goes on from there. */
  async search(
    selection: Selection,
    page: Page,
  ): Promise<{ readonly entries: readonly TrailEntry[]; readonly next: Hit | undefined }> {
    const { hits, next } = await ask(() => this.#ports.index.search(selection, page));
    const entries: TrailEntry[] = [];
    let bytes = 0;
    for (let at = 0; at < hits.length && bytes < MAX_PAGE_BYTES; at += FETCHED_TOGETHER) {
      const some = hits.slice(at, at + FETCHED_TOGETHER);
      entries.push(...(await this.entries(some.map(({ seq }) => seq))));
      bytes = entries.reduce((sum, { line }) => sum + line.length, 0);
    }
    const isWhole = entries.length === hits.length;
    return { entries, next: isWhole ? next : hits[entries.length - 1] };
  }

  count(selection: Selection): Promise<number> {
    return ask(() => this.#ports.index.count(selection));
  }

  histogram(selection: Selection, intervalMs: number): Promise<readonly Bucket[]> {
    return ask(() => this.#ports.index.histogram(selection, intervalMs));
  }

  facets(
    selection: Selection,
    request: { readonly fields: readonly string[]; readonly limit: number },
  ): Promise<readonly Facet[]> {
    return ask(() => this.#ports.index.facets(selection, request));
  }

  async entries(indexes: readonly number[]): Promise<readonly TrailEntry[]> {
    const lines = await this.log.entries(indexes);
    return lines.flatMap((line, i) => {
      const index = indexes[i];
      return index === undefined ? [] : [{ index, line }];
    });
  }

  /** The event of that id. An Outage when there is none as far as an index can tell that is behind. */
  async find(id: string): Promise<TrailEntry | undefined> {
    const state = await this.caughtUp();
    const at = timeOfId(id);
    const selection: Selection = {
      plan: { kind: "text", field: ID, test: { kind: "equals", text: id, exactCase: false } },
      // An event bears the time that is in its id, so the index need look at that millisecond only.
      ...(at === undefined ? {} : { from: at, to: at + 1 }),
    };
    const { entries } = await this.search(selection, { order: "newest", limit: 1 });
    if (entries[0] === undefined && !isComplete(state)) await this.whole();
    return entries[0];
  }

  /** The entry's receipt, by the newest cosigned checkpoint that covers it, else by one published now. */
  async receipt(index: number): Promise<Receipt & { readonly size: number }> {
    const cosigned = this.#ports.cosigned?.();
    const checkpoint =
      cosigned !== undefined && cosigned.size > index ? cosigned : await this.log.publish();
    const proof = await this.log.inclusionProof(index, checkpoint.size);
    return { index, proof, checkpoint: checkpoint.text, size: checkpoint.size };
  }

  /** A checkpoint that covers the entry, cosigned if the witnesses answer in time: what evidence is proven against. */
  async checkpointOver(index: number): Promise<SignedCheckpoint> {
    return (await this.#ports.cosign?.(index + 1)) ?? this.log.publish();
  }

  /** The receipt as the text of a C2SP tlog-proof. */
  async receiptText(index: number): Promise<string> {
    return formatReceipt(await this.receipt(index));
  }

  /** Entries with their inclusion proofs in the tree of a published checkpoint. */
  async *prove(entries: AsyncIterable<TrailEntry>, size: number): AsyncGenerator<ProvenEntry> {
    const tree = new TreeProofs(this.log, size);
    for await (const entry of entries) yield { ...entry, proof: await tree.prove(entry.index) };
  }

  /**
   * How many events the first `size` entries of the ledger hold by each key. From the ledger and its counters, never
   * from the index: what is proven complete by these numbers must not depend on what found it.
   */
  async totalsAt(
    size: number,
    keys: readonly CounterKey[],
  ): Promise<ReadonlyMap<CounterKey, number>> {
    const { counts, position } = await this.#ports.totals(keys);
    const totals = new Map(counts);
    // Events recorded since then have been counted too, or have not yet: a handful, read and put right.
    const sign = position >= size ? -1 : 1;
    for await (const event of this.#events(Math.min(size, position), Math.max(size, position))) {
      for (const key of keysOf(event)) {
        const total = totals.get(key);
        if (total !== undefined) totals.set(key, total + sign);
      }
    }
    return totals;
  }

  async *#events(from: number, to: number): AsyncGenerator<AuditEvent> {
    for await (const { lines } of this.log.read(from, to)) yield* lines.map(parseEvent);
  }
}

/** Whether an entry is among the events of a plan. */
export function matcherOf(plan: Plan): (entry: TrailEntry) => boolean {
  const matches = compilePredicate(plan);
  return ({ index, line }) => matches(projectLine(index, line));
}

function ask<T>(work: () => Promise<T>): Promise<T> {
  return work().catch((cause: unknown) => {
    if (cause instanceof Refusal || cause instanceof Outage) throw cause;
    throw new Outage("the search index cannot answer; recording goes on", { cause });
  });
}
