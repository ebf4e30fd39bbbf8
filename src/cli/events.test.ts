import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../test/support/run.ts";
import {
  openNativeServer,
  type NativeServer,
} from "../http/dialects/native/testing/native-server.ts";
import { eventsCommand } from "./events.ts";

let native: NativeServer;
let env: Record<string, string>;
let folder: string;

/** The API key stands for the caller, as it does in the bearer token of this server. */
beforeEach(async () => {
  native = await openNativeServer({
    surfaces: [
      (server) =>
        server.post("/identity/token", (request, reply) => {
          const apiKey = new URLSearchParams(String(request.body)).get("apikey") ?? "";
          if (!native.tokens.has(apiKey)) return reply.code(400).send({ errorCode: "BXNIM0415E" });
          return reply.send({ access_token: apiKey, expires_in: 3_600 });
        }),
    ],
  });
  env = { KEYTRAIL_URL: await native.listen(), KEYTRAIL_API_KEY: "auditor" };
  folder = await mkdtemp(join(tmpdir(), "keytrail-cli-"));
});
afterEach(async () => {
  await native.close();
  await rm(folder, { recursive: true });
});

const events = (...args: string[]) => run(eventsCommand, args, { env });
const lines = (text: string) => text.trimEnd().split("\n");

describe("keytrail events", () => {
  it("prints a table, newest first, uncut and without colour where nobody watches", async () => {
    await native.app.plant({ targetId: "a" });
    await native.app.plant({ targetId: "b", status: 403 });
    const { code, stdout, stderr } = await events("host:secrets-manager");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      [
        "TIME                 SEVERITY  OUTCOME      ACTION                       INITIATOR              TARGET     FROM",
        "2026-11-21 09:00:00  critical  failure 403  secrets-manager.secret.read  name of IBMid-someone  name of b  192.0.2.1",
        "2026-11-21 09:00:00  normal    success      secrets-manager.secret.read  name of IBMid-someone  name of a  192.0.2.1",
        "",
      ].join("\n"),
    );
  });

  it("joins the words of its query, takes times and an order", async () => {
    for (const targetId of ["a", "b", "c"]) {
      await native.app.plant({ targetId });
      native.app.base.clock.advance(60_000);
    }
    const found = await events(
      "host:secrets-manager",
      "outcome:success",
      "--oldest",
      "--json",
      "--since",
      "2026-11-21T09:01:00Z",
      "--until",
      "2026-11-21T09:02:00Z",
      "--fields",
      "target.name",
    );
    expect(found.stdout).toBe('{"target.name":"name of b"}\n');
  });

  it("gives programs JSON lines: the log's index and the event as it is recorded", async () => {
    const { index } = await native.app.plant();
    const { stdout } = await events("--json", "host:secrets-manager");
    const [line] = await native.app.ledger.entries([index]);
    expect(stdout).toBe(`{"index":${index},"event":${Buffer.from(line!).toString()}}\n`);
  });

  it("gives spreadsheets CSV in which nothing is a formula", async () => {
    const input = { id: '=HYPERLINK("a","b")', name: "two\nlines" };
    await native.app.plant({ input });
    const fields = "index,requestData.id,requestData.name,missing,reason";
    const { stdout } = await events("--csv", "--fields", fields, "host:secrets-manager");
    expect(stdout).toBe(
      [
        fields,
        `0,"'=HYPERLINK(""a"",""b"")","two\nlines",,"{""reasonCode"":200,""reasonType"":""OK""}"`,
        "",
      ].join("\r\n"),
    );
    expect(lines((await events("--csv", "host:nothing")).stdout)).toHaveLength(1);
  });

  it("gives as many as are asked for, page after page", async () => {
    await Promise.all(Array.from({ length: 1_010 }, () => native.app.plant()));
    const count = async (...args: string[]) =>
      lines((await events("--json", "host:secrets-manager", ...args)).stdout).length;
    expect(await count()).toBe(50);
    expect(await count("--limit", "1005")).toBe(1_005);
    expect(await count("--limit", "all")).toBe(1_010);
  });

  it("never lets an event's text reach the terminal as more than text", async () => {
    await native.app.plant({ targetId: "\u001b]0;owned\u0007\u001b[2Jx" });
    const { stdout } = await events("host:secrets-manager");
    expect(stdout).toContain("name of");
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it("points at where a query goes wrong", async () => {
    const { code, stdout, stderr } = await events("severity:critical", "AND", "(action:x");
    expect([code, stdout]).toEqual([2, ""]);
    expect(lines(stderr)).toEqual([
      expect.stringContaining("keytrail events: "),
      "",
      "  severity:critical AND (action:x",
      "                        ^",
    ]);
  });

  it("says that nothing matches, and that the index is behind", async () => {
    expect(await events("host:nothing")).toMatchObject({ code: 0, stderr: "No events match.\n" });
    await native.app.indexer.stop();
    await native.app.plant();
    expect((await events("host:secrets-manager")).stderr).toMatch(
      /^The search index is behind: \d+ of \d+ entries could be searched\.$/m,
    );
  });

  it.each([
    [["--json", "--csv"], 2, "exclude each other"],
    [["--follow", "--oldest"], 2, "leave --until and --oldest out"],
    [["--limit", "0"], 2, "--limit is a number"],
    [["--fields", "a,,b"], 2, "names separated by commas"],
    [["--since", "soon"], 2, "is no time"],
    [["--nonsense"], 2, "--nonsense"],
    [["--api-key", "reader"], 3, "needs one of the roles"],
    [["--api-key", "stolen"], 3, "does not accept the API key"],
    [["--url", "ftp://x"], 2, "is no URL of a server"],
    [["--url", "http://127.0.0.1:9"], 3, "cannot be reached"],
  ])("called with %j ends with code %i and a sentence", async (args, code, sentence) => {
    const ended = await events(...args);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.stderr).toContain(sentence);
  });

  /** Follows until so many lines have come; `onLine` is told how many there are so far. */
  async function followed(count: number, onLine: (soFar: number) => Promise<unknown>) {
    const stopping = new AbortController();
    const stdout = new PassThrough({ encoding: "utf8" });
    const stderr = new PassThrough({ encoding: "utf8" });
    const args = ["-f", "host:secrets-manager", "--json", "--fields", "target.name"];
    const io = { stdout, stderr, isTty: false, env, signal: stopping.signal };
    const ended = eventsCommand.run(args, io);
    const shown: string[] = [];
    for await (const text of stdout.iterator({ destroyOnReturn: false })) {
      for (const line of lines(String(text))) {
        shown.push(JSON.parse(line)["target.name"]);
        await onLine(shown.length);
      }
      if (shown.length >= count) break;
    }
    stopping.abort();
    expect(await ended).toBe(0);
    return shown;
  }

  it("follows: the last ones in order, then each as it happens, until interrupted", async () => {
    for (const targetId of ["a", "b"]) await native.app.plant({ targetId });
    const shown = await followed(4, async (soFar) => {
      if (soFar === 2) await native.app.plant({ targetId: "c" });
      if (soFar === 3) await native.app.plant({ targetId: "d", operation: "user.create" });
      if (soFar === 3) await native.app.plant({ targetId: "e" });
    });
    expect(shown).toEqual(["a", "b", "c", "e"].map((id) => `name of ${id}`));
  });

  it("follows without showing twice what came while the last ones were looked for", async () => {
    const { app } = native;
    const search = app.index.search.bind(app.index);
    Object.assign(app.index, {
      search: async (...args: Parameters<typeof search>) => {
        Object.assign(app.index, { search });
        await app.plant({ targetId: "meanwhile" });
        await app.indexer.waitFor(app.ledger.size, 1_000);
        return search(...args);
      },
    });
    const shown = await followed(2, (soFar) =>
      soFar === 1 ? app.plant({ targetId: "after" }) : Promise.resolve(),
    );
    expect(shown).toEqual(["name of meanwhile", "name of after"]);
  });
});

describe("the server that a command talks to", () => {
  const bootstrap = (content: object | string) =>
    writeFile(
      join(folder, "bootstrap.json"),
      typeof content === "string" ? content : JSON.stringify(content),
    );

  it("is the one of a data folder when it is given", async () => {
    await native.app.plant();
    await bootstrap({ url: env["KEYTRAIL_URL"], api_key: "auditor", account_id: "a" });
    const found = await run(eventsCommand, ["--data", folder, "--json"], { env: {} });
    expect([found.code, lines(found.stdout)]).toMatchObject([
      0,
      [expect.stringContaining("secret.read")],
    ]);
    expect(await run(eventsCommand, ["--json"], { env: { KEYTRAIL_DATA: folder } })).toMatchObject({
      code: 0,
    });
  });

  it("is never sent a key that was found for another one", async () => {
    await bootstrap({ url: "http://127.0.0.1:9", api_key: "auditor" });
    const args = ["--data", folder, "--url", env["KEYTRAIL_URL"] ?? ""];
    const ended = await run(eventsCommand, args, { env: {} });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("is for http://127.0.0.1:9");
    expect(await native.app.events()).toEqual([]);
    expect(await run(eventsCommand, [...args, "--api-key", "auditor"], { env: {} })).toMatchObject({
      code: 0,
    });
  });

  it.each([["[]"], ["not JSON"], ['{"url":"x"}']])("is not guessed from %s", async (content) => {
    await bootstrap(content);
    const ended = await run(eventsCommand, ["--data", folder], { env: {} });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("does not hold a URL and an API key");
  });

  it("is asked for when there is no telling", async () => {
    const ended = await run(eventsCommand, [], { env: { KEYTRAIL_DATA: join(folder, "none") } });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("KEYTRAIL_URL and KEYTRAIL_API_KEY");
  });
});
