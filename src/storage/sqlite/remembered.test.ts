import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Database } from "./database.ts";
import { MAX_HELD_ANSWERS, Remembered } from "./remembered.ts";

const SCHEMA =
  "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT";

let folder: string;
let writer: Database;
let reader: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-remembered-"));
  writer = Database.open(join(folder, "facts.db"), [SCHEMA]);
  reader = Database.open(join(folder, "facts.db"));
});
afterEach(() => {
  writer.close();
  reader.close();
  rmSync(folder, { recursive: true });
});

function ask(database: Database, name: string): number | undefined {
  const row = database.get("SELECT value FROM facts WHERE name = ?", name);
  return row && Number(row["value"]);
}

function put(name: string, value: number): void {
  writer.run("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", name, value);
}

describe("remembered answers", () => {
  it("are asked for once while nothing changes", () => {
    put("a", 1);
    const remembered = new Remembered<number | undefined>(reader);
    let asked = 0;
    const look = (): number | undefined =>
      remembered.get("a", () => {
        asked += 1;
        return ask(reader, "a");
      });
    expect([look(), look(), look()]).toEqual([1, 1, 1]);
    expect(asked).toBe(1);
    put("b", 1);
    expect([look(), asked]).toEqual([1, 2]);
  });

  it("do not include that there was none, nor what is too large to hold", () => {
    const remembered = new Remembered<number | undefined>(reader, (value) => value !== 7);
    let asked = 0;
    const look = (answer: number | undefined): unknown =>
      remembered.get("a", () => {
        asked += 1;
        return answer;
      });
    expect([look(undefined), look(7), look(8), look(9)]).toEqual([undefined, 7, 8, 8]);
    expect(asked).toBe(3);
  });

  it("are bounded in number", () => {
    const remembered = new Remembered<number>(reader);
    for (let i = 0; i <= MAX_HELD_ANSWERS; i++) remembered.get(String(i), () => i);
    expect(remembered.get("0", () => -1)).toBe(-1);
  });

  it("are what the database would say, after any changes, commits and roll-backs on any connection", () => {
    const names = ["a", "b", "c"];
    const step = fc.oneof(
      fc.record({ kind: fc.constant("put"), name: fc.constantFrom(...names), value: fc.nat(9) }),
      fc.constant({ kind: "begin" } as const),
      fc.constant({ kind: "commit" } as const),
      fc.constant({ kind: "rollback" } as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const memories = [writer, reader].map((database) => ({
          database,
          remembered: new Remembered<number | undefined>(database),
        }));
        let isOpen = false;
        for (const each of steps) {
          if (each.kind === "put" && "name" in each) put(each.name, each.value);
          else if (each.kind === "begin" && !isOpen) {
            writer.exec("BEGIN IMMEDIATE");
            isOpen = true;
          } else if (each.kind !== "begin" && isOpen) {
            writer.exec(each.kind === "commit" ? "COMMIT" : "ROLLBACK");
            isOpen = false;
          }
          for (const { database, remembered } of memories) {
            for (const name of names) {
              expect(remembered.get(name, () => ask(database, name))).toBe(ask(database, name));
            }
          }
        }
        if (isOpen) writer.exec("ROLLBACK");
      }),
      { numRuns: 50 },
    );
  });
});
