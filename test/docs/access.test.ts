/** The page on access: its table is the roles as they are, and its commands are commands. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { operationsNamed } from "../../src/app/access/operation-names.ts";
import { catalogue, operationNames } from "../../src/audit/catalogue.ts";
import { isOwnMatter, ROLE_NAMES, rolesAllowing } from "../../src/identity/roles.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "access.md"), "utf8");

/** As the page has it, a line for each operation. */
function tableOfOperations(): readonly string[] {
  return operationNames.map((name) => {
    const who = [...rolesAllowing(name), ...(isOwnMatter(name) ? ["*its user*"] : [])];
    return `| \`${name}\` | \`${catalogue[name].action}\` | ${who.join(", ") || "–"} |`;
  });
}

describe("the page on access", () => {
  it("has a line for each operation, with the roles that give it", () => {
    const lines = page.split("\n").filter((line) => /^\| `[a-z-]+\.[a-z.-]+` \|/.test(line));
    expect(lines).toEqual(tableOfOperations());
  });

  it("says of every role what it is for", () => {
    const described = [...page.matchAll(/^\| \*\*(\w+)\*\* \|/gm)].map(([, role]) => role);
    expect(described).toEqual(ROLE_NAMES);
  });

  it("asks who can in words that are known", () => {
    const asked = [...page.matchAll(/keytrail who-can (?:'([^']+)'|(\S+))/g)];
    const names = asked.map(([, quoted, bare]) => quoted ?? bare ?? "");
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expect(operationsNamed(name)).not.toEqual([]);
  });
});
