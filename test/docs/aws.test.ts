/** The page for clients of AWS: its lists of actions and of managed policies are those that are served. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { iam } from "../../src/http/dialects/aws/iam/service.ts";
import { secretsManager } from "../../src/http/dialects/aws/secretsmanager/service.ts";
import { sts } from "../../src/http/dialects/aws/sts/service.ts";
import { MANAGED_POLICIES } from "../../src/identity/aws-policies.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "aws.md"), "utf8");
const served = page.slice(page.indexOf("## What is served"), page.indexOf("## Who may do what"));

function actionsOf(service: string): readonly string[] {
  const text = served.slice(served.indexOf(`- **${service}**`) + 1);
  const end = text.indexOf("\n- **");
  const named = (end < 0 ? text : text.slice(0, end)).match(/\b[A-Z][a-z]+[A-Z]\w+/g) ?? [];
  return [...new Set(named)].toSorted();
}

describe("the page for clients of AWS", () => {
  it.each([
    ["STS", sts],
    ["IAM", iam],
  ])("names the actions of %s that there are, and no other", (name, { lines }) => {
    expect(actionsOf(name)).toEqual(lines.map(({ action }) => action).toSorted());
  });

  it("counts those of Secrets Manager", () => {
    expect(served).toContain(`all ${secretsManager.lines.length} operations`);
  });

  it("says which roles each managed policy gives, and on what", () => {
    const rows = MANAGED_POLICIES.map(({ name, roles, resource }) => {
      const on = Object.keys(resource).length === 0 ? "all" : "secrets";
      return `| \`${name}\` | ${roles.join(", ")} | ${on} |`;
    });
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });
});
