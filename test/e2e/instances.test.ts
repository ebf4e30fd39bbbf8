/** Instances in two regions over the real process: made by the command, called by host name, found alone and together. */
import { request } from "node:http";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  keytrail,
  removeFolder,
  RunningServer,
  temporaryFolder,
  tokenOf,
} from "./running-server.ts";

let parent: string;
let folder: string;
let server: RunningServer | undefined;

beforeEach(() => {
  parent = temporaryFolder();
  folder = join(parent, "data");
});

afterEach(async () => {
  await server?.kill();
  server = undefined;
  removeFolder(parent);
});

interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  readonly body: any;
}

/** A call with a host name of its own, which `fetch` would not send and not every system would resolve. */
async function call(host: string, path: string, body?: object): Promise<Answer> {
  const { url, bootstrap } = server as RunningServer;
  const token = await tokenOf(url, bootstrap.api_key);
  const headers = { host, authorization: `Bearer ${token}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { method: body ? "POST" : "GET", headers });
    sent.once("error", reject).once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }),
      );
    });
    sent.end(body && JSON.stringify(body));
  });
}

function command(...args: string[]): ReturnType<typeof keytrail> {
  return keytrail([...args, "--data", folder]);
}

async function found(query: string): Promise<readonly string[]> {
  const { code, stdout } = await command("events", query, "--json");
  expect(code).toBe(0);
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event?: object })
    .map((placed) => (placed.event ?? placed) as { region: string; target: { name: string } });
  return events.map(({ region, target }) => `${target.name} ${region}`).toSorted();
}

const secret = (name: string) => ({ name, secret_type: "arbitrary", payload: "hunter2" });

describe("instances", () => {
  it("in two regions are called by their names, and found alone and together", async () => {
    server = await RunningServer.start(folder);
    const first = server.bootstrap.instance_crn;
    const made = await command("instances", "create", "payments", "--region", "eu-de", "--json");
    expect(made.code).toBe(0);
    const { id, crn } = JSON.parse(made.stdout) as { id: string; crn: string };
    const listed = await command("instances", "list", "--json");
    expect(
      (JSON.parse(listed.stdout) as object[]).map((one) => (one as { crn: string }).crn),
    ).toEqual([first, crn]);

    const there = `${id}.eu-de.secrets-manager.example.com`;
    expect((await call("127.0.0.1", "/api/v2/secrets", secret("in-dallas"))).status).toBe(201);
    expect((await call(there, "/api/v2/secrets", secret("in-frankfurt"))).status).toBe(201);
    expect((await call(`${id}.localhost`, "/api/v2/secrets")).body).toMatchObject({
      total_count: 1,
    });
    const astray = `${id.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))}.localhost`;
    expect((await call(astray, "/api/v2/secrets", secret("astray"))).status).toBe(404);
    const told = await call(there, `/api/v1/instances/${encodeURIComponent(crn)}/endpoints`);
    expect(told.body.public_endpoints.vault_api).toBe(`http://${there}`);

    const action = "action:secrets-manager.secret.create outcome:success";
    expect(await found(`host:secrets-manager ${action}`)).toEqual([
      "in-dallas us-south",
      "in-frankfurt eu-de",
    ]);
    expect(await found(`app:${crn} ${action}`)).toEqual(["in-frankfurt eu-de"]);
    expect(await found(`app:${first} ${action}`)).toEqual(["in-dallas us-south"]);

    const refused = await command("instances", "delete", id);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining("The instance still has 1 secret."),
    ]);
    const south = await command("instances", "create", "south", "--region", "in-che");
    expect([south.code, south.stderr]).toEqual([1, expect.stringContaining("sends no activity")]);
  }, 60_000);

  it("are in the regions of the file, and a start without theirs is refused", async () => {
    const file = join(parent, "regions.json");
    const chennai = { id: "in-che", name: "Chennai", geography: "Asia Pacific", events: true };
    writeFileSync(file, JSON.stringify([chennai]));
    const options = ["--regions", file, "--public-domain", "secrets.example.com"];
    server = await RunningServer.start(folder, [...options, "--region", "in-che"]);
    const crn = server.bootstrap.instance_crn;
    const [, id = ""] = /:([0-9a-f-]{36})::$/.exec(crn) ?? [];
    const told = await call("localhost", `/api/v1/instances/${encodeURIComponent(crn)}/endpoints`);
    expect(told.body.public_endpoints).toEqual({
      service_api: `https://${id}.in-che.secrets.example.com/api`,
      vault_api: `https://${id}.in-che.secrets.example.com`,
    });
    expect(await server.stop()).toBe(0);

    const again = await keytrail(["serve", "--data", folder, "--port", "0"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("in-che, which sends no activity tracking events");
    expect(again.stderr).not.toContain("    at ");
  }, 60_000);
});
