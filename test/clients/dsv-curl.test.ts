/**
 * DSV's documentation, to the letter: its curl command against the address that it has there, and the policy that its
 * command line makes. Where that address leads, and whose certificate it has, is curl's configuration.
 */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder } from "../e2e/running-server.ts";

const SEED = `curl -s -H "Authorization: \${DSV_TOKEN}" 'https://example.secretsvaultcloud.com/v1/audit?startDate=2023-04-20'`;
/** What `dsv policy create --path audit --actions list --resources audit --subjects groups:audit-readers` sends. */
const POLICY = {
  path: "audit",
  policy: JSON.stringify({
    permissionDocument: [
      {
        actions: ["list"],
        conditions: {},
        description: "",
        effect: "allow",
        meta: null,
        resources: ["audit"],
        subjects: ["groups:audit-readers"],
      },
    ],
  }),
  serialization: "json",
};
const PASSWORD = "Correct-Horse-7-battery";
const FIELDS = `id tenant tenantName principal principalItemId action status path ipaddress created message`;

let folder: string;
let home: string;
let server: RunningServer;
let admin: string;

beforeAll(async () => {
  folder = temporaryFolder();
  home = join(folder, "home");
  mkdirSync(home);
  server = await RunningServer.start(join(folder, "data"), ["--tls-self-signed"]);
  const { port } = new URL(server.url);
  writeFileSync(
    join(home, ".curlrc"),
    `connect-to = "example.secretsvaultcloud.com:443:127.0.0.1:${port}"\ninsecure\n`,
  );
  const token = await curl(
    `curl -s 'https://example.secretsvaultcloud.com/identity/token' -d grant_type=urn:ibm:params:oauth:grant-type:apikey -d "apikey=\${DSV_TOKEN}"`,
    server.bootstrap.api_key,
  );
  admin = String(token.access_token);
}, 60_000);
afterAll(async () => {
  await server?.stop();
  removeFolder(folder);
});

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
async function curl(command: string, DSV_TOKEN: string): Promise<any> {
  const shell = spawn("bash", ["-c", command], {
    env: { PATH: process.env["PATH"], HOME: home, CURL_HOME: home, DSV_TOKEN },
  });
  let printed = "";
  shell.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString("utf8")));
  await new Promise((resolve) => shell.once("close", resolve));
  return printed === "" ? undefined : JSON.parse(printed);
}

/** As the administrator, with a body of JSON. */
function made(path: string, body: object) {
  const data = JSON.stringify(body).replaceAll("'", "'\\''");
  return curl(
    `curl -s -H "Authorization: \${DSV_TOKEN}" 'https://example.secretsvaultcloud.com/v1${path}' -d '${data}'`,
    admin,
  );
}

async function login(username: string): Promise<string> {
  const answer = await made("/token", { grant_type: "password", username, password: PASSWORD });
  return String(answer.accessToken);
}

describe("DSV's documentation", () => {
  it("shows a curl command that gives the trail", async () => {
    const { data, length, limit } = await curl(SEED, admin);
    expect(length).toBeGreaterThan(0);
    expect(limit).toBe(25);
    for (const record of data) expect(Object.keys(record).join(" ")).toBe(FIELDS);
  });

  it("gives a group that right, and nobody else", async () => {
    for (const userName of ["auditor", "other"]) {
      await made("/users", { userName, displayName: userName, password: PASSWORD });
    }
    await made("/groups", { groupName: "audit-readers", memberNames: ["auditor"] });
    await made("/groups/audit-readers/members", { memberNames: ["auditor"] });
    const [auditor, other] = [await login("auditor"), await login("other")];
    expect(await curl(SEED, auditor)).toEqual({ code: 403, message: "Invalid permissions" });
    expect(await made("/config/policies", POLICY)).toMatchObject({ path: "audit", version: "0" });
    expect((await curl(SEED, auditor)).length).toBeGreaterThan(10);
    expect(await curl(SEED, other)).toEqual({ code: 403, message: "Invalid permissions" });
    const { data } = await curl(SEED, auditor);
    expect(data).toContainEqual(
      expect.objectContaining({
        principal: "users:other",
        action: "GET",
        path: "audit",
        status: 403,
        message: "Invalid permissions",
      }),
    );
    expect(await curl(SEED, "no-token")).toEqual({ code: 401, message: "unable to authenticate" });
  });
});
