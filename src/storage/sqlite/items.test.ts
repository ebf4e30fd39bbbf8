import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestDatabase } from "../../app/testing/assembly.ts";
import {
  broughtBack,
  itemKind,
  MAX_ITEM_VERSIONS,
  newItem,
  RECOVERY_MS,
  removed,
  revised,
  type Item,
} from "../../items/item.ts";
import type { Database } from "./database.ts";
import { IdentityStamp } from "./identity-memory.ts";
import { SqliteItemStore } from "./items.ts";

interface Pool {
  readonly size: number;
}
const POOL = itemKind<Pool>("pool");
const DOCUMENT = itemKind<Pool>("policy-document");
const ACCOUNT = "0123456789abcdef0123456789abcdef";
const ada = { by: "users:ada", now: 1_000 };

let database: Database;
let stamp: IdentityStamp;
let store: SqliteItemStore;
beforeEach(() => {
  database = openTestDatabase();
  stamp = new IdentityStamp(database);
  store = new SqliteItemStore(database, stamp);
});
afterEach(() => database.close());

const pool = (name: string, size = 1, account = ACCOUNT): Item<Pool> =>
  newItem(POOL, { account, name, content: { size } }, ada);

describe("items on SQLite", () => {
  it("are found by id and by name, of their kind and account only", async () => {
    const west = pool("west");
    await store.putItem(west);
    expect(await store.item(POOL, ACCOUNT, west.id)).toEqual(west);
    expect(await store.itemNamed(POOL, ACCOUNT, "west")).toEqual(west);
    expect(await store.itemNamed(DOCUMENT, ACCOUNT, "west")).toBeUndefined();
    expect(await store.itemNamed(POOL, "other", "west")).toBeUndefined();
    expect(await store.item(POOL, "other", west.id)).toBeUndefined();
  });

  it("keep what they were, version by version, as many as there is room for", async () => {
    let item = pool("west", 0);
    await store.putItem(item);
    for (let size = 1; size <= MAX_ITEM_VERSIONS; size++) {
      item = revised(item, { content: { size } }, { by: "users:bob", now: 1_000 + size });
      await store.putItem(item);
    }
    const at = (version: number) => store.itemVersion(POOL, ACCOUNT, { id: item.id, version });
    expect((await store.item(POOL, ACCOUNT, item.id))?.version).toBe(MAX_ITEM_VERSIONS);
    expect(await at(0)).toBeUndefined();
    expect(await at(1)).toEqual({ version: 1, content: { size: 1 }, at: 1_001, by: "users:bob" });
    expect(await at(MAX_ITEM_VERSIONS)).toMatchObject({ content: { size: MAX_ITEM_VERSIONS } });
    expect(await at(MAX_ITEM_VERSIONS + 1)).toBeUndefined();
  });

  it("that are deleted are found, but not listed, until they are gone", async () => {
    const west = removed(pool("west"), { by: "users:bob", now: 5_000 });
    await store.putItem(pool("east"));
    await store.putItem(west);
    const dueAt = 5_000 + RECOVERY_MS;
    expect(west.removal).toEqual({ at: 5_000, by: "users:bob", dueAt });
    expect(await store.itemNamed(POOL, ACCOUNT, "west")).toEqual(west);
    const listed = await store.items(POOL, ACCOUNT, { offset: 0, limit: 10 });
    expect([listed.totalCount, listed.items.map(({ name }) => name)]).toEqual([1, ["east"]]);
    const all = await store.items(POOL, ACCOUNT, { includesRemoved: true, offset: 0, limit: 10 });
    expect(all.totalCount).toBe(2);
    expect(await store.dueItems(dueAt - 1, 10)).toEqual([]);
    const due = { kind: "pool", account: ACCOUNT, id: west.id };
    expect(await store.dueItems(dueAt, 10)).toEqual([due]);
    await store.putItem(broughtBack(west));
    expect(await store.dueItems(dueAt, 10)).toEqual([]);
    await store.deleteItem(due);
    expect(await store.item(POOL, ACCOUNT, west.id)).toBeUndefined();
    expect(await store.itemVersion(POOL, ACCOUNT, { id: west.id, version: 0 })).toBeUndefined();
  });

  it("are one to a name", async () => {
    await store.putItem(pool("west"));
    await expect(store.putItem(pool("west"))).rejects.toThrow(/UNIQUE/);
    await store.putItem(pool("west", 1, "other"));
  });

  it("are listed in parts, searched by their names, in an order of the caller's choice", async () => {
    for (const [i, name] of ["b-one", "a-two", "c-ONE", "d%"].entries()) {
      await store.putItem({ ...pool(name), createdAt: i, modifiedAt: 10 - i });
    }
    const names = async (query: object) =>
      (await store.items(POOL, ACCOUNT, { offset: 0, limit: 10, ...query })).items.map(
        ({ name }) => name,
      );
    expect(await names({})).toEqual(["a-two", "b-one", "c-ONE", "d%"]);
    expect(await names({ order: "desc", limit: 2 })).toEqual(["d%", "c-ONE"]);
    expect(await names({ offset: 3 })).toEqual(["d%"]);
    expect(await names({ sortBy: "createdAt" })).toEqual(["b-one", "a-two", "c-ONE", "d%"]);
    expect(await names({ sortBy: "modifiedAt" })).toEqual(["d%", "c-ONE", "a-two", "b-one"]);
    expect(await names({ search: "one" })).toEqual(["b-one", "c-ONE"]);
    expect(await names({ search: "%" })).toEqual(["d%"]);
  });

  it("that decide who may what change the stamp, and are remembered under it", async () => {
    const document = newItem(DOCUMENT, { account: ACCOUNT, name: "a", content: { size: 1 } }, ada);
    const before = stamp.current;
    expect(await store.allItems(DOCUMENT, ACCOUNT)).toEqual([]);
    await store.putItem(pool("west"));
    expect(stamp.current).toBe(before);
    await store.putItem(document);
    expect(stamp.current).not.toBe(before);
    const all = await store.allItems(DOCUMENT, ACCOUNT);
    expect(all).toEqual([document]);
    expect(await store.allItems(DOCUMENT, ACCOUNT)).toBe(all);
    const aside = removed(document, ada);
    await store.putItem(aside);
    expect(await store.allItems(DOCUMENT, ACCOUNT)).toEqual([]);
    await store.putItem(broughtBack(aside));
    expect(await store.allItems(DOCUMENT, ACCOUNT)).toHaveLength(1);
    await store.deleteItem(document);
    expect(await store.allItems(DOCUMENT, ACCOUNT)).toEqual([]);
  });

  it("of other kinds are as they are, whatever was answered before", async () => {
    expect(await store.allItems(POOL, ACCOUNT)).toEqual([]);
    const west = pool("west");
    await store.putItem(west);
    expect(await store.allItems(POOL, ACCOUNT)).toEqual([west]);
    await store.deleteItem(west);
    expect(await store.allItems(POOL, ACCOUNT)).toEqual([]);
  });
});
