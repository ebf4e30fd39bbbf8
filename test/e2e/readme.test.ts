/** The README's commands, run as they stand, by a shell, in a folder that looks like a clone. */
import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, root, temporaryFolder } from "./running-server.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
const [install = "", ...later] = blocks;
/** The last block is the test command itself: this very run. */
const session = later.slice(0, -1);

let folder: string;
let server: ChildProcess | undefined;

beforeAll(async () => {
  folder = temporaryFolder();
  for (const part of ["keytrail", "src", "node_modules", "package.json"]) {
    symlinkSync(join(root, part), join(folder, part));
  }
  const start = install.trim().split("\n").at(-1) ?? "";
  server = spawn("bash", ["-c", `exec ${start}`], {
    cwd: folder,
    env: { ...process.env, KEYTRAIL_PORT: String(await freePort()) },
    stdio: "ignore",
    detached: true,
  });
  const deadline = performance.now() + 60_000;
  while (!existsSync(join(folder, "data", "bootstrap.json")) || !(await demoIsOver())) {
    if (performance.now() > deadline) throw new Error("the README's server did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}, 90_000);

afterAll(() => {
  // npm starts the server as its child: the whole group is told.
  if (server?.pid) process.kill(-server.pid, "SIGKILL");
  removeFolder(folder);
});

/** The story has an end in the ledger: the deployer's new key. */
async function demoIsOver(): Promise<boolean> {
  const segment = join(folder, "data", "ledger", "segments", "000000000000.ndjson");
  return existsSync(segment) && readFileSync(segment, "utf8").includes("after the leak");
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function bash(script: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const shell = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd: folder });
    let output = "";
    shell.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    shell.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    shell.once("close", (code) => resolve({ code, output }));
  });
}

describe("the README", () => {
  it("begins with the two commands that run the server, and ends with the one that tests it", () => {
    expect(install).toBe("npm ci\nnpm start -- --demo\n");
    expect(blocks.at(-1)).toBe("npm test\n");
    expect(readme.split("\n").length).toBeLessThanOrEqual(150);
  });

  it("shows commands that do what it says of them", async () => {
    const { code, output } = await bash(session.join("\n"));
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain('"payload":"correct horse"');
    expect(output).toContain("read.tlog-proof: verified");
    expect(output).toContain("evidence.tar: verified");
    expect(output).toMatch(/complete\s+target db-prod/);
    expect(output).toMatch(/secret\.read on db-prod \(secret\): \d+ identities may/);
    expect(output).toContain("db-prod: its value was given out once, to 1 identity");
    expect(output).toMatch(/Complete: \d+ events on the secret, numbers 1 to/);
    expect(output).toContain("2 receipts verified and kept in proof");
    expect(output).toContain('"EventName": "CreateSecret"');
    expect(output).toMatch(/copy: verified/);
    expect(output).toMatch(
      /copy: DOES NOT VERIFY\n\s+entry \d+ is not what was recorded[\s\S]*found/,
    );
    expect(readFileSync(join(folder, "headers.txt"), "utf8")).toMatch(/^keytrail-receipt: /m);
  }, 120_000);

  it("links only to what is there", () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });
});
