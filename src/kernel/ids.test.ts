import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "./clock.ts";
import { isUuid, MAX_SMOOTHED_STEP_MS, TimeOrderedIds, timeOfId } from "./ids.ts";

const NOON = Date.UTC(2026, 10, 21, 12);

describe("time-ordered ids", () => {
  it("are UUIDs of version 7 that carry their millisecond (RFC 9562, 5.7)", () => {
    const id = new TimeOrderedIds(new ManualClock(NOON)).next();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([isUuid(id), timeOfId(id)]).toEqual([true, NOON]);
  });

  it("never go backwards while the clock steps back by little, and never repeat", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 200 }),
        (steps) => {
          const clock = new ManualClock(NOON);
          const ids = new TimeOrderedIds(clock);
          let latest = NOON;
          const made = steps.map((step) => {
            // Never so far back in all that it would be believed.
            clock.set(Math.max(clock.now() + step, latest - MAX_SMOOTHED_STEP_MS / 2));
            latest = Math.max(latest, clock.now());
            return ids.next();
          });
          const ordered = made.map((id) => id.slice(0, 18));
          expect(ordered.every((id, i) => i === 0 || id > (ordered[i - 1] ?? ""))).toBe(true);
          expect(new Set(made).size).toBe(made.length);
        },
      ),
    );
  });

  it("stay in order when more are made in a millisecond than its counter holds", () => {
    const ids = new TimeOrderedIds(new ManualClock(NOON));
    const made = Array.from({ length: 10_000 }, () => ids.next());
    expect(made.every((id, i) => i === 0 || id > (made[i - 1] ?? ""))).toBe(true);
    expect(timeOfId(made.at(-1) ?? "")).toBeLessThan(NOON + 5);
  });

  it("follow a clock that is set back by much, so that one wrong setting does not stamp everything after it", () => {
    const clock = new ManualClock(Date.UTC(2099, 0, 1));
    const ids = new TimeOrderedIds(clock);
    ids.next();
    clock.set(NOON);
    expect(timeOfId(ids.next())).toBe(NOON);
  });

  it("give no time where there is none", () => {
    expect(timeOfId("0b5571f7-21e6-42b7-91c5-3f5ac9793a46")).toBeUndefined();
    expect(timeOfId("nonsense")).toBeUndefined();
  });
});
