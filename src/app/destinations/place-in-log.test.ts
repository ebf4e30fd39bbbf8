import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../kernel/bytes.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { everyKindOfEvent } from "../../../test/support/sample-events.ts";
import { MARGIN_MS, placeInLog, PROBE_ENTRIES } from "./place-in-log.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;

/** A log whose entries bear these times, and how many of them were read. */
function logOf(times: readonly number[]) {
  const [event] = everyKindOfEvent();
  let readings = 0;
  return {
    size: times.length,
    async entries(indexes: readonly number[]): Promise<Uint8Array[]> {
      readings += 1;
      return indexes.map((index) =>
        utf8(JSON.stringify({ ...event, eventTime: toRfc3339(times[index] ?? 0) })),
      );
    },
    readings: () => readings,
  };
}

const place = (from: string | number, times: readonly number[]) =>
  placeInLog(from, { log: logOf(times), now: NOW });

/** One event a minute, the last one now. */
const MINUTES = Array.from({ length: 600 }, (_, at) => NOW - (599 - at) * MINUTE);

describe("a place in the log", () => {
  it("is an index, the beginning, or now", async () => {
    expect(await place(17, MINUTES)).toBe(17);
    expect(await place("17", MINUTES)).toBe(17);
    expect(await place("beginning", MINUTES)).toBe(0);
    expect(await place("now", MINUTES)).toBe(600);
    expect(await place(600, MINUTES)).toBe(600);
  });

  it.each([["601"], [601], [-1], [1.5], ["yesterday"], [""], ["now-2"]])(
    "is not %j",
    async (from) => {
      await expect(place(from, MINUTES)).rejects.toMatchObject({
        code: "invalid_request",
        details: { field: "from" },
      });
    },
  );

  it("is where a time begins, a margin before it", async () => {
    const at = await place("now-2h", MINUTES);
    expect(MINUTES[at]).toBe(NOW - 120 * MINUTE - MARGIN_MS);
    expect(await place("2026-11-20", MINUTES)).toBe(0);
    expect(await place("2026-11-22", MINUTES)).toBe(600);
    expect(await place("now-2h", [])).toBe(0);
  });

  it("leaves nothing of the time out, whatever was recorded late, and reads little", async () => {
    const late = fc.record({
      at: fc.integer({ min: 0, max: 599 }),
      count: fc.integer({ min: 1, max: PROBE_ENTRIES - 1 }),
      byMinutes: fc.integer({ min: 2, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(late, fc.integer({ min: 0, max: 600 }), async (delayed, minutes) => {
        // An outage: then what had been waiting for its end, next to what happens now.
        const times = MINUTES.map((time, index) => {
          const isLate = index >= delayed.at && index < delayed.at + delayed.count;
          return isLate ? time - delayed.byMinutes * MINUTE : time;
        });
        const log = logOf(times);
        const from = await placeInLog(`now-${minutes}m`, { log, now: NOW });
        const first = times.findIndex((time) => time >= NOW - minutes * MINUTE);
        expect(from).toBeLessThanOrEqual(first === -1 ? times.length : first);
        expect(log.readings()).toBeLessThan(12);
      }),
    );
  });
});
