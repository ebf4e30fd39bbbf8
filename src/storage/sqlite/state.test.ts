import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Transaction } from "../../app/state.ts";
import type { EventDraft } from "../../audit/event.ts";
import type { EventId } from "../../kernel/ids.ts";
import { Outage } from "../../kernel/errors.ts";
import { Database } from "./database.ts";
import { outboxSchema } from "./outbox.ts";
import { SqliteState } from "./state.ts";

const schema = [outboxSchema, "CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY) STRICT"];

let folder: string;
let writer: Database;
let reader: Database;
let state: SqliteState;

/** The outbox and the transactions do not look at the domains' stores. */
const noStores = (): Omit<Transaction, "enqueue"> => ({}) as Transaction;

function open(): void {
  const path = join(folder, "state.db");
  writer = Database.open(path, schema);
  reader = Database.open(path);
  state = new SqliteState({ reader, writer }, noStores);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-state-"));
  open();
});

afterEach(async () => {
  await state.close();
  writer.close();
  reader.close();
  rmSync(folder, { recursive: true });
});

const draft = (id: string): EventDraft => ({ id: id as EventId }) as EventDraft;
const add = (name: string): number => writer.run("INSERT INTO things VALUES (?)", name);
const things = (): unknown[] =>
  reader.all("SELECT name FROM things ORDER BY name").map((row) => row["name"]);
const pendingIds = async (): Promise<string[]> =>
  (await state.pending()).map((event) => event.draft.id);

describe("the state on SQLite", () => {
  it("keeps a change and its events together", async () => {
    await state.transact(async (tx) => {
      add("a");
      await tx.enqueue([draft("e1"), draft("e2")], 7);
    });
    expect(things()).toEqual(["a"]);
    expect(await state.pending()).toEqual([
      { draft: { id: "e1" }, ledgerSize: 7 },
      { draft: { id: "e2" }, ledgerSize: 7 },
    ]);
  });

  it("leaves neither when the change throws", async () => {
    const change = state.transact(async (tx) => {
      add("a");
      await tx.enqueue([draft("e1")], 0);
      throw new Error("no");
    });
    await expect(change).rejects.toThrow("no");
    expect([things(), await pendingIds()]).toEqual([[], []]);
  });

  it("runs changes one at a time, in the order they were asked for, and goes on after a failed one", async () => {
    const order: string[] = [];
    const change = (name: string) =>
      state.transact(async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} ends`);
        if (name === "b") throw new Error("b fails");
      });
    await Promise.allSettled([change("a"), change("b"), change("c")]);
    expect(order).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  it("tells of a commit before the next change begins", async () => {
    const order: string[] = [];
    await Promise.all([
      state.transact(
        async () => order.push("first"),
        () => order.push("first committed"),
      ),
      state.transact(async () => order.push("second")),
    ]);
    expect(order).toEqual(["first", "first committed", "second"]);
  });

  it("shows readers only what is committed", async () => {
    const seen = await state.transact(async () => {
      add("a");
      return state.read(async () => things());
    });
    expect(seen).toEqual([]);
    expect(things()).toEqual(["a"]);
  });

  it("forgets settled events with the next change, and still has them after a crash before that", async () => {
    await state.transact(async (tx) => tx.enqueue([draft("e1")], 0));
    state.settle(["e1" as EventId]);
    expect(await pendingIds()).toEqual(["e1"]);
    await state.transact(async (tx) => tx.enqueue([draft("e2")], 1));
    expect(await pendingIds()).toEqual(["e2"]);
  });

  it("calls a full disk an outage, and has done nothing", async () => {
    writer.exec("PRAGMA max_page_count = 1");
    const change = state.transact(async () => {
      for (let i = 0; i < 2_000; i++) add(`${"x".repeat(500)}${i}`);
    });
    await expect(change).rejects.toThrow(Outage);
    writer.exec("PRAGMA max_page_count = 100000");
    await state.transact(async () => add("a"));
    expect(things()).toEqual(["a"]);
  });

  it("calls a wrong statement a bug", async () => {
    const change = state.transact(async () => writer.run("INSERT INTO nothing VALUES (1)"));
    await expect(change).rejects.not.toThrow(Outage);
  });
});
