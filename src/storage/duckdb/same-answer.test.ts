/** The SQL and the predicate give the same answer to every query: random events, random queries, odd Unicode. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8 } from "../../kernel/bytes.ts";
import type { Selection } from "../../search/event-index.ts";
import { planQuery } from "../../search/planner.ts";
import { MemoryEventIndex } from "../memory/event-index.ts";
import { DuckDbEventIndex } from "./event-index.ts";

const NOW = Date.parse("2026-11-21T09:00:00.000Z");

const PIECES = [
  ...Array.from("aAbBzéÉİßẞΣς%_\\\"'*?.()[]{}-:/|^$+ 10"),
  ...Array.from("\n\t\u0000\u001e\u001f\u007f\u00a0\u2028\ue000\uffff\ufeff😀"),
  "\ud83d",
  "e\u0301",
  "ǅ",
  "now",
  "AND",
  "1e3",
  "-7",
  "0.5",
  "secret",
  "failure",
  "null",
];
/** Few enough that queries and events meet, and near enough to one another to tell tests of text apart. */
const NEAR = ["a", "A", "aB", "ab", "a%", "a_", "a_b", "axb", "a\\", "É", "é", "1", "10", "x 1"];
const text = fc.oneof(
  { arbitrary: fc.constantFrom(...NEAR), weight: 2 },
  fc.array(fc.constantFrom(...PIECES), { maxLength: 3 }).map((pieces) => pieces.join("")),
);
const scalar = fc.oneof(
  { arbitrary: text, weight: 5 },
  fc.constantFrom(0, 1, 10, -7, 0.5, 1000, 1e21, 403, true, false, null),
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "B", "é", "x.y", "\u001e"), tie("value"), {
      maxKeys: 3,
    }),
  ),
})).value;

const event = fc.record(
  {
    id: fc.oneof(fc.uuid(), text),
    eventTime: fc.oneof(
      fc.integer({ min: -5, max: 5 }).map((at) => new Date(NOW + at * 1000).toISOString()),
      text,
    ),
    action: fc.oneof(
      fc.constantFrom("secrets-manager.secret.read", "iam-identity.user.login"),
      text,
    ),
    operation: fc.constantFrom("secret.read", "user.login"),
    outcome: fc.oneof(fc.constantFrom("success", "failure", "Failure"), scalar),
    message: text,
    reason: fc.record({ reasonCode: scalar, reasonType: scalar }, { requiredKeys: [] }),
    initiator: fc.oneof(
      fc.record({ id: text, name: scalar, host: fc.record({ agent: text }) }, { requiredKeys: [] }),
      json,
    ),
    target: fc.record({ name: text, id: json }, { requiredKeys: [] }),
    requestData: fc.oneof(json, fc.record({ a: scalar, b: fc.array(scalar, { maxLength: 3 }) })),
    responseData: json,
    correlationId: text,
    requestId: text,
    dataEvent: fc.oneof(fc.boolean(), scalar),
    region: text,
    counters: fc.record({ target: fc.oneof(fc.nat({ max: 20 }), scalar) }),
    extra: json,
  },
  { requiredKeys: [] },
);

/** Where events and queries meet most. */
const MET_FIELDS = ["initiator.name", "target.name", "outcome", "requestData.a", "message"];
const TEXT_FIELDS = [
  "id",
  "action",
  "host",
  "outcome",
  "message",
  "reason.reasonType",
  "initiator.id",
  "initiator.name",
  "initiator.host.agent",
  "target.name",
  "target.id",
  "correlationId",
  "X-Global-Transaction-Id",
  "region",
  "requestData.a",
  "requestData.b",
  "requestData.a.b",
  "responseData.B",
  "responseData.x.y",
  "extra.a",
  "extra",
];
const NUMBER_FIELDS = ["reason.reasonCode", "counters.target", "index", "requestData.a", "extra.b"];

const escaped = text.map((value) => value.replaceAll(/[^A-Za-z0-9]/gu, "\\$&"));
const word = escaped.filter((value) => value !== "");
const phrase = text.map((value) => `"${value.replaceAll(/["\\]/g, "\\$&")}"`);
const glob = fc
  .array(fc.oneof(word, fc.constantFrom("*", "?")), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(""));
const regex = fc
  .array(
    fc.constantFrom(
      "a",
      "B",
      ".",
      "\\.",
      "[^a]",
      "[A-Zé]",
      "É",
      "😀",
      "\\d",
      "\\s*",
      "(a|1)?",
      ".*",
      "b+",
      "[0-9]{1,2}",
      "\\/",
      "\\*",
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => `/${parts.join("")}/`);
const bounds = (end: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom("[", "{"), end, end, fc.constantFrom("]", "}"))
    .map(([open, min, max, close]) => `${open}${min} TO ${max}${close}`);
const comparison = (end: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(">", ">=", "<", "<="), end).map((parts) => parts.join(""));
const number = fc.constantFrom(
  "0",
  "1",
  "10",
  "-7",
  "0.5",
  "9.75",
  "403",
  "1e3",
  "1e30",
  "-1e30",
  "*",
);
const time = fc.constantFrom(
  "now",
  "now-2s",
  "now+1s",
  "2026-11-21",
  "2026-11-21T09:00:00",
  "now/h",
  "*",
);

const textValue = fc.oneof(
  word,
  phrase,
  glob,
  regex,
  fc.constant("*"),
  bounds(fc.oneof(phrase, fc.constant("*"))),
  comparison(phrase.filter((value) => value !== '""')),
  fc.array(phrase, { minLength: 1, maxLength: 3 }).map((values) => `[${values.join(",")}]`),
);
const term = fc.oneof(
  fc
    .tuple(
      fc.oneof(fc.constantFrom(...TEXT_FIELDS), fc.constantFrom(...MET_FIELDS)),
      fc.constantFrom(":", ":=", ":==", ":==="),
      textValue,
    )
    .map((parts) => parts.join("")),
  fc
    .tuple(fc.constantFrom(...NUMBER_FIELDS), fc.oneof(number, bounds(number), comparison(number)))
    .map(([field, value]) => `${field}:${value}`),
  fc.oneof(time, bounds(time), comparison(time)).map((value) => `eventTime:${value}`),
  fc.constantFrom("dataEvent:true", "_exists_:requestData", "_exists_:extra.a", "initiator:*"),
  word,
  phrase,
  glob,
);
const query = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    term,
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(${a} ${b})`),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(${a} OR ${b})`),
    tie("node").map((a) => `-(${a})`),
  ),
})).node;

const page = fc.record({
  order: fc.constantFrom("newest" as const, "oldest" as const),
  limit: fc.constantFrom(1, 3, 1000),
});
const FACETS = { fields: ["initiator.name", "requestData.a", "reason.reasonCode", "id"], limit: 5 };

test("DuckDB and the predicate find the same events", { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "keytrail-same-"));
  const duckdb = await DuckDbEventIndex.open(folder, { firstEntries: 5 });
  const memory = new MemoryEventIndex();
  let answered = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(query, page), { minLength: 1, maxLength: 15 }),
        async (events, queries) => {
          const lines = events.map((value) => utf8(JSON.stringify(value)));
          const first = await memory.position();
          await memory.ingest(first, lines);
          await duckdb.ingest(first, lines);
          for (const [typed, asked] of queries) {
            const selection = selectionOf(typed);
            if (selection === undefined) continue;
            answered += 1;
            const expected = await memory.search(selection, asked);
            expect(await duckdb.search(selection, asked), typed).toEqual(expected);
            const next = { ...asked, after: expected.next };
            expect(await duckdb.search(selection, next)).toEqual(
              await memory.search(selection, next),
            );
          }
          const selection = selectionOf(queries[0]?.[0] ?? "") ?? { plan: { kind: "everything" } };
          expect(await duckdb.count(selection)).toBe(await memory.count(selection));
          expect(await duckdb.histogram(selection, 1000)).toEqual(
            await memory.histogram(selection, 1000),
          );
          const everything = { plan: { kind: "everything" } } as const;
          expect(await duckdb.facets(everything, FACETS)).toEqual(
            await memory.facets(everything, FACETS),
          );
        },
      ),
      { numRuns: 60 },
    );
  } finally {
    await duckdb.close();
    await rm(folder, { recursive: true, force: true });
  }
  expect(answered).toBeGreaterThan(200);
});

/** Undefined for the few queries that are refused: an empty phrase alone, say, or a text where a number belongs. */
function selectionOf(typed: string): Selection | undefined {
  try {
    return { plan: planQuery(typed, { now: NOW }) };
  } catch {
    return undefined;
  }
}
