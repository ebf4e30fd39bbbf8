/** First start, second start, stop; and what a start refuses to go on over. */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
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
let server: RunningServer | undefined;

beforeEach(() => {
  folder = join(temporaryFolder(), "data");
});

afterEach(async () => {
  await server?.kill();
  server = undefined;
  removeFolder(join(folder, ".."));
});

const segment = (): string => join(folder, "ledger", "segments", "000000000000.ndjson");

function paste(script: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const shell = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd: root });
    let output = "";
    shell.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    shell.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    shell.once("close", (code) => resolve({ code, output }));
  });
}

/** A data folder that a server has worked in and left in good order. */
async function usedFolder(): Promise<void> {
  const used = await RunningServer.start(folder);
  const headers = { Authorization: `Bearer ${await tokenOf(used.url, used.bootstrap.api_key)}` };
  for (let i = 0; i < 20; i++)
    await (await fetch(`${used.url}/api/v2/secrets`, { headers })).arrayBuffer();
  expect(await used.stop()).toBe(0);
}

async function refusedStart(): Promise<string> {
  const { code, stderr } = await keytrail(["serve", "--data", folder, "--port", "0"]);
  expect(code).toBe(3);
  return stderr;
}

describe("a first start", () => {
  it.each([[[]], [["--tls-self-signed"]]])(
    "with %j prints commands that work when they are pasted",
    async (options) => {
      server = await RunningServer.start(folder, options);
      await expect.poll(() => server?.printed()).toContain("./keytrail events");
      const commands = server
        .printed()
        .split("\n")
        .filter((line) =>
          /^ {2}(export|TOKEN=|ID=|curl|NODE_EXTRA_CA_CERTS=|\.\/keytrail)/.test(line),
        );
      expect(commands).toHaveLength(5);
      const { code, output } = await paste(commands.join("\n"));
      expect({ code, output }).toMatchObject({ code: 0 });
      expect(output).toContain('"payload":"correct horse"');
      expect(output).toMatch(
        /success\s+secrets-manager\.secret\.read\s+admin@keytrail\.local\s+first-secret/,
      );
    },
  );

  it("keeps what it makes from everybody else", async () => {
    server = await RunningServer.start(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of [
      "bootstrap.json",
      "keys/log.key",
      "keys/root.key",
      "keys/token.key",
      "state/state.db",
    ]) {
      expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600]);
    }
    expect(server.bootstrap).toEqual({
      url: server.url,
      account_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      instance_crn: expect.stringMatching(
        /^crn:v1:bluemix:public:secrets-manager:us-south:a\/.+::$/,
      ) as string,
      api_key: expect.stringMatching(/^ktk_/) as string,
      log_vkey: readFileSync(join(folder, "ledger", "log.vkey"), "utf8").trim(),
    });
  });
});

describe("any other start", () => {
  it("shows no credentials, and says that bootstrap.json is still there until it is not", async () => {
    server = await RunningServer.start(folder);
    const { api_key: apiKey } = server.bootstrap;
    expect(await server.stop()).toBe(0);
    server = await RunningServer.start(folder);
    expect(server.printed()).not.toContain(apiKey);
    await expect
      .poll(() => server?.printed())
      .toContain("bootstrap.json with the first credentials is still");
    expect(await tokenOf(server.url, apiKey)).not.toBe("");
    expect(await server.stop()).toBe(0);
    rmSync(join(folder, "bootstrap.json"));
    server = await RunningServer.start(folder);
    await expect.poll(() => server?.printed()).toContain("log key");
    expect(server.printed()).not.toContain("bootstrap.json");
  });

  it("has its starts and stops in the trail", async () => {
    await usedFolder();
    const lines = readFileSync(segment(), "utf8").trim().split("\n");
    const first = JSON.parse(lines[0] ?? "") as { operation: string };
    const last = JSON.parse(lines.at(-1) ?? "") as { operation: string };
    expect([first.operation, last.operation]).toEqual(["server.start", "server.stop"]);
  });

  it("is refused while another server has the data folder", async () => {
    server = await RunningServer.start(folder);
    expect(await refusedStart()).toContain("another process has the ledger open");
  });

  it("cuts a torn tail and says so", async () => {
    await usedFolder();
    const size = statSync(segment()).size;
    writeFileSync(segment(), '{"id":"01a', { flag: "a" });
    server = await RunningServer.start(folder);
    expect(server.printed()).toContain("10 bytes at index");
    expect(await server.stop()).toBe(0);
    expect(readFileSync(segment(), "utf8").slice(0, size + 2)).toMatch(/\n\{"$/);
    expect((await keytrail(["verify", folder])).code).toBe(0);
  });

  it("rebuilds an index that is broken or gone, and finds what was there before", async () => {
    await usedFolder();
    for (const harm of [
      () => writeFileSync(join(folder, "index", "events.duckdb"), "not a database"),
      () => rmSync(join(folder, "index"), { recursive: true }),
    ]) {
      harm();
      server = await RunningServer.start(folder);
      const found = await keytrail(["events", "operation:server.start", "--json"], {
        KEYTRAIL_URL: server.url,
        KEYTRAIL_API_KEY: server.bootstrap.api_key,
      });
      expect(found.code).toBe(0);
      expect(found.stdout.trim().split("\n").length).toBeGreaterThan(1);
      expect(await server.stop()).toBe(0);
    }
  });

  it("without its root key is sealed: says so, gives no value, and records the asking", async () => {
    server = await RunningServer.start(folder);
    const headers = {
      Authorization: `Bearer ${await tokenOf(server.url, server.bootstrap.api_key)}`,
      "Content-Type": "application/json",
    };
    const body = JSON.stringify({
      name: "kept",
      secret_type: "arbitrary",
      payload: "correct horse",
    });
    const made = await fetch(`${server.url}/api/v2/secrets`, { method: "POST", headers, body });
    const { id } = (await made.json()) as { id: string };
    await server.stop();
    renameSync(join(folder, "keys", "root.key"), join(folder, "root.key"));
    server = await RunningServer.start(folder);
    expect(server.printed()).toContain("SEALED");
    const read = await fetch(`${server.url}/api/v2/secrets/${id}`, { headers });
    expect([read.status, await read.text()]).toEqual([
      503,
      expect.not.stringContaining("correct horse"),
    ]);
    expect(readFileSync(segment(), "utf8").trim().split("\n").at(-1)).toContain(
      '"action":"secrets-manager.secret.read"',
    );
    await server.stop();
    renameSync(join(folder, "root.key"), join(folder, "keys", "root.key"));
    server = await RunningServer.start(folder);
    const again = await fetch(`${server.url}/api/v2/secrets/${id}`, { headers });
    expect(await again.text()).toContain("correct horse");
  });
});

describe("a ledger that was tampered with", () => {
  const harms: Readonly<Record<string, readonly [harm: () => void, named: RegExp]>> = {
    "a flipped byte": [
      () => {
        const bytes = readFileSync(segment());
        const at = bytes.indexOf("secrets-manager.secrets.list");
        bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
        writeFileSync(segment(), bytes);
      },
      /entry \d+/,
    ],
    "two lines swapped": [
      () => {
        const lines = readFileSync(segment(), "utf8").split("\n");
        const [a = "", b = ""] = lines.slice(8, 10);
        writeFileSync(segment(), lines.toSpliced(8, 2, b, a).join("\n"));
      },
      /entry 8/,
    ],
    "a segment that is missing": [() => rmSync(segment()), /missing|000000000000/],
    "a file cut short": [
      () => truncateSync(segment(), Math.floor(statSync(segment()).size / 2)),
      /entr/,
    ],
  };

  it.each(Object.keys(harms))("by %s is named, and the server refuses to go on", async (name) => {
    await usedFolder();
    const [harm, named] = harms[name] ?? [() => undefined, /never/];
    harm();
    expect(await refusedStart()).toMatch(named);
    const verified = await keytrail(["verify", folder]);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toMatch(named);
  });

  it("by putting back an older copy of it is named", async () => {
    await usedFolder();
    cpSync(join(folder, "ledger"), join(folder, "older"), { recursive: true });
    await usedFolder2();
    rmSync(join(folder, "ledger"), { recursive: true });
    renameSync(join(folder, "older"), join(folder, "ledger"));
    expect(await refusedStart()).toMatch(
      /ends before entry \d+, although \d+ entries were recorded/,
    );
    expect(existsSync(join(folder, "ledger-head"))).toBe(true);
  });

  it("by taking log and last signed head away is named: its key begins no second history", async () => {
    await usedFolder();
    for (const part of ["ledger", "ledger-head"]) rmSync(join(folder, part), { recursive: true });
    expect(await refusedStart()).toMatch(
      /missing-head: .* gone, and \d+ entries have been counted/,
    );
  });

  it("by taking its key away is named, and no other key is put in its place", async () => {
    await usedFolder();
    const vkey = readFileSync(join(folder, "ledger", "log.vkey"), "utf8");
    rmSync(join(folder, "keys", "log.key"));
    expect(await refusedStart()).toContain("the key of this log is gone");
    expect(existsSync(join(folder, "keys", "log.key"))).toBe(false);
    expect(readFileSync(join(folder, "ledger", "log.vkey"), "utf8")).toBe(vkey);
    expect((await keytrail(["verify", folder])).code).toBe(0);
  });

  /** Another day's work in the same folder. */
  async function usedFolder2(): Promise<void> {
    const used = await RunningServer.start(folder);
    expect(await used.stop()).toBe(0);
  }
});
