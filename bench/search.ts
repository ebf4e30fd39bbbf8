/**
 * How fast the trail is searched, and what the index costs: builds an index of believable events, then asks what
 * people ask. `node bench/search.ts [--events 10000000] [--folder <where>] [--reuse]`. Figures: bench/README.md.
 */
import { mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MAX_CHUNK_ENTRIES } from "../src/search/indexer.ts";
import { planQuery } from "../src/search/planner.ts";
import type { Selection } from "../src/search/event-index.ts";
import { DuckDbEventIndex } from "../src/storage/duckdb/event-index.ts";
import { EventGenerator } from "./generate-events.ts";

const { values: options } = parseArgs({
  options: {
    events: { type: "string", default: "10000000" },
    folder: { type: "string", default: join(tmpdir(), "keytrail-bench-search") },
    reuse: { type: "boolean", default: false },
  },
});
const EVENTS = Number(options.events);
const RUNS = 9;
const DAY = 86_400_000;
const FROM = Date.UTC(2026, 7, 1);
const STEP_MS = (90 * DAY) / EVENTS;
const NOW = FROM + 90 * DAY;

const generator = new EventGenerator({ seed: 1, from: FROM, stepMs: STEP_MS });

if (!options.reuse) await build();
const openedAt = performance.now();
const index = await DuckDbEventIndex.open(options.folder);
print("open", performance.now() - openedAt);
print("resident after opening, MB", megabytes());
await freshness();
await questions();
print("resident at the end, MB", megabytes());
await index.close();

async function build(): Promise<void> {
  rmSync(options.folder, { recursive: true, force: true });
  mkdirSync(options.folder, { recursive: true });
  const building = await DuckDbEventIndex.open(options.folder);
  let ingestMs = 0;
  let lineBytes = 0;
  for (let first = 0; first < EVENTS; first += MAX_CHUNK_ENTRIES) {
    const count = Math.min(MAX_CHUNK_ENTRIES, EVENTS - first);
    const lines = Array.from({ length: count }, () => generator.next());
    for (const line of lines) lineBytes += line.length;
    const startedAt = performance.now();
    await building.ingest(first, lines);
    ingestMs += performance.now() - startedAt;
    if (first % 1_000_000 === 0) console.log(`# ${first} indexed, ${megabytes()} MB resident`);
  }
  await building.settle();
  await building.close();
  const { size } = statSync(join(options.folder, "events.duckdb"));
  print("events", EVENTS);
  print("bytes of a line in the ledger", lineBytes / EVENTS);
  print("bytes of the index per event", size / EVENTS);
  print("indexed per second", (EVENTS / ingestMs) * 1000);
}

/** From an event in the ledger to an event that is found. */
async function freshness(): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const position = await index.position();
    const startedAt = performance.now();
    await index.ingest(position, [generator.next()]);
    await index.count(select(`index:${position}`));
    times.push(performance.now() - startedAt);
  }
  report("one event: indexed and found", times);
}

async function questions(): Promise<void> {
  const rareInitiator = generator.initiators[19_000];
  const rareTarget = generator.targets[99_000];
  const someId = await idOf(EVENTS >> 1);
  const newest: readonly (readonly [string, string])[] = [
    ["everything", ""],
    ["frequent action", "action:secrets-manager.secret.read"],
    ["rare action", "action:iam-identity.account-serviceid.delete"],
    ["rare principal", `initiator.id:${rareInitiator?.id}`],
    ["rare principal by name", `initiator.name:${rareInitiator?.name}`],
    ["rare target", `target.name:"${rareTarget?.name}"`],
    ["rare target by CRN", `target.id:*${rareTarget?.id}`],
    ["failure + principal", `outcome:failure initiator.id:${rareInitiator?.id}`],
    ["reason type", "host:secrets-manager reason.reasonType:Unauthorized"],
    ["status range", "reason.reasonCode:[400 TO 499] -reason.reasonCode:403"],
    ["request data, frequent", "requestData.secretType:arbitrary"],
    ["request data, rare", `requestData.id:${rareTarget?.id}`],
    ["absent value", "initiator.name:nobody-at-all"],
    ["prefix of many targets", "target.name:db-prod"],
    ["client agent", 'initiator.host.agent:"Not Set"'],
    ["by event id", `id:==${someId}`],
    ["substring, rare", `${rareTarget?.name}`],
    ["substring, frequent", "payments"],
    ["regular expression", "target.name:/ldap-(dev|test)-1[0-9]{4}/"],
  ];
  for (const [name, query] of newest) {
    await measure(`newest 50: ${name}`, () =>
      index.search(select(query), { order: "newest", limit: 50 }),
    );
  }
  const middle = { time: FROM + 45 * DAY, seq: EVENTS >> 1 };
  await measure("a page in the middle", () =>
    index.search(select("action:secrets-manager.secret.read"), {
      order: "newest",
      limit: 50,
      after: middle,
    }),
  );
  await measure("count all failures", () => index.count(select("outcome:failure")));
  await measure("count a substring", () => index.count(select("payments")));
  await measure("histogram, 7 days by hour", () =>
    index.histogram(select("", { from: NOW - 7 * DAY }), 3_600_000),
  );
  await measure("histogram, all by hour", () => index.histogram(select(""), 3_600_000));
  await measure("histogram, all by day, one principal", () =>
    index.histogram(select(`initiator.id:${rareInitiator?.id}`), DAY),
  );
  const fields = [
    "action",
    "outcome",
    "severity",
    "initiator.name",
    "target.name",
    "reason.reasonCode",
    "dialect",
    "host",
  ];
  await measure("facets, 8 fields, 1 day", () =>
    index.facets(select("", { from: NOW - DAY }), { fields, limit: 10 }),
  );
  await measure("facets, 8 fields, all", () => index.facets(select(""), { fields, limit: 10 }));
}

/** The id of the event at an index: found as the most frequent, and only, value there. */
async function idOf(seq: number): Promise<string> {
  const [facet] = await index.facets(select(`index:${seq}`), { fields: ["id"], limit: 1 });
  return facet?.values[0]?.value ?? "";
}

function select(query: string, times: Omit<Selection, "plan"> = {}): Selection {
  return { plan: planQuery(query, { now: NOW }), ...times };
}

async function measure(name: string, ask: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    await ask();
    times.push(performance.now() - startedAt);
  }
  report(name, times);
}

function report(name: string, times: readonly number[]): void {
  const [first = 0] = times;
  const median = times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
  console.log(
    `${name.padEnd(48)} median ${median.toFixed(0).padStart(6)} ms, first ${first.toFixed(0)} ms`,
  );
}

function print(name: string, value: number): void {
  console.log(`${name.padEnd(48)} ${Math.round(value)}`);
}

function megabytes(): number {
  return Math.round(process.memoryUsage.rss() / 1_000_000);
}
