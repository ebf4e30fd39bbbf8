import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApp, type TestApp } from "../app/testing/test-app.ts";
import { ConfigError } from "../config.ts";
import { openRegions } from "./regions.ts";

const FRANKFURT = { id: "eu-de", name: "Frankfurt", geography: "Europe", events: true };
const DALLAS = { id: "us-south", name: "Dallas", geography: "Americas", events: true };

let folder: string;
let app: TestApp;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-regions-"));
  app = await openTestApp();
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

/** The regions at a start with a file of these. */
function opened(list: unknown, region = "us-south"): ReturnType<typeof openRegions> {
  const regionsFile = join(folder, "regions.json");
  writeFileSync(regionsFile, typeof list === "string" ? list : JSON.stringify(list));
  return openRegions({ regionsFile, region }, app.state);
}

async function problemOf(start: Promise<unknown>): Promise<string> {
  const error = await start.then(
    () => new Error("it starts"),
    (thrown: unknown) => thrown as Error,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error.message;
}

describe("the regions at a start", () => {
  it("are IBM's and AWS's without a file, and those of a file in their place", async () => {
    const without = await openRegions({ regionsFile: null, region: "us-south" }, app.state);
    const ids = without.all.map(({ id }) => id);
    expect([ids.includes("us-south"), ids.includes("us-east-1")]).toEqual([true, true]);
    expect(without.all).toHaveLength(45);
    expect((await opened([FRANKFURT, DALLAS])).all).toEqual([FRANKFURT, DALLAS]);
  });

  it("are refused with the file and what is wrong in it", async () => {
    expect(await problemOf(opened("nonsense"))).toMatch(
      /regions\.json is of no use: it is not JSON/,
    );
    expect(await problemOf(opened([{ ...DALLAS, events: 1 }]))).toContain("`events` of region 1");
    const missing = openRegions({ regionsFile: join(folder, "none"), region: "x" }, app.state);
    expect(await problemOf(missing)).toContain("it cannot be read");
  });

  it("have to have the region of every instance, and events have to be sent in it", async () => {
    expect(await problemOf(opened([FRANKFURT]))).toMatch(
      /^The instance 1{8}-.* is in the region us-south, which is no region .*: add it/,
    );
    const silent = [FRANKFURT, { ...DALLAS, events: false }];
    expect(await problemOf(opened(silent))).toContain('let it have "events": true');
  });

  it("have to have the region of a first start, which later starts need no more", async () => {
    await opened([DALLAS], "mars");
    await app.close();
    app = await openTestApp({ isEmpty: true });
    expect(await problemOf(opened([DALLAS], "mars"))).toMatch(/^--region says mars, which is no/);
    const start = openRegions({ regionsFile: null, region: "in-che" }, app.state);
    expect(await problemOf(start)).toMatch(/^--region says in-che, which sends no/);
    await opened([DALLAS]);
  });
});
