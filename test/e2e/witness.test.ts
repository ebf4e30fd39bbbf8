/** A witness of its own process cosigns the server's checkpoints, and refuses a second history. */
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  keytrail,
  removeFolder,
  root,
  RunningServer,
  temporaryFolder,
  tokenOf,
} from "./running-server.ts";

let folder: string;
let data: string;
let server: RunningServer | undefined;
let witness: ChildProcess | undefined;

beforeEach(() => {
  folder = temporaryFolder();
  data = join(folder, "data");
});

afterEach(async () => {
  await server?.kill();
  witness?.kill("SIGKILL");
  removeFolder(folder);
});

/** Resolves to the witness's key and address, as it prints them. */
function startWitness(logVkey: string): Promise<{ vkey: string; url: string }> {
  const args = [
    "witness",
    "--state",
    join(folder, "witness"),
    "--log",
    logVkey,
    "--listen",
    "127.0.0.1:0",
    "--json",
  ];
  witness = spawn(join(root, "keytrail"), args, { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve) => {
    witness?.stdout?.once("data", (chunk: Buffer) => {
      resolve(JSON.parse(chunk.toString("utf8")) as { vkey: string; url: string });
    });
  });
}

function writePolicy(logVkey: string, known: { vkey: string; url: string }): string {
  const path = join(folder, "policy.txt");
  writeFileSync(path, `log ${logVkey}\nwitness w1 ${known.vkey} ${known.url}\nquorum w1\n`);
  return path;
}

async function logVkeyOfNew(): Promise<string> {
  const first = await RunningServer.start(data);
  const vkey = first.bootstrap.log_vkey;
  await first.stop();
  return vkey;
}

const signatures = (checkpoint: string): number =>
  checkpoint.split("\n").filter((line) => line.startsWith("— ")).length;

describe("a server with a witness", () => {
  it("publishes its cosignature, and gives receipts and evidence that carry it", async () => {
    const logVkey = await logVkeyOfNew();
    const policy = writePolicy(logVkey, await startWitness(logVkey));
    server = await RunningServer.start(data, ["--witness-policy", policy]);
    const { url } = server;
    const checkpoint = async (): Promise<string> => (await fetch(`${url}/log/checkpoint`)).text();
    await expect.poll(async () => signatures(await checkpoint()), { timeout: 15_000 }).toBe(2);

    const { api_key: apiKey } = server.bootstrap;
    const out = join(folder, "evidence.tar");
    const env = { KEYTRAIL_URL: url, KEYTRAIL_API_KEY: apiKey };
    expect(
      (await keytrail(["export", "--query", "operation:server.start", "--out", out], env)).code,
    ).toBe(0);
    const evidence = await keytrail(["verify", out, "--policy", policy]);
    expect({ code: evidence.code, out: evidence.stdout }).toEqual({
      code: 0,
      out: expect.stringContaining("witnessed  by w1") as string,
    });
    await server.stop();
    // The last checkpoint is cosigned before the server is gone.
    const verified = await keytrail(["verify", data, "--policy", policy]);
    expect({ code: verified.code, out: verified.stdout }).toEqual({
      code: 0,
      out: expect.stringContaining("w1") as string,
    });
  }, 60_000);

  it("refuses to vouch for a history that is not the one it has seen", async () => {
    const logVkey = await logVkeyOfNew();
    cpSync(data, join(folder, "fork"), { recursive: true });
    const policy = writePolicy(logVkey, await startWitness(logVkey));
    const work = async (where: string): Promise<string> => {
      server = await RunningServer.start(where, ["--witness-policy", policy]);
      const headers = { Authorization: `Bearer ${await tokenOf(server.url, apiKeyOf())}` };
      for (let i = 0; i < 5; i++)
        await (await fetch(`${server.url}/api/v2/secrets`, { headers })).arrayBuffer();
      await server.stop();
      return server.printed();
    };
    const apiKeyOf = (): string =>
      (JSON.parse(readFileSync(join(data, "bootstrap.json"), "utf8")) as { api_key: string })
        .api_key;
    expect(await work(data)).not.toContain("does not cosign");
    // The whole folder, with the lock that is never to be restored: only somebody outside can notice.
    rmSync(join(folder, "fork", "bootstrap.json"));
    expect(await work(join(folder, "fork"))).toContain("does not cosign");
    expect((await keytrail(["verify", data, "--policy", policy])).code).toBe(0);
    expect((await keytrail(["verify", join(folder, "fork"), "--policy", policy])).code).toBe(1);
  }, 60_000);
});
