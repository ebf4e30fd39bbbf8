import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run, start } from "../../test/support/run.ts";
import { keyFileText, newEngineKeys } from "../engines/engine-key.ts";
import { engineCommand } from "./engine.ts";

const command = engineCommand("0.0.0");
const URL = "http://127.0.0.1:1";
let folder: string;
let key: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-engine-"));
  key = join(folder, "e1.key");
  const holder = { engine: "9f73b433-39f1-492c-a2ed-a01102d8db1a", server: "here" };
  const text = keyFileText(holder, newEngineKeys().privateKey).reveal();
  writeFileSync(key, text, { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ["no server", () => ["--key-file", key], "--url is missing"],
  ["no URL", () => ["--key-file", key, "--url", "vault"], "--url is the server's"],
  ["another protocol", () => ["--key-file", key, "--url", "ftp://vault"], "--url is the server's"],
  [
    "a user in the URL",
    () => ["--key-file", key, "--url", "https://a:b@c"],
    "--url is the server's",
  ],
  ["no key", () => ["--url", URL], "--key-file is missing"],
  [
    "an authority that is none",
    () => ["--url", URL, "--key-file", key, "--ca", key],
    "holds no certificate",
  ],
  ["no file of it", () => ["--url", URL, "--key-file", join(folder, "x")], "does not exist"],
])("is called wrongly with %s", async (_what, args, sentence) => {
  const ran = await run(command, args());
  expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining(sentence)]);
});

it("takes no file for a key that is none, and quotes nothing of it", async () => {
  writeFileSync(key, "hunter2");
  const ran = await run(command, ["--url", URL, "--key-file", key]);
  expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("holds no engine's key")]);
  expect(ran.stderr).not.toContain("hunter2");
});

it("tries again while there is nobody at the address, and ends well when it is interrupted", async () => {
  const running = start(command, ["--key-file", key, "--json"], { env: { KEYTRAIL_URL: URL } });
  const line = JSON.parse(await running.firstLine);
  expect(line).toMatchObject({ event: "lost", because: expect.stringContaining("ECONNREFUSED") });
  expect(line.retryInMs).toBeGreaterThanOrEqual(500);
  expect(await running.stop()).toMatchObject({ code: 0, stderr: "" });
});

it("has examples in its help", async () => {
  expect((await run(command, ["--help"])).stdout).toContain("Examples:");
});

it("says so where others can read the key", async () => {
  chmodSync(key, 0o644);
  const running = start(command, ["--url", URL, "--key-file", key]);
  expect(await running.firstLine).toMatch(/^Not connected: .* Again in \d\.\d s\.$/);
  expect((await running.stop()).stderr).toContain("chmod 600");
});
