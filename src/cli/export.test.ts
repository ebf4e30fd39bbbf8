import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { run } from "../../test/support/run.ts";
import { bodyOf, serve } from "../../test/support/serve.ts";
import type { Handler, Served } from "../../test/support/serve.ts";
import { Ed25519Signer } from "../ledger/note.ts";
import { LedgerFolder } from "../storage/files/ledger-store.ts";
import { exportCommand } from "./export.ts";
import { verifyCommand } from "./verify.ts";

const verify = verifyCommand((folder) => new LedgerFolder(folder));

let root: string;
let log: RecordedLog;
const served: Served[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keytrail-export-"));
  log = await RecordedLog.open(join(root, "data"));
  for (let i = 0; i < 300; i++) {
    await log.record({ target: `secret-${i % 7}`, initiator: i % 2 === 0 ? "alice" : "bob" });
  }
});
afterEach(async () => {
  await Promise.all(served.splice(0).map((server) => server.close()));
});
afterAll(async () => {
  await log.close();
  await rm(root, { recursive: true, force: true });
});

const KEY = "the api key";

/** A server with the token endpoint and the given export. */
async function serverOf(handler: Handler): Promise<string> {
  const server = await serve(async (request, response) => {
    if (request.url === "/identity/token") {
      const form = new URLSearchParams((await bodyOf(request)).toString());
      const isKnown = form.get("apikey") === KEY;
      response.writeHead(isKnown ? 200 : 400, { "content-type": "application/json" });
      return response.end(
        isKnown ? '{"access_token":"token-1","expires_in":3600}' : '{"errorMessage":"no such key"}',
      );
    }
    if (request.headers.authorization !== "Bearer token-1") {
      return response
        .writeHead(401)
        .end('{"errors":[{"code":"unauthenticated","message":"Who is asking?"}]}');
    }
    return handler(request, response);
  });
  served.push(server);
  return server.url;
}

const ofSecret3 = (line: string) => line.includes('"id":"secret-3"');
let count = 0;

async function exported(
  options: { matches?: (line: string) => boolean; args?: readonly string[]; out?: string } = {},
) {
  const url = await serverOf(log.exportHandler(options.matches ?? ofSecret3));
  const out = options.out ?? join(root, `evidence-${count++}.tar`);
  const ran = await run(
    exportCommand,
    ["--query", "target.id:secret-3", "--out", out, ...(options.args ?? [])],
    {
      env: { KEYTRAIL_URL: url, KEYTRAIL_API_KEY: KEY },
    },
  );
  return { out, ...ran };
}

describe("keytrail export", () => {
  test("writes an archive that verifies by the log's key and shows a history to be whole", async () => {
    const { out, code, stdout } = await exported();
    expect(code).toBe(0);
    expect(stdout).toContain("verified, 43 events");
    const checked = await run(verify, [out, "--log-key", log.vkey]);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain("complete   target secret-3: events 1 to 43, all present");
    expect(checked.stdout).toMatch(
      /part {7}initiator alice: 21 of 150 events; missing 1 to 5, 7 to 12/,
    );
    expect(checked.stdout).not.toContain("taken from the evidence itself");
  });

  test("writes a folder with the exact lines of the log, in order", async () => {
    const out = join(root, "folder/");
    const { code } = await exported({ out });
    expect(code).toBe(0);
    expect((await readdir(out)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "checkpoint",
      "events.ndjson",
      "export-event.json",
      "export-event.tlog-proof",
      "log.vkey",
      "proofs.ndjson",
      "README.md",
      "SHA256SUMS",
    ]);
    const lines = log.lines.filter((line) => ofSecret3(line) && !line.includes("event.export"));
    expect(await readFile(join(out, "events.ndjson"), "utf8")).toBe(
      lines.map((l) => `${l}\n`).join(""),
    );
    const checked = await run(verify, [out]);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain("taken from the evidence itself");
  });

  test("of nothing is evidence of nothing", async () => {
    const { out, code } = await exported({ matches: () => false });
    expect(code).toBe(0);
    expect((await run(verify, [out])).stdout).toContain("verified, 0 events");
  });

  test("--json says where it is and what it holds", async () => {
    const { out, stdout } = await exported({ args: ["--json"] });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ out, verified: true, events: 43, key_source: "evidence" });
    const whole = result.histories.filter((h: { isComplete: boolean }) => h.isComplete);
    expect(whole).toMatchObject([
      { part: "target", id: "secret-3", present: 43, total: 43, missing: [] },
    ]);
  });

  test("passes the period on as moments", async () => {
    const asked: string[] = [];
    const handler = log.exportHandler(ofSecret3);
    const url = await serverOf((request, response) => {
      asked.push(request.url ?? "");
      return handler(request, response);
    });
    const args = [
      "--query",
      "a:b c",
      "--since",
      "2026-11-01",
      "--until",
      "2026-11-21T09:00:00+01:00",
    ];
    const out = join(root, "period.tar");
    await run(exportCommand, [...args, "--out", out, "--url", url, "--api-key", KEY]);
    const { pathname, searchParams } = new URL(asked[0] ?? "", url);
    expect(pathname).toBe("/trail/v1/export");
    expect(Object.fromEntries(searchParams)).toEqual({
      query: "a:b c",
      from: "2026-11-01T00:00:00.000Z",
      to: "2026-11-21T08:00:00.000Z",
    });
  });

  test("gives a README whose own commands check everything, and that catch a change", async () => {
    const out = join(root, "by-hand");
    // Left edge, right edge, and both sides of a tile's end.
    const chosen = [0, 1, 128, 255, 256, 299].map((i) => `"id":"event-${i}"`);
    await exported({ out, matches: (line) => chosen.some((id) => line.includes(id)) });
    const readme = await readFile(join(out, "README.md"), "utf8");
    const script = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block).join("\n");
    const shell = promisify(execFile);
    const { stdout } = await shell("sh", ["-e", "-c", script], { cwd: out });
    expect(stdout).toContain("events.ndjson: OK");
    expect(stdout).toContain("Signature Verified Successfully");
    expect(stdout.match(/: in the log/g)).toHaveLength(6);

    // The receipt its last step made is one that the tool reads.
    const [, receipt = "", event = ""] = /keytrail verify (\S+) --event (\S+)/.exec(stdout) ?? [];
    const single = await run(verify, [receipt, "--event", event, "--log-key", log.vkey]);
    expect(single.code).toBe(0);

    const events = join(out, "events.ndjson");
    await writeFile(events, (await readFile(events, "utf8")).replace("alice", "alicf"));
    const unchecked = script.replace("sha256sum -c SHA256SUMS", "");
    await expect(shell("sh", ["-e", "-c", unchecked], { cwd: out })).rejects.toThrow();
  });

  test("writes nothing over what is there", async () => {
    const { code, stderr } = await exported({ out: root });
    expect(code).toBe(2);
    expect(stderr).toContain("exists already");
  });

  test("writes nothing when the log's key is not the one that is known", async () => {
    const other = Ed25519Signer.generate("log.example/recorded").vkey;
    const { out, code, stderr } = await exported({ args: ["--log-key", other] });
    expect(code).toBe(1);
    expect(stderr).toContain("log.vkey: it is not the log's key that you gave");
    await expect(readFile(out)).rejects.toThrow("ENOENT");
  });
});

describe("keytrail export writes nothing", () => {
  async function answered(handler: Handler, args: readonly string[] = []) {
    const url = await serverOf(handler);
    const out = join(root, `nothing-${count++}.tar`);
    const ran = await run(exportCommand, ["--query", "q", "--out", out, "--url", url, ...args], {
      env: { KEYTRAIL_API_KEY: KEY },
    });
    await expect(readFile(out)).rejects.toThrow("ENOENT");
    expect((await readdir(root)).filter((name) => name.endsWith(".part"))).toEqual([]);
    return ran;
  }

  /** The export with its lines changed on the way. */
  function through(change: (lines: string[]) => string[]): Handler {
    return async (request, response) => {
      const inner = await serve(log.exportHandler(ofSecret3));
      served.push(inner);
      const text = await (await fetch(`${inner.url}${request.url}`)).text();
      response.end(change(text.split("\n")).join("\n"));
    };
  }

  test.each<[string, (lines: string[]) => string[], number]>([
    ["that ends in the middle", (lines) => lines.slice(0, 20), 3],
    ["without a header", (lines) => lines.slice(1), 3],
    ["with an event left out", (lines) => lines.toSpliced(5, 1), 3],
    ["with an event twice", (lines) => lines.toSpliced(5, 0, lines[5]!), 3],
    ["with something else among the events", (lines) => lines.toSpliced(5, 1, "{}"), 3],
    [
      "with an event changed",
      (lines) => lines.with(5, lines[5]!.replace("secret.read", "secret.list")),
      1,
    ],
    ["with two events changed over", (lines) => lines.with(5, lines[6]!).with(6, lines[5]!), 1],
    [
      "with a proof changed",
      (lines) => lines.with(5, lines[5]!.replace(/"proof":\["../, '"proof":["AA')),
      1,
    ],
    [
      "with its record changed",
      (lines) => lines.map((line) => line.replace("event.export", "event.import")),
      1,
    ],
    [
      "with another head",
      (lines) => lines.with(0, lines[0]!.replace(/\\n(\d+)\\n/, "\\n9$1\\n")),
      1,
    ],
    ["that is empty", () => [], 3],
  ])("of an export %s", async (_, change, expected) => {
    const { code, stderr } = await answered(through(change));
    expect(stderr).not.toBe("");
    expect(code).toBe(expected);
  });

  test("when the query is refused, and passes on why", async () => {
    const body =
      '{"errors":[{"code":"invalid_request","message":"column 3: no such field\\u001b[2J"}]}';
    const { code, stderr } = await answered((_, response) => response.writeHead(400).end(body));
    expect(code).toBe(2);
    expect(stderr).toContain("column 3: no such field");
    expect(stderr).not.toContain("\u001b");
  });

  test("when the caller may not, or is not known", async () => {
    const refused = await answered((_, response) => response.writeHead(403).end("{}"));
    expect([refused.code, refused.stderr.includes("for a policy")]).toEqual([3, true]);
    const unknown = await answered(() => undefined, ["--api-key", "key-of-elsewhere"]);
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain("API key");
    expect(unknown.stderr).not.toContain("key-of-elsewhere");
  });

  test("when no server is there", async () => {
    const server = await serve(() => undefined);
    await server.close();
    const ran = await run(exportCommand, [
      "--query",
      "q",
      "--out",
      join(root, "n.tar"),
      "--url",
      server.url,
    ]);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("cannot be reached");
  });

  test.each<[readonly string[], RegExp]>([
    [["--out", "x.tar"], /--query is missing/],
    [["--query", "q"], /--out is missing/],
    [["--query", "q", "--out", "x.tar", "--since", "yesterday"], /"yesterday" is no time/],
    [["--query", "q", "--out", "x.tar", "--log-key", "k"], /--log-key/],
    [["--query", "q", "--out", "x.tar", "--policy", "no-such-file"], /no-such-file does not exist/],
    [["--query", "q", "--out", "x.tar", "--url", "ftp://x"], /is no URL of a server/],
  ])("when it is called with %j", async (args, message) => {
    const ran = await run(exportCommand, args);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(message);
  });
});
