import { describe, expect, it } from "vitest";
import { TURN_MS, Turns } from "./turns.ts";

/** A clock on which every step takes as long as it says. */
function worker() {
  let now = 0;
  const turns = new Turns(() => now);
  const done: string[] = [];
  const work = (name: string, { steps, ms }: { steps: number; ms: number }) => {
    let left = steps;
    return turns.run(() => {
      now += ms;
      done.push(name);
      left -= 1;
      return left > 0;
    });
  };
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { turns, work, done, turn };
}

describe("turns of the event loop", () => {
  it("do little of a long work, and all of it in the end", async () => {
    const { work, done, turn } = worker();
    const all = work("long", { steps: 20, ms: TURN_MS / 2 });
    await turn();
    expect(done).toHaveLength(2);
    await turn();
    expect(done).toHaveLength(4);
    await all;
    expect(done).toHaveLength(20);
  });

  it("do no more for many than for one", async () => {
    const { work, done, turn } = worker();
    const all = Array.from({ length: 50 }, () => work("one", { steps: 1, ms: TURN_MS }));
    await turn();
    expect(done).toHaveLength(1);
    await Promise.all(all);
    expect(done).toHaveLength(50);
  });

  it("go round, so that short work does not wait for long work", async () => {
    const { work, done } = worker();
    const long = work("long", { steps: 100, ms: 10 * TURN_MS });
    await work("short", { steps: 2, ms: 0 });
    expect(done.filter((name) => name === "long").length).toBeLessThanOrEqual(3);
    await long;
  });

  it("leave others alone when one fails", async () => {
    const { turns, work } = worker();
    const failed = turns.run(() => {
      throw new Error("unreadable");
    });
    const other = work("other", { steps: 3, ms: TURN_MS });
    await expect(failed).rejects.toThrow("unreadable");
    await other;
  });
});
