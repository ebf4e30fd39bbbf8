/** The page on vocabularies: what it says of OCSF's classes and of ECS's categories is what the renderings do. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { operationNames, subjectOf, verbOf } from "../../src/audit/catalogue.ts";
import { categorizations } from "../../src/audit/render/ecs-category.ts";
import { activities, ocsfClasses } from "../../src/audit/render/ocsf-class.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "vocabularies.md"), "utf8");

/** The rows of a section's last table, by their cells. */
function rowsOf(section: string): readonly (readonly string[])[] {
  const start = page.indexOf(`## \`${section}\``);
  const end = page.indexOf("\n## ", start);
  const text = page.slice(start, end === -1 ? undefined : end);
  const table = text.slice(text.lastIndexOf("|---|---|"));
  return table
    .split("\n")
    .slice(1)
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split("|").map((cell) => cell.trim()));
}

describe("the page on vocabularies", () => {
  it("has the OCSF class and activity of every operation", () => {
    const rows = rowsOf("ocsf");
    const unsaid = operationNames.filter((operation) => {
      const { class: uid, name } = activities[operation];
      const named = verbOf(operation) === "login" ? ".login" : operation;
      return !rows.some(
        ([, title, said = ""]) =>
          title === `${ocsfClasses[uid]} ${uid}` &&
          said.includes(name) &&
          (said.includes(`\`${named}\``) || said.includes(`\`${subjectOf(operation)}\``)),
      );
    });
    expect(unsaid).toEqual([]);
  });

  it("has the ECS category and types of every operation", () => {
    const rows = rowsOf("ecs");
    const unsaid = operationNames.filter((operation) => {
      const { category, type } = categorizations[operation];
      const about = verbOf(operation) === "login" ? ".login" : subjectOf(operation);
      return !rows.some(
        ([, title, said = ""]) =>
          title === `\`${category[0]}\`` &&
          said.includes(`\`${about}\``) &&
          type.every((one) => said.includes(`\`${one}\``) || said.startsWith("the same")),
      );
    });
    expect(unsaid).toEqual([]);
  });
});
