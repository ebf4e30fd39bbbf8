/** A rotation of the root key that is killed at any moment, under load, costs no secret and ends at the next start. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

const SECRETS = 600;
const PARALLEL = 16;
/** After the rotation was asked for: inside its first batches, and later. */
const KILLS_AFTER_MS = [0, 5, 20, 60];

let folder: string | undefined;
let server: RunningServer | undefined;

afterEach(async () => {
  await server?.kill();
  if (folder) removeFolder(folder);
});

async function headersFor(running: RunningServer, apiKey: string): Promise<Record<string, string>> {
  return {
    Authorization: `Bearer ${await tokenOf(running.url, apiKey)}`,
    "Content-Type": "application/json",
  };
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

describe("a rotation of the root key", () => {
  it("that is killed leaves every secret readable, and goes on at the next start", async () => {
    folder = temporaryFolder();
    server = await RunningServer.start(folder);
    const apiKey = server.bootstrap.api_key;
    const values = new Map<string, string>();
    const first = await headersFor(server, apiKey);
    const { url } = server;
    await inParallel(
      Array.from({ length: SECRETS }, (_, i) => i),
      async (i) => {
        const body = JSON.stringify({
          name: `s-${i}`,
          secret_type: "arbitrary",
          payload: `value-${i}`,
        });
        const made = await fetch(`${url}/api/v2/secrets`, { method: "POST", headers: first, body });
        values.set(((await made.json()) as { id: string }).id, `value-${i}`);
      },
    );
    const keys = (): string[] =>
      readFileSync(join(folder ?? "", "keys", "root.key"), "utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"));
    const before = keys();

    for (const delayMs of KILLS_AFTER_MS) {
      const headers = await headersFor(server, apiKey);
      // Refused as long as the one before is not finished; then this one finds it going on.
      await fetch(`${server.url}/trail/v1/root-key/rotate`, {
        method: "POST",
        headers,
        body: "{}",
      });
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await server.kill();
      server = await RunningServer.start(folder);
    }
    const headers = await headersFor(server, apiKey);
    const running = server.url;
    await inParallel([...values], async ([id, value]) => {
      const read = await fetch(`${running}/api/v2/secrets/${id}`, { headers });
      expect(((await read.json()) as { payload: string }).payload).toBe(value);
    });
    // One key is left, and it is not the first one.
    await expect.poll(() => keys().length, { timeout: 20_000 }).toBe(1);
    expect(keys()).not.toEqual(before);
  }, 120_000);
});
