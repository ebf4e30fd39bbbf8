import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { positionBeside, type Order, type Position } from "../../identity/walk.ts";
import { Database } from "./database.ts";
import { number, text } from "./table.ts";
import { walk } from "./walk.ts";

interface Item {
  readonly id: string;
  readonly name: string;
  readonly age: number;
}
type Field = "name" | "age";

let db: Database;
beforeEach(() => {
  db = Database.open(":memory:", [
    "CREATE TABLE items (id TEXT PRIMARY KEY, name TEXT NOT NULL, age INTEGER NOT NULL) STRICT",
  ]);
});
afterEach(() => db.close());

function partOf(order: Order<Field>, limit: number, beside?: Position) {
  return walk(
    db,
    (row): Item => ({ id: text(row, "id"), name: text(row, "name"), age: number(row, "age") }),
    {
      table: "items",
      where: "1 = ?",
      values: [1],
      columns: { name: "name", age: "age" },
      walk: { ...order, limit, offset: 0, beside },
    },
  );
}

/** Few names and ages, so that many are the same. */
const items = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }).filter((id) => /^[a-z0-9]+$/.test(id)),
    name: fc.constantFrom("", "a", "b", "B", "é"),
    age: fc.integer({ min: 0, max: 3 }),
  }),
  { selector: ({ id }) => id, maxLength: 12 },
);
const orders = fc.record({
  by: fc.constantFrom<Field>("name", "age"),
  isDescending: fc.boolean(),
});

function fill(all: readonly Item[]): void {
  db.run("DELETE FROM items");
  for (const { id, name, age } of all) db.run("INSERT INTO items VALUES (?, ?, ?)", id, name, age);
}

it("meets every item once, forwards and backwards, in the order that was asked for", () => {
  fc.assert(
    fc.property(items, orders, fc.integer({ min: 1, max: 4 }), (all, order, limit) => {
      fill(all);
      const whole = partOf(order, 100).items;
      expect(whole.length).toBe(all.length);
      const forwards: Item[] = [];
      for (let part = partOf(order, limit); ;) {
        forwards.push(...part.items);
        const last = part.items.at(-1);
        expect(part.hasMoreAfter).toBe(forwards.length < all.length);
        expect(part.totalCount).toBe(all.length);
        if (!last || !part.hasMoreAfter) break;
        part = partOf(order, limit, positionBeside("after", last, order));
        expect(part.hasMoreBefore).toBe(true);
      }
      expect(forwards).toEqual(whole);
      const backwards: Item[] = [];
      for (let first = whole.at(-1); first;) {
        const part = partOf(order, limit, positionBeside("before", first, order));
        backwards.unshift(...part.items);
        expect(part.hasMoreBefore).toBe(backwards.length < all.length - 1);
        first = part.hasMoreBefore ? part.items[0] : undefined;
      }
      expect(backwards).toEqual(whole.slice(0, -1));
    }),
  );
});

it("goes on where it was when what it has shown is deleted, and what it has not stays to be shown", () => {
  fc.assert(
    fc.property(items, orders, fc.integer({ min: 1, max: 4 }), (all, order, limit) => {
      fill(all);
      const whole = partOf(order, 100).items;
      const seen: Item[] = [];
      for (let beside: Position | undefined; ;) {
        const part = partOf(order, limit, beside);
        seen.push(...part.items);
        for (const { id } of part.items) db.run("DELETE FROM items WHERE id = ?", id);
        const last = part.items.at(-1);
        if (!last) break;
        beside = positionBeside("after", last, order);
      }
      expect(seen).toEqual(whole);
    }),
  );
});
