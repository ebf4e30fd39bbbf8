import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Coalesced } from "./coalesced.ts";

/** Work that takes a turn, and knows how much of it ran at once. */
class Watched {
  atOnce = 0;
  mostAtOnce = 0;
  runs = 0;
  readonly coalesced = new Coalesced(async () => {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    const run = ++this.runs;
    await setImmediate();
    this.atOnce -= 1;
    // Every third one fails, with its number.
    if (run % 3 === 0) throw new Error(String(run));
    return run;
  });
}

it("runs once at a time, also when it is asked just as one run ends and the next has not begun", async () => {
  const watched = new Watched();
  const first = watched.coalesced.run();
  const second = watched.coalesced.run();
  await first;
  const asked = watched.coalesced.run();
  expect(asked).toBe(second);
  await asked;
  expect(watched.mostAtOnce).toBeLessThan(2);
});

it("gives everyone a run that began after they asked, never two at once", async () => {
  // Ask at once, or first wait for what was asked that many times ago.
  const waits = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(waits, async (agos) => {
      const watched = new Watched();
      const runs: Promise<number>[] = [];
      const begun: Promise<void>[] = [];
      for (const ago of agos) {
        // Awaited itself, not a promise behind it: asking comes in the very microtask in which the run ends.
        try {
          if (ago > 0) await runs.at(-ago);
        } catch {
          // How it ended does not matter here.
        }
        const before = watched.runs;
        const run = watched.coalesced.run();
        runs.push(run);
        const numbered = run.catch((error: Error) => Number(error.message));
        begun.push(numbered.then((number) => expect(number).toBeGreaterThan(before)));
      }
      await Promise.all(begun);
      await watched.coalesced.idle();
      expect(watched.atOnce).toBe(0);
      expect(watched.mostAtOnce).toBeLessThan(2);
    }),
  );
});

it("is idle only once nothing is running or about to", async () => {
  const watched = new Watched();
  void watched.coalesced.run();
  void watched.coalesced.run();
  await watched.coalesced.idle();
  expect([watched.runs, watched.atOnce]).toEqual([2, 0]);
});
