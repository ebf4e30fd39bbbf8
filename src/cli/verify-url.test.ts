import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { run, start } from "../../test/support/run.ts";
import { serve } from "../../test/support/serve.ts";
import type { Handler, Served } from "../../test/support/serve.ts";
import { SKETCHES, verify } from "../../test/support/verify-command.ts";
import { utf8 } from "../kernel/bytes.ts";
import { parseTilePath } from "../ledger/tile.ts";

let root: string;
let live: RecordedLog;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keytrail-verify-"));
  live = await RecordedLog.open(join(root, "live"));
  await live.recordMany(SKETCHES);
  await live.record({ target: "", initiator: "" });
  await live.ledger.publish();
});
afterAll(async () => {
  await live.close();
  await rm(root, { recursive: true, force: true });
});

const served: Served[] = [];
afterEach(async () => {
  await Promise.all(served.splice(0).map((server) => server.close()));
});

describe("keytrail verify of a URL", () => {
  /** The log's public surface; entries with a token only. */
  const surface: Handler = async (request, response) => {
    const path = (request.url ?? "").replace("/log/", "");
    if (request.url === "/identity/token")
      return response.end('{"access_token":"t","expires_in":3600}');
    if (path === "checkpoint") return response.end(live.ledger.checkpoint().text);
    const tile = parseTilePath(path);
    if (tile === undefined) return response.writeHead(404).end();
    if (tile.level === "entries" && request.headers.authorization === undefined) {
      return response
        .writeHead(401)
        .end('{"errors":[{"code":"unauthenticated","message":"Who is asking?"}],"trace":"r-1"}');
    }
    const bytes =
      tile.level === "entries"
        ? await live.ledger.entryBundle(tile.index, tile.width)
        : await live.ledger.tile(tile.level, tile.index, tile.width);
    return bytes === undefined ? response.writeHead(404).end() : response.end(bytes);
  };

  async function urlOf(handler: Handler): Promise<string> {
    const server = await serve(handler);
    served.push(server);
    return server.url;
  }

  const env = { KEYTRAIL_API_KEY: "key" };

  test("reads checkpoint, tiles and entries, and verifies them", async () => {
    const { code, stdout } = await run(verify, [await urlOf(surface), "--log-key", live.vkey], {
      env,
    });
    expect(stdout).toContain("verified, 701 entries");
    expect(code).toBe(0);
  });

  test("names the entry that a server changed", async () => {
    const lying: Handler = async (request, response) => {
      if (request.url !== "/log/tile/entries/001") return surface(request, response);
      const bytes = Buffer.from((await live.ledger.entryBundle(1, 256)) ?? []);
      bytes.set(utf8("bob"), bytes.indexOf('"user-2"') + 1);
      return response.end(bytes);
    };
    const { code, stdout } = await run(verify, [await urlOf(lying), "--log-key", live.vkey], {
      env,
    });
    expect(stdout).toContain("entry 258 is not what was recorded");
    expect(code).toBe(1);
  });

  test("ends where the server's entries do, whatever size it claims", async () => {
    const boasting: Handler = (request, response) =>
      request.url === "/log/checkpoint"
        ? response.end(live.ledger.checkpoint().text.replace("\n701\n", `\n${2 ** 53 - 1}\n`))
        : surface(request, response);
    const args = [await urlOf(boasting), "--log-key", live.vkey];
    const { code, stdout } = await run(verify, args, { env });
    expect(stdout).toContain("the checkpoint does not verify");
    expect(stdout).toMatch(/entry \d+ is missing/);
    expect(code).toBe(1);
  });

  test("ends without an answer when it is interrupted", async () => {
    const asked = Promise.withResolvers<void>();
    const silent: Handler = (request, response) => {
      if (request.url?.startsWith("/log/tile/entries/") !== true) return surface(request, response);
      asked.resolve();
      return undefined;
    };
    const running = start(verify, [await urlOf(silent), "--log-key", live.vkey], { env });
    await asked.promise;
    const { code, stdout, stderr } = await running.stop();
    expect(stderr).toContain("interrupted");
    expect(stdout).toBe("");
    expect(code).toBe(3);
  });

  test("without a key for its entries says what to do", async () => {
    const { code, stderr } = await run(verify, [await urlOf(surface), "--log-key", live.vkey]);
    expect(stderr).toContain("Who is asking?");
    expect(stderr).toContain("KEYTRAIL_API_KEY");
    expect(code).toBe(3);
  });

  test("does not take the server's word for its key", async () => {
    const { code, stderr } = await run(verify, [await urlOf(surface)], { env });
    expect(stderr).toContain("give --log-key");
    expect(code).toBe(2);
  });

  test("that is no log, or floods, or is gone, is no answer", async () => {
    const broken = await urlOf((_, response) => response.writeHead(500).end());
    expect((await run(verify, [broken, "--log-key", live.vkey])).code).toBe(3);
    const flood = await urlOf((_, response) => response.end(Buffer.alloc(18 * 1024 * 1024)));
    const flooded = await run(verify, [flood, "--log-key", live.vkey]);
    expect(flooded.stderr).toContain("do not trust this server");
    expect(flooded.code).toBe(3);
    const nowhere = await urlOf(() => undefined);
    await served.pop()!.close();
    expect((await run(verify, [nowhere, "--log-key", live.vkey])).code).toBe(3);
    const empty = await urlOf((_, response) => response.writeHead(404).end());
    const nothing = await run(verify, [empty, "--log-key", live.vkey]);
    expect(nothing.stdout).toContain("there is no checkpoint");
    expect(nothing.code).toBe(1);
  });
});
