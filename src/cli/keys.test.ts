import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run, start } from "../../test/support/run.ts";
import { keysCommand } from "./keys.ts";

/** A server's side of the conversation, by what it has left to seal: the rotation itself is tested where it is. */
let server: Server;
let remaining: number[];
let asked: string[];
let env: Record<string, string>;

beforeEach(async () => {
  remaining = [];
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const answers: Record<string, () => object> = {
      "POST /identity/token": () => ({ access_token: "t", expires_in: 3_600 }),
      "POST /trail/v1/root-key/rotate": () => ({
        key_id: "new",
        previous_key_id: "old",
        data_keys: 9,
      }),
      "GET /trail/v1/root-key": () => ({ key_id: "new", remaining: remaining.shift() ?? 0 }),
    };
    response.end(JSON.stringify(answers[`${request.method} ${request.url}`]?.() ?? {}));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  env = { KEYTRAIL_URL: `http://127.0.0.1:${port}`, KEYTRAIL_API_KEY: "k" };
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe("keytrail keys", () => {
  it("rotates, and waits until every data key is sealed anew", async () => {
    remaining = [9, 0];
    const { code, stdout } = await run(keysCommand, ["rotate"], { env });
    expect([code, stdout]).toEqual([0, "Rotation done: root key new for 9 data keys.\n"]);
    expect(asked.filter((one) => one.startsWith("GET"))).toHaveLength(2);
  });

  it("does not wait when it need not, and says so to programs", async () => {
    const { stdout } = await run(keysCommand, ["rotate", "--no-wait", "--json"], { env });
    expect(JSON.parse(stdout)).toEqual({
      key_id: "new",
      previous_key_id: "old",
      data_keys: 9,
      done: false,
    });
    expect(asked).not.toContain("GET /trail/v1/root-key");
  });

  it("tells how far a rotation is", async () => {
    remaining = [4];
    expect((await run(keysCommand, ["status"], { env })).stdout).toBe(
      "Root key new; of the data keys, 4 are not yet under it.\n",
    );
    expect(JSON.parse((await run(keysCommand, ["status", "--json"], { env })).stdout)).toEqual({
      key_id: "new",
      remaining: 0,
    });
  });

  it("interrupted while it waits says that the rotation goes on", async () => {
    remaining = Array.from({ length: 100 }, () => 9);
    const running = start(keysCommand, ["rotate"], { env });
    await expect.poll(() => asked.includes("GET /trail/v1/root-key")).toBe(true);
    const { code, stderr } = await running.stop();
    expect(code).toBe(3);
    expect(stderr).toContain("goes on");
  });

  it.each([[[]], [["spin"]], [["rotate", "twice"]], [["rotate", "--fast"]]])(
    "called with %j does nothing",
    async (args) => {
      expect((await run(keysCommand, args, { env })).code).toBe(2);
      expect(asked).toEqual([]);
    },
  );
});
