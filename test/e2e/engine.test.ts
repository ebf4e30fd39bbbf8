/** An engine as a process of its own, connected to a server as another: over TLS, killed, started again, deleted. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, root, RunningServer, temporaryFolder } from "./running-server.ts";

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

let folder: string;
let ca: string;
let server: RunningServer;
let token = "";
const engines = new Set<ChildProcess>();

beforeAll(async () => {
  folder = temporaryFolder();
  const data = join(folder, "data");
  server = await RunningServer.start(data, ["--tls-self-signed"]);
  ca = join(data, "keys", "tls.crt");
  const grant_type = "urn:ibm:params:oauth:grant-type:apikey";
  const form = new URLSearchParams({ grant_type, apikey: server.bootstrap.api_key }).toString();
  token = String((await call("POST", "/identity/token", form)).body["access_token"]);
  expect((await call("POST", "/v1/pools", { name: "edge" })).status).toBe(201);
});

afterEach(() => {
  for (const one of engines) one.kill("SIGKILL");
  engines.clear();
});

afterAll(async () => {
  await server.stop();
  removeFolder(folder);
});

async function call(method: string, path: string, body?: object | string): Promise<Answer> {
  const type = typeof body === "string" ? "application/x-www-form-urlencoded" : "application/json";
  const outgoing = request(new URL(path, server.url), {
    method,
    ca: readFileSync(ca),
    headers: { ...(token === "" ? {} : { authorization: token }), "content-type": type },
  });
  outgoing.end(typeof body === "object" ? JSON.stringify(body) : body);
  const [incoming] = await once(outgoing, "response");
  let text = "";
  for await (const chunk of incoming) text += String(chunk);
  return { status: incoming.statusCode, body: text === "" ? {} : JSON.parse(text) };
}

/** Makes an engine, and a file of its key. */
async function made(name: string): Promise<string> {
  const answer = await call("POST", "/v1/engines", { name, poolName: "edge" });
  expect(answer.status).toBe(201);
  const file = join(folder, `${name}.key`);
  writeFileSync(file, String(answer.body["privateKey"]), { mode: 0o600 });
  return file;
}

function start(name: string, keyFile: string): ChildProcess {
  const args = ["engine", "--url", server.url, "--name", name, "--key-file", keyFile, "--ca", ca];
  const child = spawn(process.execPath, [join(root, "src", "main.ts"), ...args, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  engines.add(child);
  return child;
}

/** The next line that a process prints. */
async function said(child: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
  const [chunk] = await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
  return JSON.parse(String(chunk).split("\n", 1)[0] ?? "");
}

const ping = (name: string) => call("POST", `/v1/engines/${name}/ping`);

async function auditOf(path: string) {
  const answer = await call("GET", `/v1/audit?startDate=2020-01-01&path=${path}`);
  return answer.body["data"] as readonly Readonly<Record<string, unknown>>[];
}

describe("an engine in a process of its own", () => {
  it("answers pings while it runs, and only then", async () => {
    const key = await made("e1");
    const first = start("e1", key);
    expect(await said(first)).toMatchObject({ event: "connected", name: "e1" });
    const answered = await ping("e1");
    expect(answered.status).toBe(200);
    expect(answered.body["message"]).toMatch(/^ping succeeded: engine e1 answered in \d+ ms$/);
    expect((await call("GET", "/v1/engines/e1")).body["lastHeartbeat"]).toMatch(/Z$/);
    first.kill("SIGKILL");
    await once(first, "exit");
    await expect.poll(async () => (await ping("e1")).status).toBe(503);
    const second = start("e1", key);
    expect(await said(second)).toMatchObject({ event: "connected" });
    expect((await ping("e1")).status).toBe(200);
    second.kill("SIGTERM");
    expect(await once(second, "exit")).toEqual([0, null]);
  });

  it("is turned away with a key that is not its own, and that is recorded", async () => {
    await made("e2");
    const other = readFileSync(await made("e3"), "utf8");
    const id = String((await call("GET", "/v1/engines/e2")).body["id"]);
    const forged = join(folder, "forged.key");
    writeFileSync(forged, other.replace(/^Keytrail-Engine: .*$/m, `Keytrail-Engine: ${id}`), {
      mode: 0o600,
    });
    const child = start("e2", forged);
    expect(await said(child)).toMatchObject({ event: "refused" });
    expect(await once(child, "exit")).toEqual([1, null]);
    expect((await ping("e2")).status).toBe(503);
    await expect
      .poll(async () => await auditOf("engines:e2:connection"))
      .toMatchObject([{ status: 401, action: "POST", principal: "" }]);
  });

  it("ends with the engine", async () => {
    const child = start("e4", await made("e4"));
    expect(await said(child)).toMatchObject({ event: "connected" });
    const exited = once(child, "exit");
    expect((await call("DELETE", "/v1/engines/e4")).status).toBe(200);
    expect(await said(child)).toMatchObject({
      event: "refused",
      message: "The engine was deleted.",
    });
    expect(await exited).toEqual([1, null]);
  });
});
