/** The search index in one DuckDB file: rebuilt from the ledger whenever it cannot be used. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { invariant, Outage } from "../../kernel/errors.ts";
import {
  checkLimit,
  IndexBroken,
  MAX_BUCKETS,
  MAX_FACET_FIELDS,
  MAX_FACET_VALUES,
  MAX_PAGE,
} from "../../search/event-index.ts";
import type {
  Bucket,
  EventIndex,
  Facet,
  Page,
  SearchResult,
  Selection,
} from "../../search/event-index.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import type { ChunkFiles } from "./chunk-worker.ts";
import type { Database } from "./database.ts";
import { discard, mayBeSound, openExisting, openOrReplace } from "./index-file.ts";
import type { IndexFile } from "./index-file.ts";
import { bucketsOf, countOf, facetOf, hitsOf } from "./queries.ts";
import { FIND_TERMS, INSERT_EVENTS, INSERT_TERMS } from "./schema.ts";

/** Fewer new rows than this are not worth a checkpoint. */
const ROWS_WORTH_SETTLING = 10_000;
/** Entries that a search looks at first; most have found a page there. */
const FIRST_ENTRIES = 250_000;

export interface DuckDbIndexOptions {
  /** FIRST_ENTRIES unless given. */
  readonly firstEntries?: number;
}

/**
 * A file `events.duckdb` and the chunk files that feed it. What `ingest` resolved is on disk (DuckDB's own log,
 * synced at commit). A crash loses nothing that was resolved and leaves no half chunk: `position()` is the
 * greatest `seq` in the table plus one, so it cannot disagree with the rows.
 */
export class DuckDbEventIndex implements EventIndex {
  readonly #file: string;
  readonly #chunkFiles: ChunkFiles;
  #database: Database;
  #writer: ChunkWriter;
  #position: number;
  #unsettled = 0;
  #closed = false;
  #turn: Promise<void> = Promise.resolve();
  readonly #firstEntries: number;

  private constructor(folder: string, opened: IndexFile, options: DuckDbIndexOptions) {
    this.#firstEntries = options.firstEntries ?? FIRST_ENTRIES;
    this.#file = fileIn(folder);
    this.#chunkFiles = {
      textsPath: join(folder, "chunk-texts.ndjson"),
      eventsPath: join(folder, "chunk-events.ndjson"),
      termsPath: join(folder, "chunk-terms.ndjson"),
    };
    this.#database = opened.database;
    this.#position = opened.position;
    this.#writer = new ChunkWriter({ files: this.#chunkFiles, next: opened.next });
  }

  /**
   * Opens the index in a folder, creating both. A file that DuckDB cannot read, or that was written for other
   * columns, is thrown away: the index then stands at position 0 and is filled again.
   */
  static async open(folder: string, options: DuckDbIndexOptions = {}): Promise<DuckDbEventIndex> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const index = new DuckDbEventIndex(folder, await openOrReplace(fileIn(folder)), options);
    await index.#removeChunks();
    return index;
  }

  position(): Promise<number> {
    return Promise.resolve(this.#position);
  }

  async ingest(first: number, lines: readonly Uint8Array[]): Promise<void> {
    return this.#inTurn(() => this.#ingest(first, lines));
  }

  async #ingest(first: number, lines: readonly Uint8Array[]): Promise<void> {
    if (this.#closed) throw new Outage("The search index is closed");
    invariant(first <= this.#position, `chunk at ${first} leaves a gap after ${this.#position}`);
    const fresh = lines.slice(this.#position - first);
    if (fresh.length === 0) return;
    try {
      await this.#take(fresh);
      this.#position += fresh.length;
      this.#unsettled += fresh.length;
    } catch (error) {
      throw await this.#failed(error);
    } finally {
      await this.#removeChunks();
    }
  }

  async #take(lines: readonly Uint8Array[]): Promise<void> {
    const { writer } = this.#database;
    const { textsPath, eventsPath, termsPath } = this.#chunkFiles;
    const texts = await this.#writer.begin(this.#position, lines);
    const found =
      texts === 0 ? [] : (await writer.runAndReadAll(FIND_TERMS, [textsPath])).getRows();
    const known = new Map(found.map(([place, id]) => [Number(place), Number(id)]));
    const terms = await this.#writer.finish(known);
    await writer.run("begin");
    if (terms > 0) await writer.run(INSERT_TERMS, [termsPath]);
    const { rowsChanged } = await writer.run(INSERT_EVENTS, [eventsPath]);
    invariant(rowsChanged === lines.length, `${lines.length} rows were given, ${rowsChanged} came`);
    await writer.run("commit");
  }

  async search(selection: Selection, page: Page): Promise<SearchResult> {
    checkLimit("limit", page.limit, MAX_PAGE);
    const firstEntries = this.#firstEntries;
    return this.#database.read((ask) => hitsOf(ask, selection, { page, firstEntries }));
  }

  async count(selection: Selection): Promise<number> {
    return this.#database.read((ask) => countOf(ask, selection));
  }

  async histogram(selection: Selection, intervalMs: number): Promise<readonly Bucket[]> {
    checkLimit("interval", intervalMs, Number.MAX_SAFE_INTEGER);
    const limit = MAX_BUCKETS + 1;
    const buckets = await this.#database.read((ask) =>
      bucketsOf(ask, selection, { intervalMs, limit }),
    );
    checkLimit("The number of buckets", Math.max(1, buckets.length), MAX_BUCKETS);
    return buckets;
  }

  async facets(
    selection: Selection,
    { fields, limit }: { readonly fields: readonly string[]; readonly limit: number },
  ): Promise<readonly Facet[]> {
    checkLimit("The number of fields", fields.length, MAX_FACET_FIELDS);
    checkLimit("limit", limit, MAX_FACET_VALUES);
    return this.#database.read(async (ask) => {
      const facets: Facet[] = [];
      for (const field of fields) facets.push(await facetOf(ask, selection, { field, limit }));
      return facets;
    });
  }

  async settle(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#unsettled < ROWS_WORTH_SETTLING) return;
      this.#unsettled = 0;
      await this.#database.writer.run("checkpoint");
    });
  }

  async reset(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#letGo();
      await discard(this.#file);
      this.#adopt(await openOrReplace(this.#file));
    });
  }

  /** Waits for the chunk or the housekeeping at hand; stops searches. */
  async close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return;
      this.#closed = true;
      try {
        // DuckDB would do this when it lets go of the file, and hold up the event loop meanwhile.
        if (!this.#database.isClosed) await this.#database.writer.run("checkpoint");
      } finally {
        await this.#letGo();
      }
    });
  }

  async #letGo(): Promise<void> {
    await this.#writer.close();
    await this.#database.close();
  }

  /** Whatever writes or closes waits for what does so already: DuckDB is not to be closed under a statement. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  }

  /** After a chunk, and when opening: a crash leaves them behind. */
  async #removeChunks(): Promise<void> {
    for (const path of Object.values(this.#chunkFiles)) {
      await rm(path, { force: true, recursive: true });
    }
  }

  /**
   * After a failure nothing is known for certain: the transaction, the writer's numbers, DuckDB itself, which
   * refuses everything after some errors. Opening the file again settles all of them, or says that it is broken.
   */
  async #failed(error: unknown): Promise<Error> {
    await this.#letGo();
    try {
      this.#adopt(await openExisting(this.#file));
      return new Outage("The search index could not take a chunk", { cause: error });
    } catch (reopening) {
      // Still closed, then: the next chunk tries to open it again.
      if (mayBeSound(reopening)) {
        return new Outage("The search index cannot be opened now", { cause: reopening });
      }
      return new IndexBroken("The search index cannot be opened", { cause: reopening });
    }
  }

  #adopt({ database, position, next }: IndexFile): void {
    this.#database = database;
    this.#position = position;
    this.#unsettled = 0;
    this.#writer = new ChunkWriter({ files: this.#chunkFiles, next });
  }
}

function fileIn(folder: string): string {
  return join(folder, "events.duckdb");
}
