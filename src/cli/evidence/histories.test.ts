import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../kernel/bytes.ts";
import { ExportRecord } from "./export-record.ts";
import { PartialHistories, WholeHistories, readCounts } from "./histories.ts";
import type { CountedEvent, Totals } from "./histories.ts";

interface Sketch {
  readonly target?: string;
  readonly initiator?: string;
  readonly counters: { readonly target: unknown; readonly initiator: unknown };
}

function lineOf({ target = "t", initiator = "i", counters }: Sketch): Uint8Array {
  return utf8(
    JSON.stringify({ id: "e", target: { id: target }, initiator: { id: initiator }, counters }),
  );
}

function counted(sketch: Sketch): CountedEvent {
  const event = readCounts(lineOf(sketch));
  if (typeof event === "string") throw new Error(event);
  return event;
}

const NO_TOTALS: Totals = { target: new Map(), initiator: new Map() };

describe("the counts of a whole log", () => {
  test("are in order however its events are mixed, and any one left out or repeated shows", () => {
    const pair = fc.record({
      target: fc.constantFrom("a", "b", "c"),
      initiator: fc.constantFrom("x", "y"),
    });
    fc.assert(
      fc.property(fc.array(pair, { minLength: 2, maxLength: 40 }), fc.nat(), (pairs, seed) => {
        const counts = new Map<string, number>();
        const next = (key: string) => {
          counts.set(key, (counts.get(key) ?? 0) + 1);
          return counts.get(key)!;
        };
        const lines = pairs.map(({ target, initiator }) =>
          lineOf({
            target,
            initiator,
            counters: { target: next(`t${target}`), initiator: next(`i${initiator}`) },
          }),
        );
        const faults = (of: readonly Uint8Array[]) => {
          const whole = new WholeHistories();
          return of.map((line) => whole.take(line)).filter((fault) => fault !== undefined);
        };
        expect(faults(lines)).toEqual([]);
        const at = seed % lines.length;
        expect(faults(lines.toSpliced(at, 0, lines[at]!)).length).toBeGreaterThan(0);
        // Leaving out the last of both its histories leaves no gap behind: only a later event could show it.
        const isLast = pairs
          .slice(at + 1)
          .every((p) => p.target !== pairs[at]!.target && p.initiator !== pairs[at]!.initiator);
        if (!isLast) expect(faults(lines.toSpliced(at, 1)).length).toBeGreaterThan(0);
      }),
    );
  });

  test("with a gap say so once, and go on from there", () => {
    const whole = new WholeHistories();
    const at = (n: number) =>
      whole.take(lineOf({ initiator: "", counters: { target: n, initiator: null } }));
    expect([at(1), at(2)]).toEqual([undefined, undefined]);
    expect(at(5)).toContain("leaves a gap");
    expect(at(6)).toBeUndefined();
    expect(at(6)).toContain("repeats a number");
  });
});

describe("a line of the log", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["that is not JSON", "{", /not JSON/],
    ["that is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), /not JSON/],
    ["that is no event", "{}", /not an event: id/],
    [
      "that counts from nought",
      lineOf({ counters: { target: 0, initiator: 1 } }),
      /counters.target/,
    ],
    [
      "that counts in halves",
      lineOf({ counters: { target: 1.5, initiator: 1 } }),
      /counters.target/,
    ],
    [
      "that counts in words",
      lineOf({ counters: { target: "1", initiator: 1 } }),
      /counters.target/,
    ],
    [
      "that counts no target",
      lineOf({ target: "", counters: { target: 1, initiator: 1 } }),
      /do not go together/,
    ],
    [
      "that leaves its initiator out",
      lineOf({ counters: { target: 1, initiator: null } }),
      /do not go together/,
    ],
  ])("%s is named for what it is", (_, line, message) => {
    expect(readCounts(typeof line === "string" ? utf8(line) : line)).toMatch(message);
  });

  test("about nobody and nothing counts for nobody and nothing", () => {
    const event = counted({
      target: "",
      initiator: "",
      counters: { target: null, initiator: null },
    });
    expect(event).toEqual({ target: undefined, initiator: undefined });
  });
});

describe("the histories in part of a log", () => {
  test("name what they lack, for any part of any history", () => {
    const total = 30;
    const part = fc.uniqueArray(fc.integer({ min: 1, max: total }), { minLength: 1 });
    fc.assert(
      fc.property(part, (numbers) => {
        const sorted = numbers.toSorted((a, b) => a - b);
        const partial = new PartialHistories();
        for (const n of sorted) {
          const event = counted({ initiator: "", counters: { target: n, initiator: null } });
          expect(partial.take(event)).toBeUndefined();
        }
        const [history] = partial.histories({ ...NO_TOTALS, target: new Map([["t", total]]) });
        const lacking = history!.missing.flatMap(({ from, to }) =>
          Array.from({ length: to - from + 1 }, (_, i) => from + i),
        );
        expect([...sorted, ...lacking].toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: total }, (_, i) => i + 1),
        );
        expect(history!.isComplete).toBe(lacking.length === 0);
      }),
    );
  });

  test("do not take a number twice, or backwards", () => {
    const partial = new PartialHistories();
    const take = (n: number) =>
      partial.take(counted({ initiator: "", counters: { target: n, initiator: null } }));
    expect(take(4)).toBeUndefined();
    expect(take(4)).toContain("stands after number 4");
    expect(take(3)).toContain("stands after number 4");
  });
});

describe("the record of an export", () => {
  const record = (over: object) =>
    ExportRecord.parse(
      9,
      utf8(
        JSON.stringify({
          operation: "event.export",
          outcome: "success",
          eventTime: "2026-11-21T09:31:07.412Z",
          initiator: { id: "auditor" },
          requestData: {},
          responseData: { size: 9, counts: { targets: { t: 3 }, initiators: { i: 5 } } },
          ...over,
        }),
      ),
    );

  test("contradicts an event that counts further than the log did", () => {
    const event = counted({ counters: { target: 4, initiator: 5 } });
    expect(record({})?.contradiction(8, event)).toContain(
      "number 4 of target t, of which the log counted 3",
    );
    // What came after the counting may count further.
    expect(record({})?.contradiction(9, event)).toBeUndefined();
    expect(
      record({})?.contradiction(8, counted({ counters: { target: 3, initiator: 5 } })),
    ).toBeUndefined();
  });

  test("that the log had to shorten states nothing", () => {
    const omitted = { omitted: "too long for one entry of the log" };
    const shortened = record({ requestData: omitted, responseData: omitted });
    expect(shortened).toMatchObject({
      query: undefined,
      exportedCount: undefined,
      exportedBy: "auditor",
    });
    expect(shortened?.totals).toEqual(NO_TOTALS);
  });

  test.each<[string, object]>([
    ["of a read", { operation: "secret.read" }],
    ["of an export that was refused", { outcome: "failure" }],
    ["with totals that are none", { responseData: { counts: { targets: { t: -1 } } } }],
  ])("%s is not taken for one", (_, over) => {
    expect(record(over)).toBeUndefined();
  });
});
