/** The contract of the search index, held by every implementation, and what is DuckDB's own. */
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { utf8 } from "../../kernel/bytes.ts";
import { IndexBroken } from "../../search/event-index.ts";
import type { EventIndex, Hit, Selection } from "../../search/event-index.ts";
import { planQuery } from "../../search/planner.ts";
import { MemoryEventIndex } from "../memory/event-index.ts";
import { DuckDbEventIndex } from "./event-index.ts";

const T0 = Date.parse("2026-11-21T09:00:00.000Z");
const HOUR = 3_600_000;

const opened: EventIndex[] = [];
const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "keytrail-index-"));
  folders.push(folder);
  return folder;
}

async function openDuckDb(folder: string): Promise<DuckDbEventIndex> {
  const index = await DuckDbEventIndex.open(folder);
  opened.push(index);
  return index;
}

afterEach(async () => {
  for (const index of opened.splice(0)) await index.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

interface Sample {
  readonly at?: number;
  readonly name?: string;
  readonly outcome?: string;
  readonly data?: object;
}

function line({ at = 0, name = "ci", outcome = "success", data = {} }: Sample): Uint8Array {
  return utf8(
    JSON.stringify({
      eventTime: new Date(T0 + at).toISOString(),
      action: "secrets-manager.secret.read",
      operation: "secret.read",
      outcome,
      initiator: { name },
      requestData: data,
    }),
  );
}

function select(query: string, times: Omit<Selection, "plan"> = {}): Selection {
  return { plan: planQuery(query, { now: T0 }), ...times };
}

async function seqs(index: EventIndex, selection: Selection): Promise<readonly number[]> {
  const { hits } = await index.search(selection, { order: "newest", limit: 100 });
  return hits.map(({ seq }) => seq);
}

const IMPLEMENTATIONS: readonly (readonly [string, () => Promise<EventIndex>])[] = [
  ["in memory", async () => new MemoryEventIndex()],
  ["in DuckDB", async () => openDuckDb(await newFolder())],
];

describe.each(IMPLEMENTATIONS)("an event index %s", (_, open) => {
  test("finds what was ingested, newest or oldest first", async () => {
    const index = await open();
    await index.ingest(0, [line({ at: 1 }), line({ at: 2 }), line({ at: 3, name: "eve" })]);
    expect(await index.position()).toBe(3);
    expect(await seqs(index, select(""))).toEqual([2, 1, 0]);
    expect(await seqs(index, select("initiator.name:ci"))).toEqual([1, 0]);
    expect(await index.search(select(""), { order: "oldest", limit: 2 })).toEqual({
      hits: [
        { time: T0 + 1, seq: 0 },
        { time: T0 + 2, seq: 1 },
      ],
      next: { time: T0 + 2, seq: 1 },
    });
  });

  test("orders by time, then by ledger index, when the clock stood still or went back", async () => {
    const index = await open();
    await index.ingest(
      0,
      [5, 9, 5, 2, 9, 5].map((at) => line({ at })),
    );
    expect(await seqs(index, select(""))).toEqual([4, 1, 5, 2, 0, 3]);
  });

  test.each(["newest", "oldest"] as const)(
    "pages through %s first without repeating or missing any, while more arrives",
    async (order) => {
      const index = await open();
      const times = [5, 9, 5, 2, 9, 5, 5, 1];
      await index.ingest(
        0,
        times.map((at) => line({ at })),
      );
      const whole = await index.search(select(""), { order, limit: 100 });
      const paged: Hit[] = [];
      let after: Hit | undefined;
      let arrived = times.length;
      do {
        const page = await index.search(select(`index:<${times.length}`), {
          order,
          limit: 3,
          after,
        });
        paged.push(...page.hits);
        after = page.next;
        await index.ingest(arrived++, [line({ at: 5 })]);
      } while (after !== undefined);
      expect(paged).toEqual(whole.hits);
      expect(whole.next).toBeUndefined();
    },
  );

  test("bounds time from inclusive to exclusive", async () => {
    const index = await open();
    await index.ingest(
      0,
      [1, 2, 3, 4].map((at) => line({ at })),
    );
    expect(await seqs(index, select("", { from: T0 + 2, to: T0 + 4 }))).toEqual([2, 1]);
    expect(await index.count(select("", { from: T0 + 2 }))).toBe(3);
  });

  test("passes over entries that it has, and refuses a gap", async () => {
    const index = await open();
    await index.ingest(0, [line({}), line({})]);
    await index.ingest(0, [line({}), line({})]);
    await index.ingest(1, [line({ name: "ignored" }), line({ name: "new" })]);
    expect(await index.count(select(""))).toBe(3);
    expect(await seqs(index, select("initiator.name:new"))).toEqual([2]);
    expect(await index.count(select("ignored"))).toBe(0);
    await expect(index.ingest(4, [line({})])).rejects.toThrow(/leaves a gap/);
  });

  test("counts by interval, failures apart, also before the epoch", async () => {
    const index = await open();
    const times = [0, HOUR - 1, HOUR, -T0 - 1];
    await index.ingest(
      0,
      times.map((at) => line({ at, outcome: at === HOUR ? "failure" : "success" })),
    );
    expect(await index.histogram(select(""), HOUR)).toEqual([
      { start: -HOUR, count: 1, failures: 0 },
      { start: T0, count: 2, failures: 0 },
      { start: T0 + HOUR, count: 1, failures: 1 },
    ]);
    expect(await index.histogram(select("outcome:pending"), HOUR)).toEqual([]);
  });

  test("counts values as written, most frequent first, ties by code point", async () => {
    const index = await open();
    const names = ["b", "B", "b", "😀", "\uffff", ""];
    await index.ingest(
      0,
      names.map((name, at) => line({ name, data: { n: at % 2, tags: ["X", name] } })),
    );
    const fields = ["initiator.name", "requestData.n", "requestData.tags", "index", "region"];
    const facets = await index.facets(select("index:<5"), { fields, limit: 4 });
    expect(facets).toEqual([
      { field: "initiator.name", values: counts({ b: 2, B: 1, "\uffff": 1, "😀": 1 }) },
      { field: "requestData.n", values: counts({ 0: 3, 1: 2 }) },
      { field: "requestData.tags", values: counts({ X: 5, b: 2, B: 1, "\uffff": 1 }) },
      { field: "index", values: ["0", "1", "2", "3"].map((value) => ({ value, count: 1 })) },
      { field: "region", values: [] },
    ]);
  });

  test("refuses pages and facets beyond the limits", async () => {
    const index = await open();
    for (const limit of [0, 1.5, 1001]) {
      await expect(index.search(select(""), { order: "newest", limit })).rejects.toThrow(
        /from 1 to 1000/,
      );
    }
    await expect(index.facets(select(""), { fields: ["initiator"], limit: 5 })).rejects.toThrow(
      /no field/,
    );
    await expect(index.histogram(select(""), 0)).rejects.toThrow(/interval/);
  });

  test("refuses a histogram of too many buckets", async () => {
    const index = await open();
    await index.ingest(
      0,
      Array.from({ length: 10_001 }, (__, at) => line({ at })),
    );
    await expect(index.histogram(select(""), 1)).rejects.toThrow(/from 1 to 10000/);
    expect(await index.histogram(select("", { to: T0 + 10_000 }), 1)).toHaveLength(10_000);
  });

  test("starts again when it is reset", async () => {
    const index = await open();
    await index.ingest(0, [line({}), line({})]);
    await index.reset();
    expect(await index.position()).toBe(0);
    expect(await index.count(select(""))).toBe(0);
    await index.ingest(0, [line({ name: "again" })]);
    expect(await seqs(index, select("again"))).toEqual([0]);
  });

  test("takes what is no event, and finds it by its index", async () => {
    const index = await open();
    await index.ingest(0, [utf8("not json"), utf8("{}"), utf8('{"requestData":{"\ud800":1}}')]);
    expect(await seqs(index, select("index:0"))).toEqual([0]);
    expect(await index.count(select(""))).toBe(3);
  });
});

describe("an index file", () => {
  test("holds after being closed and opened what was ingested before, and goes on from there", async () => {
    const folder = await newFolder();
    const first = await openDuckDb(folder);
    await first.ingest(0, [line({ name: "Ann" }), line({ name: "Ben" })]);
    await first.close();
    const second = await openDuckDb(folder);
    expect(await second.position()).toBe(2);
    await second.ingest(2, [line({ name: "Ann" }), line({ name: "Cid" })]);
    await second.settle();
    expect(await seqs(second, select("initiator.name:===Ann"))).toEqual([2, 0]);
    expect(await seqs(second, select("initiator.name:cid"))).toEqual([3]);
    const fields = ["initiator.name"];
    expect(await second.facets(select(""), { fields, limit: 9 })).toEqual([
      { field: "initiator.name", values: counts({ Ann: 2, Ben: 1, Cid: 1 }) },
    ]);
  });

  test("that is damaged, or of another form, is thrown away", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "events.duckdb"), "this is not a database".repeat(1000));
    const index = await openDuckDb(folder);
    expect(await index.position()).toBe(0);
    await index.ingest(0, [line({})]);
    expect(await index.count(select(""))).toBe(1);
  });

  test("takes a chunk wholly or not at all, and recovers from a failure in between", async () => {
    const folder = await newFolder();
    const index = await openDuckDb(folder);
    await index.ingest(0, [line({ name: "before" })]);
    // What stands in the way of the chunk file, as a full disk would.
    const blocked = join(folder, "chunk-events.ndjson");
    await mkdir(blocked);
    await expect(index.ingest(1, [line({ name: "lost" })])).rejects.toThrow(
      /could not take a chunk/,
    );
    expect(await index.position()).toBe(1);
    await index.ingest(1, [line({ name: "lost" }), line({ name: "found" })]);
    expect(await seqs(index, select("initiator.name:[lost,found]"))).toEqual([2, 1]);
    const fields = ["initiator.name"];
    expect(await index.facets(select(""), { fields, limit: 9 })).toEqual([
      { field: "initiator.name", values: counts({ before: 1, found: 1, lost: 1 }) },
    ]);
  });

  test("says that it is broken when it cannot be opened again, and is whole after a reset", async () => {
    const folder = await newFolder();
    const index = await openDuckDb(folder);
    await index.ingest(0, [line({})]);
    await rename(join(folder, "events.duckdb"), join(folder, "elsewhere"));
    await writeFile(join(folder, "events.duckdb"), "this is not a database".repeat(1000));
    await mkdir(join(folder, "chunk-events.ndjson"));
    await expect(index.ingest(1, [line({})])).rejects.toThrow(IndexBroken);
    await expect(index.count(select(""))).rejects.toThrow(/closed or rebuilt/);
    await expect(index.ingest(1, [line({})])).rejects.toThrow(IndexBroken);
    await index.reset();
    await index.ingest(0, [line({}), line({})]);
    expect(await index.count(select(""))).toBe(2);
  });

  test("can be closed when it is broken", async () => {
    const folder = await newFolder();
    const index = await openDuckDb(folder);
    await rename(join(folder, "events.duckdb"), join(folder, "elsewhere"));
    await writeFile(join(folder, "events.duckdb"), "this is not a database".repeat(1000));
    await mkdir(join(folder, "chunk-events.ndjson"));
    await expect(index.ingest(0, [line({})])).rejects.toThrow(IndexBroken);
    await index.close();
  });

  test("is closed after the chunk at hand, and takes none after that", async () => {
    const folder = await newFolder();
    const index = await openDuckDb(folder);
    const chunk = index.ingest(0, [line({}), line({})]);
    const closed = index.close();
    await chunk;
    await closed;
    await expect(index.ingest(2, [line({})])).rejects.toThrow("The search index is closed");
    await index.close();
    expect(await (await openDuckDb(folder)).position()).toBe(2);
  });

  test("leaves no chunk behind", async () => {
    const folder = await newFolder();
    const index = await openDuckDb(folder);
    await index.ingest(0, [line({})]);
    const files = await readdir(folder);
    expect(files.filter((name) => name.endsWith(".ndjson"))).toEqual([]);
  });

  test("answers many searches at once, and turns away what is too much", async () => {
    const index = await openDuckDb(await newFolder());
    await index.ingest(0, [line({})]);
    const answers = await Promise.allSettled(
      Array.from({ length: 100 }, () => index.count(select(""))),
    );
    const counted = answers.filter((answer) => answer.status === "fulfilled");
    expect(counted.length).toBe(66);
    expect(answers.at(-1)).toMatchObject({ reason: { code: "rate_limited" } });
    expect(await index.count(select(""))).toBe(1);
  });

  test("finds a test with more matching terms than a statement lists", async () => {
    const index = await openDuckDb(await newFolder());
    const names = Array.from({ length: 2_500 }, (_, at) => `name-${at}`);
    await index.ingest(
      0,
      names.map((name, at) => line({ at, name })),
    );
    expect(await index.count(select("initiator.name:name-"))).toBe(2_500);
    expect(await index.count(select("-initiator.name:name-"))).toBe(0);
    expect(await index.count(select("name-1"))).toBe(1_111);
  });
});

function counts(of: Readonly<Record<string, number>>): readonly object[] {
  const values = Object.entries(of).map(([value, count]) => ({ value, count }));
  return values.toSorted(
    (a, b) => b.count - a.count || Buffer.compare(utf8(a.value), utf8(b.value)),
  );
}
