import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bodyOf, serve, type Served } from "../../test/support/serve.ts";
import { run, type Ran } from "../../test/support/run.ts";
import { instancesCommand } from "./instances.ts";

const ID = "11111111-2222-4333-8444-555555555555";
const CRN = `crn:v1:bluemix:public:secrets-manager:eu-de:a/acc:${ID}::`;
const INSTANCE = {
  id: ID,
  crn: CRN,
  name: "payments\u001b[2J",
  region: "eu-de",
  created_at: "2026-11-21T09:00:00.000Z",
};
const REGIONS = [
  { id: "eu-de", name: "Frankfurt", geography: "Europe", events: true },
  { id: "in-che", name: "Chennai", geography: "Asia Pacific", events: false },
];

interface Refused {
  readonly status: number;
  readonly code: string;
}

/** A server's side of the conversation: what it does is tested where it is. */
let server: Served;
let asked: string[];
let refused: Refused | undefined;
let instances: readonly object[];
let env: Record<string, string>;

beforeEach(async () => {
  asked = [];
  refused = undefined;
  instances = [INSTANCE];
  server = await serve(async (request, response) => {
    const { method = "", url = "" } = request;
    const body = (await bodyOf(request)).toString("utf8");
    if (url === "/identity/token") {
      response.end(JSON.stringify({ access_token: "t", expires_in: 3_600 }));
      return;
    }
    asked.push([method, url, body].filter((part) => part !== "").join(" "));
    if (refused) {
      const { status, code } = refused;
      const errors = [{ code, message: "The instance still has 2 secrets." }];
      response.writeHead(status).end(JSON.stringify({ errors, trace: "r-1" }));
    } else if (method === "DELETE") response.writeHead(204).end();
    else if (method === "GET") response.end(JSON.stringify({ instances, regions: REGIONS }));
    else response.end(JSON.stringify(INSTANCE));
  });
  env = { KEYTRAIL_URL: server.url, KEYTRAIL_API_KEY: "k" };
});
afterEach(() => server.close());

const keytrail = (...args: string[]): Promise<Ran> => run(instancesCommand, args, { env });

describe("keytrail instances", () => {
  it("lists them for people, without what would move their cursor, and for programs", async () => {
    const { code, stdout } = await keytrail("list");
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["NAME", "REGION", "ID", "CREATED"],
      ["payments", "eu-de", ID, "2026-11-21T09:00:00.000Z"],
      [""],
    ]);
    expect(JSON.parse((await keytrail("list", "--json")).stdout)).toEqual([INSTANCE]);
    instances = [];
    expect((await keytrail("list")).stdout).toBe("There is no instance that you may see.\n");
  });

  it("shows the regions, and where there may be instances", async () => {
    const { stdout } = await keytrail("regions");
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["REGION", "NAME", "GEOGRAPHY", "EVENTS", "INSTANCES"],
      ["eu-de", "Frankfurt", "Europe", "Yes", "1"],
      ["in-che", "Chennai", "Asia Pacific", "No", "none"],
      [""],
    ]);
    expect(JSON.parse((await keytrail("regions", "--json")).stdout)).toEqual(REGIONS);
  });

  it("makes one in a region", async () => {
    const { code, stdout } = await keytrail("create", "payments", "--region", "eu-de");
    expect([code, stdout]).toEqual([0, `Created payments in eu-de, ${ID}.\n  ${CRN}\n`]);
    expect(asked).toEqual(['POST /trail/v1/instances {"name":"payments","region":"eu-de"}']);
    const json = await keytrail("create", "payments", "--region", "eu-de", "--json");
    expect(JSON.parse(json.stdout)).toEqual(INSTANCE);
  });

  it("renames and deletes one by its id or by its CRN", async () => {
    expect((await keytrail("rename", ID.toUpperCase(), "billing")).code).toBe(0);
    expect((await keytrail("rename", CRN, "billing")).code).toBe(0);
    const { code, stdout } = await keytrail("delete", CRN);
    expect([code, stdout]).toEqual([0, `Deleted ${ID}. Its events stay.\n`]);
    expect(JSON.parse((await keytrail("delete", ID, "--json")).stdout)).toEqual({
      id: ID,
      deleted: true,
    });
    const one = `/trail/v1/instances/${ID}`;
    expect(asked).toEqual([
      `PATCH ${one} {"name":"billing"}`,
      `PATCH ${one} {"name":"billing"}`,
      `DELETE ${one}`,
      `DELETE ${one}`,
    ]);
  });

  it.each([
    [409, "conflict", 1],
    [400, "limit_reached", 1],
    [404, "not_found", 1],
    [400, "invalid_request", 2],
    [403, "forbidden", 3],
  ])("ends %i %s of the server's with %i, and says why", async (status, code, exit) => {
    refused = { status, code };
    const ran = await keytrail("delete", ID);
    expect([ran.code, ran.stdout]).toEqual([exit, ""]);
    expect(ran.stderr).toContain("keytrail instances: The instance still has 2 secrets.");
  });

  it.each([
    [[]],
    [["constructor"]],
    [["list", "more"]],
    [["create", "payments"]],
    [["create", "--region", "eu-de"]],
    [["create", "a", "b", "--region", "eu-de"]],
    [["rename", ID]],
    [["rename", "payments", "billing"]],
    [["delete"]],
    [["delete", "payments"]],
    [["delete", ID, "--region", "eu-de"]],
    [["delete", ID, "--force"]],
  ])("called wrongly asks the server nothing: %j", async (args) => {
    const { code, stderr } = await keytrail(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('Run "keytrail instances --help"');
    expect(asked).toEqual([]);
  });

  it("helps with examples", async () => {
    const { code, stdout } = await keytrail("--help");
    expect(code).toBe(0);
    for (const word of ["list", "regions", "create", "rename", "delete", "Examples:"]) {
      expect(stdout).toContain(word);
    }
  });
});
