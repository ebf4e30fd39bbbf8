/** The search index in one DuckDB file: rebuilt from the ledger whenever it cannot be used. */
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
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
import { Database } from "./database.ts";
import { Parameters } from "./plan-sql.ts";
import { bucketsOf, countOf, facetOf, hitsOf } from "./queries.ts";
import { CREATE_EVENTS, FORM, INSERT_CHUNK } from "./schema.ts";

/** Fewer new rows than this are not worth a checkpoint. */
const ROWS_WORTH_SETTLING = 10_000;

/**
 * A file `events.duckdb` and the chunk file that feeds it. What `ingest` resolved is on disk (DuckDB's own log,
 * synced at commit). A crash loses nothing that was resolved and leaves no half chunk: `position()` is the
 * greatest `seq` in the table plus one, so it cannot disagree with the rows.
 */
export class DuckDbEventIndex implements EventIndex {
  readonly #file: string;
  readonly #chunks = new ChunkWriter();
  #database: Database;
  #position: number;
  #unsettled = 0;

  private constructor(file: string, opened: Opened) {
    this.#file = file;
    this.#database = opened.database;
    this.#position = opened.position;
  }

  /**
   * Opens the index in a folder, creating both. A file that DuckDB cannot read, or that was written for other
   * columns, is thrown away: the index then stands at position 0 and is filled again.
   */
  static async open(folder: string): Promise<DuckDbEventIndex> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, "events.duckdb");
    return new DuckDbEventIndex(file, await openOrReplace(file));
  }

  position(): Promise<number> {
    return Promise.resolve(this.#position);
  }

  async ingest(first: number, lines: readonly Uint8Array[]): Promise<void> {
    invariant(first <= this.#position, `chunk at ${first} leaves a gap after ${this.#position}`);
    const fresh = lines.slice(this.#position - first);
    if (fresh.length === 0) return;
    const chunk = join(dirname(this.#file), "chunk.ndjson");
    await this.#chunks.write(chunk, this.#position, fresh);
    try {
      const { rowsChanged } = await this.#database.writer.run(INSERT_CHUNK, [chunk]);
      invariant(
        rowsChanged === fresh.length,
        `${fresh.length} rows were given, ${rowsChanged} came`,
      );
    } catch (error) {
      throw await this.#failed(error);
    } finally {
      await rm(chunk, { force: true });
    }
    this.#position += fresh.length;
    this.#unsettled += fresh.length;
  }

  async search(selection: Selection, page: Page): Promise<SearchResult> {
    checkLimit("limit", page.limit, MAX_PAGE);
    return hitsOf(this.#database, selection, page);
  }

  async count(selection: Selection): Promise<number> {
    return countOf(this.#database, selection);
  }

  async histogram(selection: Selection, intervalMs: number): Promise<readonly Bucket[]> {
    checkLimit("interval", intervalMs, Number.MAX_SAFE_INTEGER);
    const buckets = await bucketsOf(this.#database, selection, intervalMs);
    checkLimit("The number of buckets", Math.max(1, buckets.length), MAX_BUCKETS);
    return buckets;
  }

  async facets(
    selection: Selection,
    { fields, limit }: { readonly fields: readonly string[]; readonly limit: number },
  ): Promise<readonly Facet[]> {
    checkLimit("The number of fields", fields.length, MAX_FACET_FIELDS);
    checkLimit("limit", limit, MAX_FACET_VALUES);
    const facets: Facet[] = [];
    for (const field of fields) {
      facets.push(await facetOf(this.#database, selection, { field, limit }));
    }
    return facets;
  }

  async settle(): Promise<void> {
    if (this.#unsettled < ROWS_WORTH_SETTLING) return;
    this.#unsettled = 0;
    await this.#database.writer.run("checkpoint");
  }

  async reset(): Promise<void> {
    await this.#database.close();
    await discard(this.#file);
    this.#adopt(await create(this.#file));
  }

  async close(): Promise<void> {
    await this.#chunks.close();
    await this.#database.close();
  }

  /** After some errors DuckDB refuses everything until the file is opened again; whether that works decides. */
  async #failed(error: unknown): Promise<Error> {
    const failure = new Outage("The search index could not take a chunk", { cause: error });
    try {
      await this.#database.close();
      this.#adopt(await openExisting(this.#file));
      return failure;
    } catch (reopening) {
      return new IndexBroken("The search index cannot be opened", { cause: reopening });
    }
  }

  #adopt({ database, position }: Opened): void {
    this.#database = database;
    this.#position = position;
    this.#unsettled = 0;
  }
}

interface Opened {
  readonly database: Database;
  readonly position: number;
}

async function openOrReplace(file: string): Promise<Opened> {
  try {
    return await openExisting(file);
  } catch {
    // Whatever is wrong with it, another one can be made; when that fails too, its reason is the one to report.
    await discard(file);
    return create(file);
  }
}

/** Throws when there is no file, when it cannot be read, and when it was written for other columns. */
async function openExisting(file: string): Promise<Opened> {
  const database = await Database.open(file);
  try {
    const [form] = await database.read("select text from form", new Parameters());
    if (form?.[0] !== FORM) throw new IndexBroken("The index was written for other columns");
    const [row] = await database.read("select max(seq) from events", new Parameters());
    return { database, position: row?.[0] === null ? 0 : Number(row?.[0]) + 1 };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function create(file: string): Promise<Opened> {
  const database = await Database.open(file);
  await database.writer.run("begin");
  await database.writer.run(CREATE_EVENTS);
  await database.writer.run("create table form (text varchar)");
  await database.writer.run("insert into form values ($1)", [FORM]);
  await database.writer.run("commit");
  return { database, position: 0 };
}

async function discard(file: string): Promise<void> {
  for (const part of [file, `${file}.wal`, `${file}.tmp`]) {
    await rm(part, { force: true, recursive: true });
  }
}
