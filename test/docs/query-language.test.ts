/** Every query that the page on the query language shows is one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { catalogueVocabulary } from "../../src/audit/vocabulary.ts";
import { planQuery } from "../../src/search/planner.ts";

const page = readFileSync(
  join(import.meta.dirname, "..", "..", "docs", "query-language.md"),
  "utf8",
);
const context = { now: Date.UTC(2026, 10, 21), vocabulary: catalogueVocabulary };

const inTables = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .flatMap((line) => [...(line.split(/(?<!\\)\|/)[1] ?? "").matchAll(/`([^`]+)`/g)])
  .map(([, code = ""]) => code.replaceAll("\\|", "|"));
const fenced = [...page.matchAll(/```\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
  block.trim().split("\n"),
);
const inText = [
  ...page.matchAll(/`((?:reason|counters|eventTime|eventName|action|requestData)[\w.]*:[^`]+)`/g),
].map(([, code = ""]) => code);

describe("the page on the query language", () => {
  it("shows many", () => {
    expect([inTables.length > 25, fenced.length, inText.length > 6]).toEqual([true, 3, true]);
  });

  it.each([...new Set([...inTables, ...fenced, ...inText])])(
    "shows %s, which is a query",
    (query) => {
      expect(planQuery(query, context)).toBeDefined();
    },
  );

  it("is right that a query that cannot be meant is refused", () => {
    expect(() => planQuery("outcome:(failure", context)).toThrow();
  });
});
