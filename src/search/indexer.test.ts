import { describe, expect, test } from "vitest";
import { utf8 } from "../kernel/bytes.ts";
import { MemoryEventIndex } from "../storage/memory/event-index.ts";
import { Indexer, MAX_CHUNK_ENTRIES } from "./indexer.ts";
import type { EntrySource } from "../ledger/entry-source.ts";
import type { IndexLag } from "./indexer.ts";
import type { Selection } from "./event-index.ts";

const EVERYTHING: Selection = { plan: { kind: "everything" } };
const QUICK = { gatherMs: 5, minBackoffMs: 1, settleAfterMs: 60_000 };
const LONG_MS = 20_000;

/** A ledger of the simplest kind: lines in an array, read two at a time. */
class Entries implements EntrySource {
  lines: Uint8Array[] = [];
  readonly #listeners = new Set<() => void>();

  get size(): number {
    return this.lines.length;
  }

  append(count: number): void {
    for (let at = 0; at < count; at++) this.lines.push(utf8(`{"region":"r${this.lines.length}"}`));
    for (const listener of this.#listeners) listener();
  }

  async *read(
    from: number,
    to: number,
  ): AsyncIterable<{ readonly first: number; readonly lines: readonly Uint8Array[] }> {
    for (let first = from; first < to; first += 2) {
      yield { first, lines: this.lines.slice(first, Math.min(to, first + 2)) };
    }
  }

  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

class Settling extends MemoryEventIndex {
  readonly settled = Promise.withResolvers<void>();

  override settle(): Promise<void> {
    this.settled.resolve();
    return Promise.resolve();
  }
}

describe("an indexer", () => {
  test("lets a query find what was recorded just before it", async () => {
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    entries.append(3);
    // Entries gather for as long as a test can last: only the waiting query makes it go on.
    const indexer = await Indexer.start(index, entries, { ...QUICK, gatherMs: LONG_MS });
    for (let round = 0; round < 3; round++) {
      entries.append(1);
      const lag = await indexer.waitFor(entries.size, LONG_MS);
      expect(lag).toEqual({
        indexed: 4 + round,
        size: 4 + round,
        state: "current",
        error: undefined,
      });
      expect(await index.count(EVERYTHING)).toBe(4 + round);
    }
    await indexer.stop();
  });

  test("follows without being asked, and goes on where the index stands", async () => {
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    entries.append(MAX_CHUNK_ENTRIES + 5);
    await index.ingest(0, entries.lines.slice(0, 3));
    const indexer = await Indexer.start(index, entries, QUICK);
    expect((await indexer.waitFor(entries.size, LONG_MS)).indexed).toBe(MAX_CHUNK_ENTRIES + 5);
    await indexer.stop();
    expect(await index.position()).toBe(entries.size);
  });

  test("says that it is behind when a query does not wait", async () => {
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    const indexer = await Indexer.start(index, entries, { ...QUICK, gatherMs: LONG_MS });
    entries.append(2);
    expect(indexer.lag).toEqual({ indexed: 0, size: 2, state: "behind", error: undefined });
    expect((await indexer.waitFor(0, LONG_MS)).indexed).toBe(0);
    await indexer.stop();
  });

  test("tries again after a failure, whether or not the chunk was taken", async () => {
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    index.failNext("before", "after", "before");
    const indexer = await Indexer.start(index, entries, QUICK);
    entries.append(4);
    expect(await indexer.waitFor(4, LONG_MS)).toMatchObject({ indexed: 4, state: "current" });
    expect(await index.count(EVERYTHING)).toBe(4);
    await indexer.stop();
  });

  test("says why it is failing while it does", async () => {
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    index.failNext("before");
    entries.append(1);
    const indexer = await Indexer.start(index, entries, { ...QUICK, minBackoffMs: LONG_MS });
    const lag = await indexer.waitFor(1, 200);
    expect(lag).toMatchObject({
      indexed: 0,
      state: "failing",
      error: "The index failed, as asked for",
    });
    await indexer.stop();
  });

  test("throws a broken index away and fills it again", async () => {
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    const indexer = await Indexer.start(index, entries, QUICK);
    entries.append(3);
    await indexer.waitFor(3, LONG_MS);
    index.failNext("broken");
    entries.append(1);
    expect(await indexer.waitFor(4, LONG_MS)).toMatchObject({ indexed: 4 });
    expect(await index.count(EVERYTHING)).toBe(4);
    await indexer.stop();
  });

  test("does not trust an index that is ahead of the ledger", async () => {
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    await index.ingest(0, [utf8("{}"), utf8("{}"), utf8("{}")]);
    entries.append(2);
    const indexer = await Indexer.start(index, entries, QUICK);
    expect(await indexer.waitFor(2, LONG_MS)).toMatchObject({ indexed: 2, state: "current" });
    expect(await index.count({ plan: { kind: "everything" } })).toBe(2);
    await indexer.stop();
  });

  test("knows its own index, and does not trust one of another ledger that is as long", async () => {
    const line = (id: string): Uint8Array => utf8(JSON.stringify({ id }));
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    entries.lines = [line("A1"), line("B2"), line("C3")];
    await index.ingest(0, [line("A1"), line("x9")]);
    const indexer = await Indexer.start(index, entries, QUICK);
    await indexer.waitFor(3, LONG_MS);
    await indexer.stop();
    const ids = async (): Promise<unknown> =>
      (await index.facets(EVERYTHING, { fields: ["id"], limit: 9 }))[0]?.values.map(
        ({ value }) => value,
      );
    expect(await ids()).toEqual(["A1", "B2", "C3"]);

    // What the index says of an entry that it has seen is kept: only an index that is not reset still has it.
    entries.lines = [line("other"), line("B2"), line("C3"), line("D4")];
    const again = await Indexer.start(index, entries, QUICK);
    await again.waitFor(4, LONG_MS);
    await again.stop();
    expect(await ids()).toEqual(["A1", "B2", "C3", "D4"]);
  });

  test("rebuilds with progress to the size the ledger had", async () => {
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    entries.append(MAX_CHUNK_ENTRIES * 2 + 1);
    const indexer = await Indexer.start(index, entries, QUICK);
    await indexer.waitFor(entries.size, LONG_MS);
    const seen: IndexLag[] = [];
    await indexer.rebuild((lag) => seen.push(lag));
    expect(seen.at(-1)).toMatchObject({ indexed: entries.size, state: "current" });
    expect(await index.count(EVERYTHING)).toBe(entries.size);
    await indexer.stop();
    await expect(indexer.rebuild()).rejects.toThrow("stopped");
  });

  test("lets the index do its housekeeping when nothing happens", async () => {
    const [index, entries] = [new Settling(), new Entries()];
    const indexer = await Indexer.start(index, entries, { ...QUICK, settleAfterMs: 1 });
    await index.settled.promise;
    await indexer.stop();
  });

  test("lets go of waiting queries when it is stopped", async () => {
    const [index, entries] = [new MemoryEventIndex(), new Entries()];
    const indexer = await Indexer.start(index, entries, QUICK);
    const waiting = indexer.waitFor(5, LONG_MS);
    await indexer.stop();
    expect((await waiting).indexed).toBe(0);
  });
});
