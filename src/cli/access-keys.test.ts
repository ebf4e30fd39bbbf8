import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bodyOf, serve, type Served } from "../../test/support/serve.ts";
import { run, type Ran } from "../../test/support/run.ts";
import { accessKeysCommand } from "./access-keys.ts";

const ID = "AKIAQ2W3E4R5T6Y7UIOP";
let given: string;
const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const KEY = {
  access_key_id: ID,
  user: "ada@example.com\u001b[2J",
  disabled: false,
  created_at: "2026-11-21T09:00:00.000Z",
};

/** A server's side of the conversation: what it does is tested where it is. */
let server: Served;
let asked: string[];
let refused: { readonly status: number; readonly code: string } | undefined;
let keys: readonly object[];
let env: Record<string, string>;

beforeEach(async () => {
  asked = [];
  refused = undefined;
  keys = [KEY];
  given = SECRET;
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
      const errors = [{ code, message: "The API key is locked." }];
      response.writeHead(status).end(JSON.stringify({ errors, trace: "r-1" }));
    } else if (method === "GET") response.end(JSON.stringify({ access_keys: keys }));
    else if (url === "/trail/v1/access-keys") {
      response.end(JSON.stringify({ ...KEY, secret_access_key: given }));
    } else response.writeHead(204).end();
  });
  env = { KEYTRAIL_URL: server.url, KEYTRAIL_API_KEY: "k" };
});
afterEach(() => server.close());

const keytrail = (...args: string[]): Promise<Ran> => run(accessKeysCommand, args, { env });

describe("keytrail access-keys", () => {
  it("makes one, and gives shells nothing but its two lines", async () => {
    const { code, stdout, stderr } = await keytrail("create");
    expect(code).toBe(0);
    expect(stdout).toBe(`export AWS_ACCESS_KEY_ID=${ID}\nexport AWS_SECRET_ACCESS_KEY=${SECRET}\n`);
    expect(stderr).not.toContain(SECRET);
    expect(asked).toEqual(["POST /trail/v1/access-keys {}"]);
    const made = JSON.parse((await keytrail("create", "--json")).stdout);
    expect(made).toEqual({ ...KEY, secret_access_key: SECRET });
  });

  it("hands a shell nothing that it would run", async () => {
    given = "x;touch y";
    const { code, stdout, stderr } = await keytrail("create");
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).not.toContain("touch");
  });

  it("makes them for others: users, and service IDs", async () => {
    await keytrail("create", "--user", "bob@example.com");
    await keytrail("create", "--service-id", "deploy");
    expect(asked).toEqual([
      'POST /trail/v1/access-keys {"user":"bob@example.com"}',
      'POST /trail/v1/access-keys {"user":"deploy"}',
    ]);
    const { code, stderr } = await keytrail("create", "--user", "a", "--service-id", "b");
    expect([code, stderr]).toEqual([2, expect.stringContaining("not both")]);
  });

  it("lists them for people, without what would move their cursor, and for programs", async () => {
    const { stdout } = await keytrail("list", "--user", "ada@example.com");
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["KEY", "OF", "STATE", "CREATED"],
      [ID, "ada@example.com", "enabled", "2026-11-21T09:00:00.000Z"],
      [""],
    ]);
    expect(asked).toEqual(["GET /trail/v1/access-keys?user=ada%40example.com"]);
    expect(JSON.parse((await keytrail("list", "--json")).stdout)).toEqual([KEY]);
    keys = [];
    expect((await keytrail("list")).stdout).toBe("There is no access key.\n");
  });

  it.each([
    ["disable", `POST /trail/v1/access-keys/${ID}/disable`],
    ["enable", `DELETE /trail/v1/access-keys/${ID}/disable`],
    ["delete", `DELETE /trail/v1/access-keys/${ID}`],
  ])("%ss one", async (what, request) => {
    const { code, stdout } = await keytrail(what, ID);
    expect([code, stdout]).toEqual([0, `${ID} is ${what}d.\n`]);
    await keytrail(what, ID, "--user", "bob");
    expect(asked).toEqual([request, `${request}?user=bob`]);
  });

  it.each([[[]], [["make"]], [["create", "x"]], [["delete"]], [["delete", SECRET]]])(
    "called as %j says how it is called, and asks the server nothing",
    async (args) => {
      const { code, stderr } = await keytrail(...args);
      expect(code).toBe(2);
      expect(stderr).toContain("--help");
      expect(stderr).not.toContain(SECRET);
      expect(asked).toEqual([]);
    },
  );

  it("ends with 1 when the server says no", async () => {
    refused = { status: 409, code: "locked" };
    const { code, stderr } = await keytrail("delete", ID);
    expect(code).toBe(1);
    expect(stderr).toContain("The API key is locked.");
  });

  it("shows how it is used", async () => {
    const { code, stdout } = await keytrail("--help");
    expect(code).toBe(0);
    expect(stdout).toContain('eval "$(keytrail access-keys create)"');
  });
});
