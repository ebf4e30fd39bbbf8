/** The page on instances: its table is the default regions, its file is one, and its commands are commands. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MAX_INSTANCES } from "../../src/app/instances/create-instance.ts";
import { instancesCommand } from "../../src/cli/instances.ts";
import { MAX_REGIONS, Regions } from "../../src/identity/region.ts";
import { run } from "../support/run.ts";
import { serve } from "../support/serve.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "instances.md"), "utf8");

describe("the page on instances", () => {
  it("has the regions that there are without a file", () => {
    const rows = [
      ...page.matchAll(/^\| `([a-z]+-[a-z0-9-]+)` \| (.+?) \| (.+?) \| (Yes|No) \|$/gm),
    ];
    const said = rows.map(([, id, name, geography, events]) => ({
      id,
      name,
      geography,
      events: events === "Yes",
    }));
    expect(said).toEqual(Regions.default.all);
  });

  it("shows a file that a server takes", () => {
    const [, file = ""] = /```json\n([^]*?)```/.exec(page) ?? [];
    expect(Regions.parse(file).find("in-che")?.events).toBe(true);
  });

  it("says the bounds that there are", () => {
    expect([MAX_INSTANCES, MAX_REGIONS]).toEqual([100, 100]);
    expect(page).toContain("An account has a hundred at most");
    expect(page).toContain("a hundred regions at most");
  });

  it("calls the command as it is called", async () => {
    const lines = [...page.matchAll(/^keytrail instances ([^|\n]+)/gm)].map(
      ([, rest = ""]) => rest,
    );
    expect(lines.length).toBeGreaterThan(4);
    const server = await serve((_request, response) => response.writeHead(403).end());
    const env = { KEYTRAIL_URL: server.url, KEYTRAIL_API_KEY: "k" };
    for (const line of lines) {
      const args = [...line.trim().matchAll(/'([^']*)'|(\S+)/g)].map(([, a, b]) => a ?? b ?? "");
      // As far as the server, which says no: a command line that is wrong does not get there.
      expect([line, (await run(instancesCommand, args, { env })).code]).toEqual([line, 3]);
    }
    await server.close();
  });
});
