import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Outage, Refusal } from "../../kernel/errors.ts";
import { Database, SEARCH_LIMITS } from "./database.ts";

const ENDLESS = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keytrail-duckdb-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("a search that takes too long is stopped, and its reader serves the next one", async () => {
  const database = await Database.open(join(folder, "a.duckdb"), {
    ...SEARCH_LIMITS,
    // Time enough for a small search on a busy machine.
    searchMs: 1_000,
  });
  for (let round = 0; round < 2; round++) {
    await expect(database.read((ask) => ask(ENDLESS))).rejects.toMatchObject({
      code: "limit_reached",
    });
  }
  expect(await database.read((ask) => ask("select 1"))).toEqual([[1]]);
  await database.close();
});

test("a search that takes long has to make way when another waits, and only then", async () => {
  const database = await Database.open(join(folder, "a.duckdb"), { ...SEARCH_LIMITS, shareMs: 50 });
  const costly = Array.from({ length: 2 }, () => database.read((ask) => ask(ENDLESS)));
  const ended = Promise.allSettled(costly);
  expect(await database.read((ask) => ask("select 1"))).toEqual([[1]]);
  await expect(Promise.race(costly)).rejects.toMatchObject({ code: "limit_reached" });
  await database.close();
  const reasons = (await ended).map((end) => (end.status === "rejected" ? end.reason : undefined));
  expect(reasons.filter((reason) => reason instanceof Refusal)).toHaveLength(1);
  expect(reasons.filter((reason) => reason instanceof Outage)).toHaveLength(1);
});

test("a search that has waited too long is turned away, and the line goes on without it", async () => {
  const database = await Database.open(join(folder, "a.duckdb"), { ...SEARCH_LIMITS, waitMs: 50 });
  const readers = Promise.withResolvers<void>();
  const held = Array.from({ length: 2 }, () => database.read(() => readers.promise));
  await expect(database.read((ask) => ask("select 1"))).rejects.toMatchObject({
    code: "rate_limited",
  });
  const next = database.read((ask) => ask("select 1"));
  readers.resolve();
  await Promise.all(held);
  expect(await next).toEqual([[1]]);
  await database.close();
});

test("closing stops what runs, turns away what waits, and may be repeated", async () => {
  const database = await Database.open(join(folder, "a.duckdb"));
  const searches = Array.from({ length: 4 }, () => database.read((ask) => ask(ENDLESS)));
  const ended = Promise.allSettled(searches);
  await database.close();
  await database.close();
  for (const { status } of await ended) expect(status).toBe("rejected");
  await expect(database.read((ask) => ask("select 1"))).rejects.toThrow(/closed or rebuilt/);
});

test("the statements of one search see one state", async () => {
  const database = await Database.open(join(folder, "a.duckdb"));
  await database.writer.run("create table t as select 1 as n");
  const seen = await database.read(async (ask) => {
    const before = await ask("select count(*) from t");
    await database.writer.run("insert into t values (2)");
    return [before, await ask("select count(*) from t")];
  });
  expect(seen).toEqual([[[1n]], [[1n]]]);
  expect(await database.read((ask) => ask("select count(*) from t"))).toEqual([[2n]]);
  await database.close();
});

test("a search cannot change anything", async () => {
  const database = await Database.open(join(folder, "a.duckdb"));
  await expect(database.read((ask) => ask("create table t (n int)"))).rejects.toThrow(/read-only/);
  await database.close();
});
