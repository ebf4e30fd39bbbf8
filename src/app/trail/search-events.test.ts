import { afterEach, beforeEach, describe, expect, it } from "vitest";
import fc from "fast-check";
import { parseEvent } from "../../audit/event.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import { Outage, Refusal } from "../../kernel/errors.ts";
import type { Caller } from "../call.ts";
import { ACCOUNT, PLACE } from "../testing/test-app.ts";
import { exportEvents } from "./export-events.ts";
import { readEvent } from "./read-event.ts";
import { searchEvents } from "./search-events.ts";
import { summarizeEvents } from "./summarize-events.ts";
import { tailEvents } from "./tail-events.ts";
import { MAX_PAGE_BYTES } from "./trail-reader.ts";
import { openTrailApp, type TrailApp } from "./testing/trail-app.ts";
import { ASKED, auditorOf, plantEverywhere } from "./testing/places.ts";

let app: TrailApp;
beforeEach(async () => (app = await openTrailApp()));
afterEach(() => app.close());

function auditor(resource: PolicyResource = {}): Promise<Caller> {
  return auditorOf(app, resource);
}

describe("a search of the trail", () => {
  it("can not be talked out of its part by any query", async () => {
    await plantEverywhere(app);
    const caller = await auditor({ instance: PLACE.instance });
    const parts = fc.constantFrom(
      "account:ffff*",
      "OR",
      "NOT",
      "-account:0",
      "(",
      ")",
      "*",
      "account:operator",
      "secret",
      "||",
      'instance:"99999999-2222-4333-8444-555555555555"',
      "_exists_:id",
      "index:>=0",
      "id:/.*/",
    );
    const queries = fc.array(parts, { minLength: 1, maxLength: 6 }).map((some) => some.join(" "));
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        const performed = await app.perform(searchEvents, caller, { ...ASKED, query });
        const entries = performed.kind === "done" ? performed.output.entries : [];
        const places = entries
          .map(({ line }) => parseEvent(line))
          .map((e) => [e.account, e.instance]);
        expect(places.filter(([a, i]) => a !== ACCOUNT || i !== PLACE.instance)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("finds what was done just before, and not itself", async () => {
    const caller = await auditor();
    for (let i = 0; i < 5; i += 1) {
      const { eventId } = await app.plant();
      const { entries, index } = await app.done(searchEvents, caller, {
        ...ASKED,
        order: "newest",
      });
      expect(parseEvent(entries[0]?.line as Uint8Array).id).toBe(eventId);
      expect(index).toEqual({ size: entries.length, indexed: entries.length });
    }
  });

  it("is recorded with what was asked and how much was answered", async () => {
    await app.plant();
    const caller = await auditor();
    await app.done(searchEvents, caller, { ...ASKED, query: "secret", from: "now-1h" });
    expect((await app.events()).at(-1)).toMatchObject({
      action: "keytrail.events.list",
      outcome: "success",
      account: ACCOUNT,
      target: { name: "trail", typeURI: "keytrail/events" },
      requestData: { query: "secret", from: "now-1h", order: "oldest", limit: 1_000 },
      responseData: { returnedCount: 1 },
    });
  });

  it("pages without repeating or missing an event while others arrive", async () => {
    for (let i = 0; i < 7; i += 1) await app.plant({ targetId: `p${i}` });
    const caller = await auditor();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await app.done(searchEvents, caller, {
        query: "host:secrets-manager",
        order: "newest",
        limit: 3,
        cursor,
      });
      seen.push(...page.entries.map(({ line }) => parseEvent(line).target.name));
      cursor = page.next;
      await app.plant({ targetId: "late" });
    } while (cursor !== undefined);
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `name of p${i}`));
  });

  it("gives less than a page of very long events, and all of them page by page", async () => {
    const id = Array.from({ length: 60 }, () => "x".repeat(1_000));
    await Promise.all(Array.from({ length: 260 }, () => app.plant({ input: { id } })));
    const asked = { ...ASKED, query: "host:secrets-manager" };
    const caller = await auditor();
    const first = await app.done(searchEvents, caller, asked);
    const bytes = first.entries.reduce((sum, { line }) => sum + line.length, 0);
    expect(bytes).toBeGreaterThan(MAX_PAGE_BYTES);
    expect(bytes).toBeLessThan(1.5 * MAX_PAGE_BYTES);
    const second = await app.done(searchEvents, caller, { ...asked, cursor: first.next });
    const seen = [...first.entries, ...second.entries].map(({ index }) => index);
    expect([seen, second.next]).toEqual([Array.from({ length: 260 }, (_, i) => i), undefined]);
  });

  it("keeps to the times asked for, the first inclusive and the last exclusive", async () => {
    for (let i = 0; i < 3; i += 1) {
      await app.plant({ targetId: `t${i}` });
      app.base.clock.advance(60_000);
    }
    const { entries } = await app.done(searchEvents, await auditor(), {
      ...ASKED,
      from: "2026-11-21T09:01:00Z",
      to: "2026-11-21T09:02:00Z",
    });
    expect(entries.map(({ line }) => parseEvent(line).target.name)).toEqual(["name of t1"]);
  });

  it("answers in the words of other vocabularies", async () => {
    await app.plant();
    const find = async (query: string) =>
      (await app.done(searchEvents, await auditor(), { ...ASKED, query })).returnedCount;
    expect(await find("eventName:GetSecretValue eventSource:secretsmanager.amazonaws.com")).toBe(1);
    expect(await find("eventName:DeleteSecret")).toBe(0);
  });

  it.each([
    [{ query: "action:(a OR" }, "column"],
    [{ query: "severty:critical" }, "column"],
    [{ from: "yesterday" }, "field"],
    [{ to: "21/11/2026" }, "field"],
    [{ cursor: "b2ss" }, undefined],
    [{ limit: 0 }, undefined],
  ])("refuses %j and records the refusal", async (input, detail) => {
    const performed = await app.perform(searchEvents, await auditor(), { ...ASKED, ...input });
    expect(performed).toMatchObject({ kind: "refused", refusal: { code: "invalid_request" } });
    if (detail !== undefined && performed.kind === "refused") {
      expect(performed.refusal.details).toHaveProperty(detail);
    }
    expect((await app.events()).at(-1)).toMatchObject({
      action: "keytrail.events.list",
      outcome: "failure",
      reason: { reasonCode: 400 },
    });
  });
});

describe("an index that is not what it should be", () => {
  it("is behind: the answer comes, and says how much is missing", async () => {
    await app.plant();
    const caller = await auditor();
    expect((await app.done(searchEvents, caller, ASKED)).index.indexed).toBe(1);
    await app.indexer.stop();
    await app.plant();
    const { entries, index } = await app.done(searchEvents, caller, ASKED);
    expect(entries).toHaveLength(1);
    expect(index).toEqual({ size: 3, indexed: 1 });
  });

  it("is behind: what must not miss anything is an outage, not a wrong answer", async () => {
    const caller = await auditor();
    await app.indexer.stop();
    const { eventId: id } = await app.plant();
    await expect(app.perform(exportEvents, caller, { query: "" })).rejects.toThrow(Outage);
    await expect(app.perform(readEvent, caller, { id })).rejects.toThrow(Outage);
    expect((await app.events()).at(-1)).toMatchObject({
      action: "keytrail.event.read",
      outcome: "failure",
      reason: { reasonCode: 503 },
    });
  });

  it("is broken: that is an outage, and recording goes on", async () => {
    const caller = await auditor();
    const { index } = app;
    Object.assign(index, { search: () => Promise.reject(new Error("broken")) });
    await expect(app.perform(searchEvents, caller, ASKED)).rejects.toThrow(/recording goes on/);
    expect((await app.plant()).index).toBe(1);
  });
});

describe("a summary", () => {
  it("counts over time, with failures, in buckets chosen by the time asked for", async () => {
    for (const status of [undefined, 401, 403]) {
      await app.plant(status === undefined ? {} : { status });
      app.base.clock.advance(3_600_000);
    }
    const summarize = async (interval: string, from?: string) =>
      (
        await app.done(summarizeEvents, await auditor(), {
          query: "host:secrets-manager",
          interval,
          from,
        })
      ).histogram;
    expect(
      (await summarize("1h"))?.buckets.map(({ count, failures }) => [count, failures]),
    ).toEqual([
      [1, 0],
      [1, 1],
      [1, 1],
    ]);
    expect((await summarize("auto"))?.intervalMs).toBe(86_400_000);
    expect((await summarize("auto", "now-1h"))?.intervalMs).toBe(60_000);
    expect((await summarize("auto", "now-1m"))?.intervalMs).toBe(1_000);
    expect((await summarize("auto", "1970-01-01"))?.intervalMs).toBe(52 * 604_800_000);
  });

  it.each(["0m", "5", "m", "1y", "-1h", "10000s", ""])(
    "refuses the interval %j",
    async (interval) => {
      const performed = await app.perform(summarizeEvents, await auditor(), {
        query: "",
        interval,
      });
      expect(performed).toMatchObject({
        refusal: { code: "invalid_request", details: { field: "interval" } },
      });
    },
  );

  it("is recorded with what was counted", async () => {
    const caller = await auditor();
    await app.done(summarizeEvents, caller, { query: "a", fields: ["action"], limit: 3 });
    expect((await app.events()).at(-1)).toMatchObject({
      action: "keytrail.events-summary.read",
      requestData: { query: "a", fields: ["action"] },
      responseData: { totalCount: 0 },
    });
  });
});

describe("the tail", () => {
  it("cannot begin beyond the end of the log", async () => {
    const performed = await app.perform(tailEvents, await auditor(), { query: "", after: 7 });
    expect(performed).toMatchObject({
      refusal: new Refusal("invalid_request", "after is beyond the log's 0 entries.", {
        field: "after",
      }),
    });
  });
});
