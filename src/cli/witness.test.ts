import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, start } from "../../test/support/run.ts";
import { ToyLog } from "../../test/support/toy-log.ts";
import { Cosigners } from "../ledger/witness-client.ts";
import type { WitnessOutcome } from "../ledger/witness-client.ts";
import { parsePolicy, verifyCheckpoint } from "../ledger/witness-policy.ts";
import { formatAddCheckpoint, originHashOf } from "../ledger/witness.ts";
import { FileWitnessState } from "../storage/files/witness-state.ts";
import { witnessCommand } from "./witness.ts";

const command = witnessCommand((dir) => new FileWitnessState(dir));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keytrail-witness-command-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function startWitness(log: ToyLog, state?: string) {
  const dir = state ?? (await mkdtemp(join(root, "w-")));
  const running = start(command, [
    "--state",
    dir,
    "--listen",
    "127.0.0.1:0",
    "--log",
    log.signer.vkey,
    "--json",
  ]);
  const { url, vkey }: { url: string; vkey: string } = JSON.parse(await running.firstLine);
  return { dir, url, vkey, stop: () => running.stop() };
}

function cosignersOf(log: ToyLog, witness: { url: string; vkey: string }) {
  const outcomes: WitnessOutcome[] = [];
  const cosigners = new Cosigners({
    witnesses: [witness],
    consistencyProof: (size1, size2) => log.consistencyProof(size1, size2),
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  return { cosigners, outcomes };
}

function bodyOf(checkpoint: string, oldSize = 0): string {
  return formatAddCheckpoint({ oldSize, proof: [], checkpoint });
}

function post(url: string, body: string): Promise<Response> {
  return fetch(`${url}/add-checkpoint`, { method: "POST", body });
}

describe("keytrail witness", () => {
  test("cosigns a growing log, shows monitors its latest head, and ends in good order", async () => {
    const log = new ToyLog().grow(4);
    const witness = await startWitness(log);
    const policy = parsePolicy(`log ${log.signer.vkey}\nwitness w ${witness.vkey}\nquorum w\n`);
    const { cosigners } = cosignersOf(log, witness);
    for (const growth of [0, 300]) {
      log.grow(growth);
      const witnessed = await cosigners.collect(await log.checkpoint());
      expect(verifyCheckpoint(witnessed.text, policy).size).toBe(log.size);
      const shown = await fetch(`${witness.url}/${originHashOf(log.signer.name)}/checkpoint`);
      expect(await shown.text()).toBe(witnessed.text);
      expect(shown.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    }
    expect((await witness.stop()).code).toBe(0);
  });

  test("refuses the second of two inconsistent heads, also after a restart", async () => {
    const log = new ToyLog().grow(4);
    const before = await startWitness(log);
    await cosignersOf(log, before).cosigners.collect(await log.checkpoint());
    await before.stop();

    const after = await startWitness(log, before.dir);
    expect(after.vkey).toBe(before.vkey);
    const forked = new ToyLog(log.signer.name, log.signer).grow(6, " forked");
    const { cosigners, outcomes } = cosignersOf(forked, after);
    const plain = await forked.checkpoint();
    expect(await cosigners.collect(plain)).toEqual(plain);
    expect(outcomes).toMatchObject([{ kind: "refused", status: 422 }]);

    log.grow(2);
    const honest = cosignersOf(log, after);
    await honest.cosigners.collect(await log.checkpoint());
    expect(honest.outcomes).toMatchObject([{ kind: "cosigned", size: 6 }]);
    await after.stop();
  });

  test("answers each wrong exchange with the status of the protocol", async () => {
    const log = new ToyLog().grow(4);
    const { url, stop } = await startWitness(log);
    const checkpoint = (await log.checkpoint()).text;
    const stranger = (await new ToyLog("stranger").grow(1).checkpoint()).text;
    const impostor = (await new ToyLog(log.signer.name).grow(4).checkpoint()).text;
    expect((await post(url, "")).status).toBe(400);
    expect((await post(url, bodyOf(stranger))).status).toBe(404);
    expect((await post(url, bodyOf(impostor))).status).toBe(403);
    const conflict = await post(url, bodyOf(checkpoint, 3));
    expect([conflict.status, conflict.headers.get("content-type")]).toEqual([
      409,
      "text/x.tlog.size",
    ]);
    expect(await conflict.text()).toBe("0\n");
    expect((await post(url, "x".repeat(200_000))).status).toBe(413);
    expect((await fetch(`${url}/add-checkpoint`)).status).toBe(405);
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/${"0".repeat(64)}/checkpoint`)).status).toBe(404);
    expect((await post(url, bodyOf(checkpoint))).status).toBe(200);
    await stop();
  });

  test("keeps its key for itself and shows its verifier key beside it", async () => {
    const log = new ToyLog().grow(1);
    const { dir, vkey, stop } = await startWitness(log);
    expect((await stat(join(dir, "witness.key"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dir, "witness.vkey"), "utf8")).toBe(`${vkey}\n`);
    const { stdout, stderr } = await stop();
    const secret = (await readFile(join(dir, "witness.key"), "utf8")).trim();
    expect(stdout + stderr).not.toContain(secret.slice(-20));
  });

  test("that cannot read what it cosigned answers 503 and says so on stderr", async () => {
    const log = new ToyLog().grow(4);
    const { dir, url, stop } = await startWitness(log);
    const request = formatAddCheckpoint({
      oldSize: 0,
      proof: [],
      checkpoint: (await log.checkpoint()).text,
    });
    expect((await post(url, request)).status).toBe(200);
    const file = join(dir, "heads", originHashOf(log.signer.name), "000000000000001");
    await writeFile(file, "garbage");
    expect((await post(url, request)).status).toBe(503);
    expect((await stop()).stderr).toContain("cannot be read");
  });

  test.each<[string, readonly string[], RegExp]>([
    ["no state", ["--log", "x"], /--state is missing/],
    ["no log", ["--state", "unused"], /--log is missing/],
    ["a key that is none", ["--state", "STATE", "--log", "x"], /verifier key is/],
    ["a place that is none", ["--state", "STATE", "--log", "x", "--listen", "here"], /HOST:PORT/],
    ["an unknown option", ["--port", "1"], /--port/],
  ])("called with %s says what is wrong and how to be called", async (_, args, message) => {
    const dir = await mkdtemp(join(root, "u-"));
    const ran = await run(
      command,
      args.map((arg) => (arg === "STATE" ? dir : arg)),
    );
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).toContain("keytrail witness --help");
  });

  test("that cannot listen exits with 3", async () => {
    const log = new ToyLog();
    const first = await startWitness(log);
    const dir = await mkdtemp(join(root, "p-"));
    const taken = new URL(first.url).host;
    const ran = await run(command, ["--state", dir, "--listen", taken, "--log", log.signer.vkey]);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("--listen");
    await first.stop();
  });

  test("--help shows every option, and examples", async () => {
    const ran = await run(command, ["--help"]);
    expect(ran.code).toBe(0);
    for (const option of ["--state", "--log", "--listen", "--name", "--json", "Examples:"]) {
      expect(ran.stdout).toContain(option);
    }
  });
});
