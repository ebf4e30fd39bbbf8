/** A lost administrator, recovered by whoever has the data folder: offline, and recorded at the next start. */
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  keytrail,
  removeFolder,
  RunningServer,
  temporaryFolder,
  tokenOf,
} from "./running-server.ts";

let folder: string;
let server: RunningServer | undefined;

beforeEach(() => {
  folder = join(temporaryFolder(), "data");
});

afterEach(async () => {
  await server?.kill();
  server = undefined;
  removeFolder(join(folder, ".."));
});

const request = (): string => join(folder, "recover-administrator.json");

async function headersOf({ url, bootstrap }: RunningServer): Promise<Record<string, string>> {
  return { Authorization: `Bearer ${await tokenOf(url, bootstrap.api_key)}` };
}

/** An installation whose only administrator has thrown the only key away, bootstrap.json and all. */
async function lost(): Promise<string> {
  const first = await RunningServer.start(folder);
  const { api_key: apiKey } = first.bootstrap;
  const headers = await headersOf(first);
  const listed = await fetch(`${first.url}/trail/v1/api-keys`, { headers });
  const { api_keys: keys } = (await listed.json()) as { api_keys: { id: string }[] };
  for (const { id } of keys) {
    await fetch(`${first.url}/trail/v1/api-keys/${id}`, { method: "DELETE", headers });
  }
  await expect(tokenOf(first.url, apiKey)).rejects.toThrow("no token");
  await first.stop();
  rmSync(join(folder, "bootstrap.json"));
  return apiKey;
}

const ask = (...options: string[]) =>
  keytrail(["recover-administrator", "--data", folder, ...options]);

describe("the recovery of an administrator", () => {
  it("is asked for offline, done at the next start, handed over in a file, and found in the trail", async () => {
    const oldKey = await lost();
    const asked = await ask();
    expect(asked).toMatchObject({ code: 0, stderr: "" });
    expect(asked.stdout).toContain("next start");
    expect(statSync(request()).mode & 0o777).toBe(0o600);

    server = await RunningServer.start(folder);
    await expect.poll(() => server?.printed()).toContain("RECOVERED: admin@keytrail.local");
    expect(existsSync(request())).toBe(false);
    expect(statSync(join(folder, "bootstrap.json")).mode & 0o777).toBe(0o600);
    const { api_key: apiKey } = server.bootstrap;
    expect(apiKey).not.toBe(oldKey);
    expect(server.printed()).not.toContain(apiKey);
    const users = await fetch(`${server.url}/trail/v1/users`, { headers: await headersOf(server) });
    expect(await users.json()).toMatchObject({ total_count: 1 });

    const found = await keytrail(["events", "operation:administrator.recover", "--json"], {
      KEYTRAIL_URL: server.url,
      KEYTRAIL_API_KEY: apiKey,
    });
    const events = found.stdout.trim().split("\n");
    expect(events).toHaveLength(1);
    expect(JSON.parse(events[0] ?? "")).toMatchObject({
      event: { severity: "critical", outcome: "success", initiator: { id: "keytrail-recovery" } },
    });
    expect(await server.stop()).toBe(0);
    const ledger = readFileSync(join(folder, "ledger", "segments", "000000000000.ndjson"), "utf8");
    expect(ledger).not.toContain(apiKey);

    server = await RunningServer.start(folder);
    expect(server.printed()).not.toContain("RECOVERED");
    expect(await tokenOf(server.url, apiKey)).not.toBe("");
  }, 60_000);

  it("that ended before the key was handed over is done again, with a key that replaces the one before", async () => {
    await lost();
    expect((await ask("--email", "ada@example.com")).code).toBe(0);
    copyFileSync(request(), join(folder, "kept.json"));
    server = await RunningServer.start(folder);
    await expect.poll(() => server?.printed()).toContain("RECOVERED: ada@example.com");
    const { api_key: neverSeen } = server.bootstrap;
    await server.kill();
    // As it is after a crash between the commit and the hand-over: the request is there, the key nowhere.
    copyFileSync(join(folder, "kept.json"), request());
    rmSync(join(folder, "bootstrap.json"));

    server = await RunningServer.start(folder);
    await expect.poll(() => server?.printed()).toContain("RECOVERED: ada@example.com");
    await expect(tokenOf(server.url, neverSeen)).rejects.toThrow("no token");
    const headers = await headersOf(server);
    const read = async (what: string): Promise<{ total_count: number }> =>
      (await (await fetch(`${server?.url}/trail/v1/${what}`, { headers })).json()) as never;
    expect([await read("users"), await read("policies"), await read("api-keys")]).toMatchObject([
      { total_count: 2 },
      { total_count: 2 },
      { total_count: 1 },
    ]);
  }, 60_000);

  it("is refused while the server runs, of what is no data folder, and of what is no address", async () => {
    server = await RunningServer.start(folder);
    const running = await ask();
    expect([running.code, running.stderr]).toEqual([3, expect.stringContaining("Stop the server")]);
    expect(existsSync(request())).toBe(false);
    const mistyped = join(folder, "mistyped");
    const elsewhere = await keytrail(["recover-administrator", "--data", mistyped]);
    expect([elsewhere.code, existsSync(mistyped)]).toEqual([3, false]);
    expect((await ask("--email", "ada")).code).toBe(2);
  }, 60_000);

  it("does not start over a request that somebody else wrote", async () => {
    const first = await RunningServer.start(folder);
    await first.stop();
    writeFileSync(request(), "{}");
    const { code, stderr } = await keytrail(["serve", "--data", folder, "--port", "0"]);
    expect([code, stderr]).toEqual([3, expect.stringContaining("is no request to recover")]);
  }, 60_000);
});
