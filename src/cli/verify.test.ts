import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { run, start } from "../../test/support/run.ts";
import { edit, SKETCHES, verify } from "../../test/support/verify-command.ts";
import { systemClock } from "../kernel/clock.ts";
import { CosignatureSigner } from "../ledger/cosignature.ts";
import { Ed25519Signer, parseNote } from "../ledger/note.ts";

let root: string;
let copies = 0;
/** A closed log of 700 events: two full tiles and a partial one. */
let original: { readonly dir: string; readonly vkey: string; readonly lines: readonly string[] };
let live: RecordedLog;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keytrail-verify-"));
  live = await RecordedLog.open(join(root, "live"));
  await live.recordMany(SKETCHES);
  await live.record({ target: "", initiator: "" });
  await live.ledger.publish();
  const closed = await RecordedLog.open(
    join(root, "original"),
    Ed25519Signer.generate("log.example/closed"),
  );
  await closed.recordMany(SKETCHES);
  await closed.close();
  original = { dir: closed.dir, vkey: closed.vkey, lines: closed.lines };
});
afterAll(async () => {
  await live.close();
  await rm(root, { recursive: true, force: true });
});

/** A copy of the closed log's data folder, to do something to. */
async function copy(): Promise<string> {
  const dir = join(root, `copy-${copies++}`);
  await cp(original.dir, dir, { recursive: true });
  return dir;
}

const SEGMENT = "ledger/segments/000000000000.ndjson";

describe("keytrail verify of a data folder", () => {
  test("says that it verifies, by which key, and that no history has a gap", async () => {
    const { code, stdout } = await run(verify, [original.dir]);
    expect(stdout).toContain("verified, 700 entries");
    expect(stdout).toContain(original.vkey);
    expect(stdout).toContain("compare it with one known from elsewhere");
    expect(stdout).toContain("every event is numbered without a gap");
    expect(code).toBe(0);
  });

  test("takes the ledger's folder alone, and the key from the caller", async () => {
    const { code, stdout } = await run(verify, [
      join(original.dir, "ledger"),
      "--log-key",
      original.vkey,
    ]);
    expect(stdout).not.toContain("compare it");
    expect(code).toBe(0);
  });

  test("works while the server has it open", async () => {
    expect((await run(verify, [live.dir])).code).toBe(0);
  });

  test("--json is one line that programs can rely on", async () => {
    const { stdout } = await run(verify, [original.dir, "--json"]);
    expect(stdout.match(/\n/g)).toHaveLength(1);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      verified: true,
      problems: [],
      entries: 700,
      unproven: 0,
      log: { origin: "log.example/closed", size: 700, vkey: original.vkey, witnessed_by: [] },
      key_source: "folder",
    });
    expect(result.computed_root).toBe(result.log.root);
  });

  test("shows a bar to a person, and nothing to a file for what takes a moment", async () => {
    const { stderr } = await run(verify, [original.dir], { isTty: true });
    expect(stderr).toMatch(/verifying [█░]{30} \d+ % \(\d+ of 700\)/);
    expect(stderr.endsWith("\r\u001b[K")).toBe(true);
    expect((await run(verify, [original.dir])).stderr).toBe("");
  });

  test.each<[string, RegExp, (dir: string) => Promise<void>]>([
    [
      "one letter changed",
      /entry 417 is not what was recorded \(altered-entry\)/,
      (dir) => edit(join(dir, SEGMENT), (text) => text.replace('"event-417"', '"event-418"')),
    ],
    [
      "two lines changed over",
      /entry 20 .*(altered|moved)-entry/,
      (dir) =>
        edit(join(dir, SEGMENT), (text) => {
          const lines = text.split("\n");
          return lines.with(20, lines[21]!).with(21, lines[20]!).join("\n");
        }),
    ],
    [
      "the last lines cut off",
      /entry 69[0-9] is missing/,
      (dir) => edit(join(dir, SEGMENT), (text) => text.slice(0, -2000)),
    ],
    [
      "another signature on its head",
      /checkpoint does not verify/,
      (dir) =>
        edit(join(dir, "ledger/checkpoint"), (text) => text.replace(/(— \S+ .{20})./, "$1_")),
    ],
    [
      "a smaller head",
      /checkpoint does not verify/,
      (dir) => edit(join(dir, "ledger/checkpoint"), (text) => text.replace("\n700\n", "\n600\n")),
    ],
    [
      "a head of more entries than anyone could count",
      /entry 700 is missing/,
      (dir) =>
        edit(join(dir, "ledger/checkpoint"), (text) =>
          text.replace("\n700\n", `\n${2 ** 53 - 1}\n`),
        ),
    ],
    ["no head", /there is no checkpoint/, (dir) => rm(join(dir, "ledger/checkpoint"))],
    [
      "a tile changed",
      /tile\/0\/000 holds another hash than entry 3 has/,
      async (dir) => {
        const path = join(dir, "ledger/tile/0/000");
        const tile = await readFile(path);
        tile[3 * 32]! ^= 1;
        await writeFile(path, tile);
      },
    ],
  ])("with %s names what fails", async (_, message, change) => {
    const dir = await copy();
    await change(dir);
    const { code, stdout } = await run(verify, [dir]);
    expect(stdout).toMatch(/DOES NOT VERIFY\n/);
    expect(stdout).toMatch(message);
    expect(code).toBe(1);
  });

  test("put back to an earlier day, with its own head, is named by the head that it was to forget", async () => {
    const dir = join(root, "rolled-back");
    const signer = Ed25519Signer.generate("log.example/rolled");
    const before = await RecordedLog.open(dir, signer);
    await before.recordMany([{}, {}]);
    await before.close();
    await cp(join(dir, "ledger"), join(dir, "backup"), { recursive: true });
    const after = await RecordedLog.open(dir, signer);
    for (let i = 0; i < 3; i++) {
      await after.record({ target: `later-${i}`, initiator: `later-${i}` });
      await after.ledger.publish();
    }
    await after.close();
    expect((await run(verify, [dir])).code).toBe(0);
    await rm(join(dir, "ledger"), { recursive: true });
    await rename(join(dir, "backup"), join(dir, "ledger"));
    const { code, stdout } = await run(verify, [dir]);
    expect(stdout).toContain("has signed one of 4: these files were replaced by older ones");
    expect(code).toBe(1);
    // The ledger alone does not know: that is what the caller's own key and witnesses are for.
    expect((await run(verify, [join(dir, "ledger")])).code).toBe(0);
  });

  test("ends without an answer when it is interrupted", async () => {
    const running = start(verify, [original.dir]);
    const { code, stdout, stderr } = await running.stop();
    expect(stderr).toContain("interrupted");
    expect(stdout).toBe("");
    expect(code).toBe(3);
  });

  test("with another record of its last head than it signed does not verify", async () => {
    const head = JSON.parse(await readFile(join(original.dir, "ledger-head/head.json"), "utf8"));
    for (const record of [
      "{}",
      '{"current":"x","previous":null}\n',
      JSON.stringify({ ...head, previous: "x" }),
      JSON.stringify({ current: "x", previous: head.current }),
    ]) {
      const dir = await copy();
      await writeFile(join(dir, "ledger-head/head.json"), record);
      const { code, stdout } = await run(verify, [dir]);
      expect(stdout).toContain("(altered-head)");
      expect(code).toBe(1);
    }
  });

  test("by another key than the log's does not verify", async () => {
    const other = Ed25519Signer.generate("log.example/closed").vkey;
    const { code, stdout } = await run(verify, [original.dir, "--log-key", other]);
    expect(stdout).toContain("the checkpoint does not verify");
    expect(code).toBe(1);
  });

  test.each<[string, RegExp, object]>([
    [
      "leaves out a number",
      /entry 2: it leaves a gap: it is number 4 of target t, after number 2/,
      { target: 4, initiator: 3 },
    ],
    [
      "repeats a number",
      /entry 2: it repeats a number: it is number 2 of initiator i, after number 2/,
      { target: 3, initiator: 2 },
    ],
    [
      "does not count what it names",
      /its target and its count by target do not go together/,
      { target: null, initiator: 3 },
    ],
  ])("of a log that %s is named, although every hash is right", async (_, message, counters) => {
    const dir = join(root, `counts-${copies++}`);
    const log = await RecordedLog.open(dir);
    const sketch = { target: "t", initiator: "i" };
    await log.recordMany([
      sketch,
      sketch,
      { ...sketch, counters: counters as { target: number; initiator: number } },
    ]);
    await log.close();
    const { code, stdout } = await run(verify, [dir]);
    expect(stdout).toMatch(message);
    expect(code).toBe(1);
  });

  test("with a policy asks for the witnesses it names", async () => {
    const dir = await copy();
    const witness = CosignatureSigner.generate("witness.example/w", systemClock);
    const policy = join(root, "policy.txt");
    // The log is the folder's own when the policy names none.
    await writeFile(policy, `witness w ${witness.vkey}\nquorum w\n`);
    const bare = await run(verify, [dir, "--policy", policy]);
    expect(bare.stdout).toContain('quorum "w" not met');
    expect(bare.code).toBe(1);

    const path = join(dir, "ledger/checkpoint");
    const note = await readFile(path, "utf8");
    await writeFile(path, note + (await witness.sign(parseNote(note).text)));
    const cosigned = await run(verify, [dir, "--policy", policy]);
    expect(cosigned.stdout).toMatch(/witnessed {2}by w at 20/);
    expect(cosigned.code).toBe(0);
  });

  test("with something else for its key asks for one", async () => {
    const dir = await copy();
    await writeFile(join(dir, "ledger/log.vkey"), "nonsense");
    const { code, stderr } = await run(verify, [dir]);
    expect(stderr).toContain("ledger/log.vkey: a verifier key is");
    expect(stderr).toContain("--log-key");
    expect(code).toBe(2);
  });

  test("without any key asks for one", async () => {
    const dir = await copy();
    await rm(join(dir, "ledger/log.vkey"));
    const { code, stderr } = await run(verify, [dir]);
    expect(stderr).toContain("--log-key");
    expect(code).toBe(2);
  });
});

describe("keytrail verify", () => {
  test.each<[readonly string[], RegExp]>([
    [[], /say what to verify/],
    [["a", "b"], /one thing at a time: b/],
    [["no-such-thing"], /no-such-thing does not exist/],
    [["--frobnicate"], /frobnicate/],
    [["x", "--log-key", "nonsense"], /--log-key: a verifier key is/],
  ])("called with %j says what is wrong", async (args, message) => {
    const { code, stderr } = await run(verify, args);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("keytrail verify --help");
    expect(code).toBe(2);
  });

  test("of something else says that it is something else", async () => {
    const dir = await mkdtemp(join(root, "else-"));
    await writeFile(join(dir, "letter.txt"), "Dear auditor");
    for (const target of [dir, join(dir, "letter.txt")]) {
      const { code, stderr } = await run(verify, [target]);
      expect(stderr).toContain("no data folder, no evidence and no receipt");
      expect(code).toBe(2);
    }
    const event = await run(verify, [original.dir, "--event", "e"]);
    expect([event.code, event.stderr]).toEqual([
      2,
      expect.stringContaining("--event goes with a receipt"),
    ]);
  });

  test("--help has examples and the exit codes", async () => {
    const { code, stdout } = await run(verify, ["--help"]);
    expect(stdout).toContain("Examples:");
    expect(stdout).toContain("Exit code:");
    expect(code).toBe(0);
  });
});
