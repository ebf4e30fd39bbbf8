import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import fc from "fast-check";
import { parseEvent } from "../../audit/event.ts";
import type { Place } from "../../audit/crn.ts";
import { operatorPlace } from "../../audit/crn.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import { Outage, Refusal } from "../../kernel/errors.ts";
import { parseReceipt, formatReceipt, verifyReceipt } from "../../ledger/receipt.ts";
import { policyOfLog } from "../../ledger/witness-policy.ts";
import { DuckDbEventIndex } from "../../storage/duckdb/event-index.ts";
import type { Caller } from "../call.ts";
import { ACCOUNT, NOBODY, PLACE } from "../testing/test-app.ts";
import { exportEvents, MAX_COUNTED } from "./export-events.ts";
import { readCatalogue } from "./read-catalogue.ts";
import { readEvent } from "./read-event.ts";
import { readLogEntries } from "./read-log-entries.ts";
import { readReceipt } from "./read-receipt.ts";
import { searchEvents, type SearchEventsInput } from "./search-events.ts";
import { summarizeEvents } from "./summarize-events.ts";
import { tailEvents } from "./tail-events.ts";
import { MAX_PAGE_BYTES } from "./trail-reader.ts";
import { openTrailApp, type TrailApp } from "./testing/trail-app.ts";

const OTHER_INSTANCE: Place = { ...PLACE, instance: "99999999-2222-4333-8444-555555555555" };
const OTHER_ACCOUNT: Place = { ...PLACE, account: "ffffffffffffffffffffffffffffffff" };
const IDENTITIES: Place = { ...PLACE, region: "global", instance: null };

const ASKED: SearchEventsInput = { query: "", order: "oldest", limit: 1_000 };

let app: TrailApp;
beforeEach(async () => (app = await openTrailApp()));
afterEach(() => app.close());

function auditor(resource: PolicyResource = {}): Promise<Caller> {
  return app.base.callerWith(["Auditor"], resource);
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** One event in each place that somebody may or may not see. */
async function plantEverywhere(): Promise<Readonly<Record<string, string>>> {
  const plant = async (place: Place, operation: "secret.read" | "user.create") =>
    (await app.plant({ place, operation, targetId: "x" })).eventId;
  return {
    own: await plant(PLACE, "secret.read"),
    otherInstance: await plant(OTHER_INSTANCE, "secret.read"),
    identity: await plant(IDENTITIES, "user.create"),
    otherAccount: await plant(OTHER_ACCOUNT, "secret.read"),
    operator: await plant(operatorPlace(), "secret.read"),
  };
}

const READERS: readonly [string, () => Promise<Caller>, readonly string[]][] = [
  ["an auditor of the account", () => auditor(), ["own", "otherInstance", "identity"]],
  ["an auditor of one instance", () => auditor({ instance: PLACE.instance }), ["own"]],
  [
    "an auditor of one service",
    () => auditor({ service: "secrets-manager" }),
    ["own", "otherInstance"],
  ],
  [
    "an auditor of one service in one instance",
    () => auditor({ service: "secrets-manager", instance: OTHER_INSTANCE.instance ?? "" }),
    ["otherInstance"],
  ],
  [
    "an operator",
    () => app.base.callerWith(["Operator"]),
    ["own", "otherInstance", "identity", "operator"],
  ],
  [
    "an operator of one instance, who operates no installation",
    () => app.base.callerWith(["Operator"], { instance: PLACE.instance }),
    ["own"],
  ],
];

describe.each(["memory", "DuckDB"])("with an index on %s", (kind) => {
  let folder: string;
  beforeEach(async () => {
    if (kind === "memory") return;
    await app.close();
    folder = await mkdtemp(join(tmpdir(), "keytrail-trail-"));
    app = await openTrailApp(await DuckDbEventIndex.open(folder));
  });
  afterEach(async () => {
    if (kind === "memory") return;
    await app.indexer.stop();
    await app.index.close();
    await rm(folder, { recursive: true });
  });

  it.each(READERS)("%s sees exactly their part, however they look", async (_who, make, seen) => {
    const planted = await plantEverywhere();
    const caller = await make();
    const wanted = Object.keys(planted).filter((key) => seen.includes(key));
    const query = 'target.name:"name of x"';

    const found = await app.done(searchEvents, caller, { ...ASKED, query });
    const names = Object.entries(planted);
    const nameOf = (line: Uint8Array) => names.find(([, id]) => id === parseEvent(line).id)?.[0];
    expect(found.entries.map(({ line }) => nameOf(line))).toEqual(wanted);

    const summary = await app.done(summarizeEvents, caller, {
      query,
      interval: "1h",
      fields: ["account", "id"],
    });
    expect(summary.totalCount).toBe(wanted.length);
    expect(summary.histogram?.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(
      wanted.length,
    );
    const counted = summary.facets?.[1]?.values.map(({ value }) => value);
    expect(new Set(counted)).toEqual(new Set(wanted.map((key) => planted[key])));

    const exported = await app.done(exportEvents, caller, { query });
    const lines = await collected(exported.entries());
    expect(lines.map(({ line }) => nameOf(line))).toEqual(wanted);

    const tail = await app.done(tailEvents, caller, { query, after: -1 });
    const all = await app.reader.entries([...names.keys()]);
    expect(all.filter(tail.matches).map(({ line }) => nameOf(line))).toEqual(wanted);

    for (const [key, id] of names) {
      for (const operation of [readEvent, readReceipt]) {
        const performed = await app.perform(operation, caller, { id });
        expect([key, performed.kind]).toEqual([key, wanted.includes(key) ? "done" : "refused"]);
        if (performed.kind === "refused") expect(performed.refusal.code).toBe("not_found");
      }
    }
  });
});

describe("a search of the trail", () => {
  it("can not be talked out of its part by any query", async () => {
    await plantEverywhere();
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

describe("whoever may not read the trail", () => {
  it.each(["Manager", "Reader", "Administrator"] as const)("as a %s is refused", async (role) => {
    await app.plant();
    const caller = await app.base.callerWith([role]);
    const inputs = [
      app.perform(searchEvents, caller, ASKED),
      app.perform(summarizeEvents, caller, { query: "" }),
      app.perform(tailEvents, caller, { query: "" }),
      app.perform(exportEvents, caller, { query: "" }),
      app.perform(readEvent, caller, { id: "x" }),
      app.perform(readReceipt, caller, { id: "x" }),
      app.perform(readLogEntries, caller, { bundle: 0, width: 1 }),
    ];
    for (const performed of await Promise.all(inputs)) {
      expect(performed).toMatchObject({ kind: "refused", refusal: { code: "forbidden" } });
    }
  });

  it("by a role on one secret group is refused", async () => {
    const caller = await auditor({ secretGroup: "default" });
    expect(await app.perform(searchEvents, caller, ASKED)).toMatchObject({
      refusal: { code: "forbidden" },
    });
  });

  it("without a credential is refused, even what any identity may read", async () => {
    for (const performed of [
      await app.perform(searchEvents, NOBODY, ASKED),
      await app.perform(readReceipt, NOBODY, { id: "x" }),
      await app.perform(readCatalogue, NOBODY, {}),
    ]) {
      expect(performed).toMatchObject({ refusal: { code: "unauthenticated" } });
    }
    const caller = await app.base.callerWith(["Reader"]);
    const { entries } = await app.done(readCatalogue, caller, {});
    expect(entries.find(({ operation }) => operation === "secret.read")).toMatchObject({
      row: { action: "secrets-manager.secret.read", aws: "GetSecretValue" },
      roles: ["Manager", "Writer", "SecretsReader"],
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

describe("a receipt", () => {
  it("proves the event against the log's key, and nothing else", async () => {
    const { eventId: id } = await app.plant();
    await app.plant();
    const { receipt, line, index } = await app.done(readReceipt, await auditor(), { id });
    expect(index).toBe(0);
    const read = parseReceipt(formatReceipt(receipt));
    const policy = policyOfLog(app.ledger.vkey);
    expect(verifyReceipt({ receipt: read, leaf: line, policy }).size).toBe(2);
    const altered = Buffer.from(line).fill("x", 5, 6);
    expect(() => verifyReceipt({ receipt: read, leaf: altered, policy })).toThrow();
  });

  it("is given to whoever did it, though they may not read the trail", async () => {
    const caller = await app.base.callerWith(["Reader"]);
    const { id: initiatorId } = caller as { readonly id: string };
    const { eventId: own } = await app.plant({ initiatorId });
    const { eventId: others } = await app.plant();
    expect(await app.perform(readReceipt, caller, { id: own })).toMatchObject({ kind: "done" });
    expect(await app.perform(readReceipt, caller, { id: others })).toMatchObject({
      refusal: { code: "forbidden" },
    });
    expect(await app.perform(readEvent, caller, { id: own })).toMatchObject({
      refusal: { code: "forbidden" },
    });
  });

  it("of nobody's event is nobody's own", async () => {
    const { eventId: id } = await app.plant({ initiatorId: "", place: operatorPlace() });
    const caller = await auditor();
    expect(await app.perform(readReceipt, caller, { id })).toMatchObject({
      refusal: { code: "not_found" },
    });
  });

  it("is made by the cosigned checkpoint where that covers the event", async () => {
    const { eventId: id } = await app.plant();
    const published = await app.ledger.publish();
    app.cosigned = published;
    await app.plant();
    const { receipt, size } = await app.done(readReceipt, await auditor(), { id });
    expect([size, receipt.checkpoint]).toEqual([1, published.text]);
    const { eventId: later } = await app.plant();
    const newer = await app.done(readReceipt, await auditor(), { id: later });
    expect(newer.size).toBeGreaterThan(1);
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

describe("an export", () => {
  it("states the log's own totals of each target and initiator in it, in its own record", async () => {
    for (let i = 0; i < 3; i += 1) await app.plant({ targetId: "a", initiatorId: "IBMid-Ada" });
    await app.plant({ targetId: "a", initiatorId: "IBMid-Bob", status: 403 });
    await app.plant({ targetId: "b", initiatorId: "IBMid-Ada" });
    const query = 'target.name:"name of a" outcome:success';
    const { exportedCount, counts } = await app.done(exportEvents, await auditor(), { query });
    const target =
      "crn:v1:bluemix:public:secrets-manager:us-south:a/0123456789abcdef0123456789abcdef:11111111-2222-4333-8444-555555555555:secret:a";
    expect(exportedCount).toBe(3);
    // Four events on the target and four by Ada: three of either are in the export, and whoever checks can see it.
    expect(counts).toEqual({
      targets: { [target]: 4 },
      initiators: { "IBMid-Ada": 4 },
      partial: false,
    });
    expect((await app.events()).at(-1)).toMatchObject({
      action: "keytrail.events.export",
      responseData: { exportedCount: 3, size: 5, counts },
    });
  });

  it("counts as of its own beginning, whatever is recorded meanwhile", async () => {
    for (let i = 0; i < 3; i += 1) await app.plant();
    const caller = await auditor();
    const facets = app.index.facets.bind(app.index);
    Object.assign(app.index, {
      facets: async (...args: Parameters<typeof facets>) => {
        const found = await facets(...args);
        await Promise.all([app.plant(), app.plant()]);
        return found;
      },
    });
    const exported = await app.done(exportEvents, caller, { query: "host:secrets-manager" });
    expect(Object.values(exported.counts.targets)).toEqual([3]);
    expect(await collected(exported.entries())).toHaveLength(3);
  });

  it("of more targets than fit says that its totals are partial", async () => {
    const plants = Array.from({ length: MAX_COUNTED + 1 }, (_, i) =>
      app.plant({ targetId: `m${i}` }),
    );
    await Promise.all(plants);
    const { counts } = await app.done(exportEvents, await auditor(), { query: "" });
    expect(Object.keys(counts.targets)).toHaveLength(MAX_COUNTED);
    expect(counts.partial).toBe(true);
  });

  it("breaks off rather than leave an event out in silence", async () => {
    await app.plant();
    const exported = await app.done(exportEvents, await auditor(), { query: "" });
    await app.indexer.stop();
    await app.index.reset();
    await expect(collected(exported.entries())).rejects.toThrow(Outage);
  });
});

describe("the log's entries", () => {
  it("are for whoever runs the installation, never beyond the published checkpoint, and recorded", async () => {
    await app.plant();
    await app.ledger.publish();
    const operator = await app.base.callerWith(["Operator"]);
    const { returnedCount } = await app.done(readLogEntries, operator, { bundle: 0, width: 1 });
    expect(returnedCount).toBe(1);
    expect((await app.events()).at(-1)).toMatchObject({
      action: "keytrail.log-entries.read",
      target: { name: "log" },
      requestData: { bundle: 0, width: 1 },
    });
    expect(await app.perform(readLogEntries, operator, { bundle: 0, width: 2 })).toMatchObject({
      refusal: { code: "not_found" },
    });
    for (const caller of [
      await auditor(),
      await app.base.callerWith(["Operator"], { instance: PLACE.instance }),
    ]) {
      expect(await app.perform(readLogEntries, caller, { bundle: 0, width: 1 })).toMatchObject({
        refusal: { code: "forbidden" },
      });
    }
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
