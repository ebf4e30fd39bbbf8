import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../kernel/clock.ts";
import { Outage } from "../kernel/errors.ts";
import { TimeOrderedIds } from "../kernel/ids.ts";
import { MemoryEntryLog } from "../storage/memory/entry-log.ts";
import { countersSchema, SqliteCounterStore } from "../storage/sqlite/counters.ts";
import { Database } from "../storage/sqlite/database.ts";
import { initiatorKey, targetKey } from "./counters.ts";
import { describe as describeEvent } from "./describe.ts";
import { parseEvent, type EventDraft } from "./event.ts";
import { Trail } from "./trail.ts";

const ids = new TimeOrderedIds(new ManualClock(Date.UTC(2026, 0, 1)));
const place = { account: "acct", region: "us-south", instance: "inst" };

function draft(secret: string, who: string): EventDraft {
  return describeEvent({
    id: ids.next(),
    at: 0,
    operation: "secret.read",
    initiator: {
      id: who,
      name: who,
      typeURI: "service/security/account/user",
      credential: { type: "token" },
      host: { address: "10.0.0.1", addressType: "IPv4", agent: "" },
    },
    target: { place, kind: "secret", id: secret, name: secret },
    input: {},
    ending: { kind: "success", output: {} },
    dialect: "ibm",
    requestId: "r",
    correlationId: "r",
  });
}

function counterStore(): SqliteCounterStore {
  return new SqliteCounterStore(Database.open(":memory:", [countersSchema]));
}

/** Recounts from nothing: the definition that the counters of the ledger must meet. */
function expectCounted(lines: readonly Uint8Array[]): void {
  const seen = new Map<string, number>();
  for (const event of lines.map(parseEvent)) {
    const target = targetKey(event);
    const initiator = initiatorKey(event);
    for (const key of [target, initiator]) if (key) seen.set(key, (seen.get(key) ?? 0) + 1);
    expect(event.counters).toEqual({
      target: target ? seen.get(target) : null,
      initiator: initiator ? seen.get(initiator) : null,
    });
  }
}

describe("the trail", () => {
  it("numbers the events of each target and each initiator in ledger order", async () => {
    const log = new MemoryEntryLog();
    const trail = await Trail.open(log, counterStore());
    const recorded = await Promise.all([
      trail.record([draft("a", "alice"), draft("b", "alice")]),
      trail.record([draft("a", "bob")]),
    ]);
    expect(recorded.flat().map(({ index }) => index)).toEqual([0, 1, 2]);
    const counters = log.lines.map((line) => parseEvent(line).counters);
    expect(counters).toEqual([
      { target: 1, initiator: 1 },
      { target: 1, initiator: 2 },
      { target: 2, initiator: 1 },
    ]);
  });

  it("counts nobody where nobody could be established", async () => {
    const log = new MemoryEntryLog();
    const trail = await Trail.open(log, counterStore());
    await trail.record([draft("a", "")]);
    expect(parseEvent(log.lines[0] as Uint8Array).counters).toEqual({ target: 1, initiator: null });
  });

  it("takes back the numbers of events that never became durable", async () => {
    const log = new MemoryEntryLog();
    const trail = await Trail.open(log, counterStore());
    await trail.record([draft("a", "alice")]);
    log.failNext = "before";
    const failed = await Promise.allSettled([
      trail.record([draft("a", "alice")]),
      trail.record([draft("b", "bob")]),
    ]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await trail.record([draft("a", "alice"), draft("b", "bob")]);
    expectCounted(log.lines);
    expect(log.size).toBe(3);
  });

  it("gives nobody a number as long as the ledger cannot be counted anew", async () => {
    const log = new MemoryEntryLog();
    const trail = await Trail.open(log, counterStore());
    for (let i = 0; i < 5; i++) await trail.record([draft("a", "alice")]);
    log.failNext = "before";
    await expect(trail.record([draft("a", "alice")])).rejects.toThrow(Outage);
    // The recount fails with nobody waiting for it, and again for somebody who does.
    log.failNextRead = true;
    await new Promise((resolve) => setImmediate(resolve));
    log.failNextRead = true;
    await expect(trail.record([draft("a", "alice")])).rejects.toThrow(Outage);
    for (let i = 0; i < 3; i++) await trail.record([draft("a", "alice")]);
    expect(log.size).toBe(8);
    expectCounted(log.lines);
  });

  it("counts an event that was written although its append failed", async () => {
    const log = new MemoryEntryLog();
    const trail = await Trail.open(log, counterStore());
    log.failNext = "after";
    await expect(trail.record([draft("a", "alice")])).rejects.toThrow("told to fail");
    await trail.record([draft("a", "alice")]);
    expect(log.size).toBe(2);
    expectCounted(log.lines);
  });

  it("refuses before anything is begun when the log cannot be written", async () => {
    const log = new MemoryEntryLog();
    const trail = await Trail.open(log, counterStore());
    log.status = "refusing";
    expect(() => trail.assertRecordable()).toThrow("nothing was done");
  });

  it("counts on after a crash from whatever the store had saved", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            events: fc.array(
              fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("alice", "bob", "")),
              {
                minLength: 1,
                maxLength: 6,
              },
            ),
            after: fc.constantFrom("go on", "save", "crash", "fail before", "fail after"),
          }),
          { maxLength: 12 },
        ),
        async (steps) => {
          const log = new MemoryEntryLog();
          const store = counterStore();
          let trail = await Trail.open(log, store);
          for (const { events, after } of steps) {
            if (after === "fail before") log.failNext = "before";
            if (after === "fail after") log.failNext = "after";
            await Promise.allSettled(
              events.map(([target, who]) => trail.record([draft(target, who)])),
            );
            if (after === "save") await trail.close();
            if (after === "crash" || after === "save") trail = await Trail.open(log, store);
          }
          expectCounted(log.lines);
          const totals = new Map<string, number>();
          for (const event of log.lines.map(parseEvent)) {
            const key = targetKey(event) as string;
            totals.set(key, (totals.get(key) ?? 0) + 1);
          }
          // What failed after it was written is known to the trail once it has looked at the log again.
          await trail.record([draft("z", "zoe")]).catch(() => undefined);
          for (const [key, total] of totals) expect(await trail.total(key)).toBe(total);
        },
      ),
      { numRuns: 60 },
    );
  });
});
