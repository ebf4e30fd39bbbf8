/** Destinations over the real process and command: pinned ones beyond any token, others made, tried, proven, removed. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keytrail, removeFolder, RunningServer, temporaryFolder } from "./running-server.ts";

const WAIT = { timeout: 30_000, interval: 50 };

let parent: string;
let folder: string;
let archive: string;
let server: RunningServer | undefined;
let receiver: Server | undefined;

beforeEach(() => {
  parent = temporaryFolder();
  folder = join(parent, "data");
  archive = join(parent, "archive.ndjson");
});

afterEach(async () => {
  await server?.kill();
  server = undefined;
  receiver?.close();
  receiver = undefined;
  removeFolder(parent);
});

/** With the address of this start: `bootstrap.json` has that of the first. */
function command(...args: string[]): ReturnType<typeof keytrail> {
  if (!server) throw new Error("no server runs");
  const { url, bootstrap } = server;
  return keytrail(args, { KEYTRAIL_URL: url, KEYTRAIL_API_KEY: bootstrap.api_key });
}

async function start(from: string, ...options: string[]): Promise<void> {
  const file = join(parent, "destinations.yaml");
  const entry = `{ name: archive, settings: { kind: file, path: ${archive} }, from: ${from} }`;
  writeFileSync(file, `destinations: [${entry}]\n`);
  server = await RunningServer.start(folder, ["--destinations", file, ...options]);
}

/** Entries of the ledger as they stand there. */
const ledger = (): readonly string[] =>
  linesOf(join(folder, "ledger/segments/000000000000.ndjson"));
const linesOf = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];

/** Metrics are asked for without a record, which would be the next thing to be delivered. */
async function acknowledged(): Promise<number> {
  const text = await (await fetch(`${server?.url}/metrics`)).text();
  const line = /^keytrail_delivery_acknowledged_entries\{destination="pinned:archive".*\} (\d+)$/m;
  return Number(line.exec(text)?.[1]);
}

/** Closes its own side when the other has closed: an ordinary receiver of lines. */
async function listen(lines: string[]): Promise<number> {
  receiver = createServer((socket) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    socket.on("end", () => lines.push(...text.split("\n").slice(0, -1))).on("error", () => {});
  });
  await new Promise<void>((resolve) => receiver?.listen(0, "127.0.0.1", () => resolve()));
  return (receiver.address() as AddressInfo).port;
}

describe("a pinned destination", () => {
  it("has the log from its beginning, and not once more after a restart", async () => {
    await start("beginning");
    await vi.waitFor(async () => expect(await acknowledged()).toBe(ledger().length), WAIT);
    expect(linesOf(archive)).toEqual(ledger());
    await server?.stop();
    await start("beginning");
    await vi.waitFor(async () => expect(await acknowledged()).toBe(ledger().length), WAIT);
    // What had not been acknowledged when it stopped, the news of the stop itself, may be there twice.
    const there = linesOf(archive);
    expect([...new Set(there)]).toEqual(ledger());
    expect(there.filter((line) => line.includes('"account.create"'))).toHaveLength(1);
    expect(there.join("\n")).toMatch(/server\.stop[\s\S]*server\.start/);
  }, 60_000);

  it("is changed by no token, seen by whoever operates the installation, and proven", async () => {
    await start("beginning");
    for (const action of [
      ["pause"],
      ["remove"],
      ["set", "--filter", "x"],
      ["replay", "--from", "0", "--yes"],
    ]) {
      const [what = "", ...more] = action;
      const { code, stderr } = await command("destinations", what, "archive", ...more);
      expect([code, stderr]).toEqual([1, expect.stringContaining("The operator has pinned it")]);
    }
    expect((await command("destinations", "test", "archive")).stdout).toContain("is reached");
    const out = join(parent, "archive.delivery");
    await command("destinations", "proof", "archive", "--out", out);
    const vkey = server?.bootstrap.log_vkey ?? "";
    for (const log of [folder, server?.url ?? ""]) {
      const { code, stdout } = await keytrail(["verify", out, "--log-key", vkey, "--against", log]);
      expect([code, stdout]).toEqual([
        0,
        expect.stringContaining("receiver   archive, pinned:archive"),
      ]);
    }
  }, 60_000);

  it("keeps the server from starting where it is not understood, and says where", async () => {
    await expect(start("yesterday")).rejects.toThrow(
      /destinations\.yaml, destination archive: from: is now, beginning, or the index of an entry/,
    );
  }, 60_000);

  it("has a credential that others may read spoken of", async () => {
    const file = join(parent, "pinned.yaml");
    writeFileSync(join(parent, "token"), "hunter2\n");
    chmodSync(join(parent, "token"), 0o644);
    writeFileSync(
      file,
      "destinations: [{ name: hec, settings: { kind: splunk, host: 127.0.0.1, port: 1 }, credentials: { token: { file: token } } }]\n",
    );
    server = await RunningServer.start(folder, ["--destinations", file]);
    expect(server.printed()).toMatch(/Others than its owner may read \S+\/token, a credential/);
    expect((await command("destinations", "show", "hec")).stdout).not.toContain("hunter2");
    expect(server.printed()).not.toContain("hunter2");
  }, 60_000);
});

describe("a destination of the account", () => {
  it("is not at this host unless the operator says so, and then gets what it asks for", async () => {
    const lines: string[] = [];
    const port = String(await listen(lines));
    const wire = ["--kind", "json", "--transport", "tcp", "--set", "form=entry", "--port", port];
    const add = ["destinations", "add", "siem", ...wire];
    await start("now");
    const refused = await command(...add, "--host", "127.0.0.1");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("do not leave for"),
    ]);
    // A name is looked at where it is looked up.
    const named = await command(...add, "--host", "localhost");
    expect(named.code).toBe(0);
    const unreached = await command("destinations", "test", "siem");
    expect([unreached.code, unreached.stdout]).toEqual([1, expect.stringContaining("NOT reached")]);
    await server?.stop();
    await start("now", "--destination-addresses", "127.0.0.0/8,::1");
    // What was recorded since it was made, first of all that it was.
    await vi.waitFor(() => expect(lines.join("\n")).toContain('"server.start"'), WAIT);
    expect(lines[0]).toContain('"destination.create"');
    const filter = "operation:instance.list";
    expect((await command("destinations", "set", "siem", "--filter", filter)).code).toBe(0);
    await command("instances", "list");
    await command("instances", "regions");
    const listed = () => lines.filter((line) => line.includes('"operation":"instance.list"'));
    await vi.waitFor(() => expect(listed().length).toBeGreaterThan(1), WAIT);
    expect(await command("destinations", "status")).toMatchObject({ code: 0, stderr: "" });
    expect(lines.at(-1)).toContain('"operation":"instance.list"');
    expect((await command("destinations", "remove", "siem")).code).toBe(0);
    expect((await command("destinations", "show", "siem")).code).toBe(1);
  }, 90_000);
});
