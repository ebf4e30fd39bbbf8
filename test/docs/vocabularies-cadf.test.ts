/** The page on vocabularies: its table of CADF's actions is what the rendering does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { operationNames, verbOf } from "../../src/audit/catalogue.ts";
import { cadfActionOf, cadfResourceOf } from "../../src/audit/render/cadf-taxonomy.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "vocabularies.md"), "utf8");
const section = page.slice(page.indexOf("## `cadf`"), page.indexOf("## `dsv`"));
const lines = section.split("\n").filter((line) => line.startsWith("| "));

const quoted = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, one = ""]) => one);

describe("the page on vocabularies", () => {
  it("has a line for the CADF action of every operation", () => {
    const unsaid = operationNames.filter((operation) => {
      const names: readonly string[] = [verbOf(operation), operation];
      return !lines.some((line) => {
        const [, left = "", right = ""] = line.split("|");
        const isIts = quoted(left).some((name) => names.includes(name));
        return (
          isIts && (quoted(right).includes(cadfActionOf(operation)) || right.includes("the same"))
        );
      });
    });
    expect(unsaid).toEqual([]);
  });

  it("names the CADF resources that there are, and no other", () => {
    const named = lines.flatMap((line) => nodesOf(line.split("|")[2] ?? ""));
    expect([...new Set(named)].toSorted()).toEqual(
      [...new Set(operationNames.map(cadfResourceOf))].toSorted(),
    );
  });
});

/** The nodes of one cell; `…/lock` is a child of the one before it that is written in full. */
function nodesOf(cell: string): readonly string[] {
  const words = quoted(cell);
  const [whole = ""] = words;
  return /^(data|service)\//.test(whole) ? words.map((word) => word.replace("…", whole)) : [];
}
