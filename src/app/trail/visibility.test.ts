import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseEvent } from "../../audit/event.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import { DuckDbEventIndex } from "../../storage/duckdb/event-index.ts";
import type { Caller } from "../call.ts";
import { NOBODY, PLACE } from "../testing/test-app.ts";
import { exportEvents } from "./export-events.ts";
import { readCatalogue } from "./read-catalogue.ts";
import { readEvent } from "./read-event.ts";
import { readLogEntries } from "./read-log-entries.ts";
import { readReceipt } from "./read-receipt.ts";
import { searchEvents } from "./search-events.ts";
import { summarizeEvents } from "./summarize-events.ts";
import { tailEvents } from "./tail-events.ts";
import { openTrailApp, type TrailApp } from "./testing/trail-app.ts";
import { ASKED, auditorOf, collected, OTHER_INSTANCE, plantEverywhere } from "./testing/places.ts";

let app: TrailApp;
beforeEach(async () => (app = await openTrailApp()));
afterEach(() => app.close());

function auditor(resource: PolicyResource = {}): Promise<Caller> {
  return auditorOf(app, resource);
}

const READERS: readonly [string, () => Promise<Caller>, readonly string[]][] = [
  ["an auditor of the account", () => auditor(), ["own", "otherInstance", "identity"]],
  ["an auditor of one instance", () => auditor({ instance: PLACE.instance }), ["own"]],
  ["an auditor of one region", () => auditor({ region: PLACE.region }), ["own", "otherInstance"]],
  ["an auditor of a region with nothing in it", () => auditor({ region: "eu-de" }), []],
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
    const planted = await plantEverywhere(app);
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
