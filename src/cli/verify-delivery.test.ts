import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedLog } from "../../test/support/recorded-log.ts";
import { run, type Ran } from "../../test/support/run.ts";
import { serve } from "../../test/support/serve.ts";
import { SKETCHES, edit, verify } from "../../test/support/verify-command.ts";
import { ToyLog } from "../../test/support/toy-log.ts";
import { statementOf } from "../delivery/proof.ts";
import { systemClock } from "../kernel/clock.ts";
import { CosignatureSigner } from "../ledger/cosignature.ts";
import { Ed25519Signer } from "../ledger/note.ts";
import { parseTilePath } from "../ledger/tile.ts";

const PROGRESS = {
  acknowledged: 300,
  since: 17,
  fingerprint: "5d41402abc4b2a76",
  startId: "s",
  deliveredCount: 280,
  setAsideCount: 1,
  setAside: [],
  lastSuccessAt: null,
  lastTrouble: null,
  failingSince: null,
};
const AT = Date.parse("2026-11-21T09:31:07Z");

let root: string;
let signer: Ed25519Signer;
let log: RecordedLog;
let proof: string;

/** What the log states of a receiver that has come so far. */
async function proofOf(size: number, since = PROGRESS.since): Promise<string> {
  const statement = statementOf({ id: "id-1", name: "siem" }, { ...PROGRESS, since }, AT);
  const file = join(root, `${size}-${since}.delivery`);
  await writeFile(file, (await log.ledger.attest(size, statement)).text);
  return file;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keytrail-verify-"));
  signer = Ed25519Signer.generate("log.example/recorded");
  log = await RecordedLog.open(join(root, "data"), signer);
  await log.recordMany(SKETCHES);
  await log.ledger.publish();
  proof = await proofOf(300);
});
afterAll(async () => {
  await log.close();
  await rm(root, { recursive: true, force: true });
});

const verified = (file: string, ...more: string[]): Promise<Ran> =>
  run(verify, [file, "--log-key", log.vkey, ...more]);

/** Another log under the same key: what a thief of the key, or a restored backup, would sign. */
async function fork(count: number): Promise<string> {
  const dir = join(root, `fork-${count}`);
  const other = await RecordedLog.open(dir, signer);
  await other.recordMany(SKETCHES.slice(0, count).map((one) => ({ ...one, initiator: "eve" })));
  await other.ledger.publish();
  await other.close();
  return dir;
}

describe("keytrail verify of a proof of delivery", () => {
  test("says what the receiver has, and that nobody has looked whether the log still has it", async () => {
    const { code, stdout } = await verified(proof);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      `${proof}: verified`,
      "log        log.example/recorded, its first 300 entries",
      `key        ${log.vkey}`,
      "receiver   siem, id-1",
      "has        everything from entry 17 up to 299, of what it is sent (selection 5d41402abc4b2a76)",
      "           280 events acknowledged, 1 set aside, as of 2026-11-21T09:31:07.000Z",
      "unchecked  whether the log still has these entries: --against the log",
      "",
    ]);
    expect((await verified(await proofOf(20, 20))).stdout).toContain("has        nothing yet");
  });

  test("is known by what stands in it, whatever it is called", async () => {
    const file = join(root, "note");
    await writeFile(file, await readFile(proof));
    expect((await verified(file)).stdout).toContain("receiver   siem");
  });

  test("agrees with the log's folder, a copy of its ledger, and its own size", async () => {
    for (const [file, against] of [
      [proof, join(root, "data")],
      [proof, join(root, "data", "ledger")],
      [await proofOf(700), join(root, "data")],
      [await proofOf(0, 0), join(root, "data")],
    ] as const) {
      const { code, stdout } = await verified(file, "--against", against);
      expect(stdout).toContain(`agrees     with ${against}, whose 700 entries begin with these`);
      expect(code).toBe(0);
    }
  });

  test("agrees with a running server, and needs no right there", async () => {
    const server = await serve(async ({ url = "" }, response) => {
      const path = url.replace("/log/", "");
      if (path === "checkpoint") return response.end(log.ledger.checkpoint().text);
      const tile = parseTilePath(path);
      if (tile === undefined || tile.level === "entries") return response.writeHead(404).end();
      return response.end(await log.ledger.tile(tile.level, tile.index, tile.width));
    });
    const json = await verified(proof, "--against", server.url, "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      verified: true,
      log: { origin: "log.example/recorded", size: 300 },
      delivery: {
        id: "id-1",
        name: "siem",
        from: 17,
        through: 300,
        selection: "5d41402abc4b2a76",
        events: 280,
        set_aside: 1,
      },
      against: { name: server.url, size: 700 },
    });
    await server.close();
  });

  test("does not agree with another history, nor with one that is shorter", async () => {
    const forged = await verified(proof, "--against", await fork(400));
    expect([forged.code, forged.stdout]).toEqual([
      1,
      expect.stringMatching(/DOES NOT VERIFY\n {2}the first 300 entries of .* are not those that/),
    ]);
    const shorter = await verified(proof, "--against", await fork(200));
    expect(shorter.stdout).toMatch(/has 200 entries, the proof is of 300: it is older, or/);
  });

  test.each([
    [
      "what was delivered",
      (text: string) => text.replace("delivered-events 280", "delivered-events 281"),
    ],
    ["the size", (text: string) => text.replace("\n300\n", "\n301\n")],
    ["everything", () => "nonsense\ndelivered-to x y\n"],
  ])("is no proof with %s changed", async (_, change) => {
    const file = join(root, "changed.delivery");
    await writeFile(file, await readFile(proof));
    await edit(file, change);
    const { code, stdout } = await verified(file, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ verified: false, problems: [{ file }] });
  });

  test("is none by another log's key, nor a checkpoint that states nothing, nor one of the future", async () => {
    const other = new ToyLog("log.example/recorded").signer.vkey;
    expect((await run(verify, [proof, "--log-key", other])).code).toBe(1);
    const plain = join(root, "plain.delivery");
    await writeFile(plain, log.ledger.checkpoint().text);
    expect((await verified(plain)).stdout).toContain("states nothing of a delivery");
    const future = await verified(await proofOf(16));
    expect(future.stdout).toContain("of what was not in the log");
  });

  test("is believed by the logs of a policy, whatever witnesses that asks for elsewhere", async () => {
    const policy = join(root, "policy");
    const witness = CosignatureSigner.generate("witness.example/w", systemClock);
    await writeFile(policy, `log ${log.vkey}\nwitness w ${witness.vkey}\nquorum w\n`);
    expect((await run(verify, [proof, "--policy", policy])).code).toBe(0);
  });

  test("takes a key, and a whole log to be held against", async () => {
    const folder = join(root, "data");
    const keyless = await run(verify, [proof]);
    expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringContaining("--log-key")]);
    const partial = await verified(proof, "--against", proof);
    expect([partial.code, partial.stderr]).toEqual([2, expect.stringContaining("a whole log")]);
    const misplaced = await verified(folder, "--against", folder);
    expect(misplaced.stderr).toContain("--against goes with a proof of delivery");
  });
});
