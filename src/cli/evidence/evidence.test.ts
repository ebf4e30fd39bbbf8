import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RecordedEvidence, recordEvidence } from "../../../test/support/recorded-evidence.ts";
import { RecordedLog } from "../../../test/support/recorded-log.ts";
import { run } from "../../../test/support/run.ts";
import { serve } from "../../../test/support/serve.ts";
import { exportCommand } from "../export.ts";
import { readEvidence, writeArchive } from "./archive.ts";
import { checkEvidence } from "./check.ts";
import { formatProofLine, proofLine } from "./layout.ts";
import type { EvidenceFile } from "./layout.ts";

let made: RecordedEvidence;
let root: string;
let log: RecordedLog;
let archive: string;
let folder: string;
let names: EvidenceFile[];

beforeAll(async () => {
  made = await recordEvidence();
  ({ root, log, archive, folder } = made);
  names = [...(await readEvidence(folder)).files.keys()];
});
afterAll(() => made.close());

async function problemsAt(path: string): Promise<readonly { file: string; message: string }[]> {
  const { files, problems } = await readEvidence(path);
  return [...problems, ...checkEvidence(files).problems];
}

describe("evidence", () => {
  test("verifies, as archive and as folder, and says what it is", async () => {
    for (const path of [archive, folder]) {
      const { files, problems } = await readEvidence(path);
      const report = checkEvidence(files, { logVkey: log.vkey });
      expect([...problems, ...report.problems]).toEqual([]);
      expect(report).toMatchObject({ events: 12, keySource: "given" });
      expect(report.exportRecord).toMatchObject({
        query: "q",
        exportedBy: "auditor",
        exportedCount: 12,
      });
      expect(report.histories[0]).toMatchObject({
        id: "secret-2",
        present: 12,
        total: 12,
        isComplete: true,
      });
    }
  });

  test("packs to the same archive each time", async () => {
    const { files } = await readEvidence(folder);
    const [one, other] = [join(root, "one.tar"), join(root, "other.tar")];
    await writeArchive(files, one);
    await writeArchive(new Map([...files].toReversed()), other);
    expect(await readFile(one)).toEqual(await readFile(other));
  });

  test("in a folder with any byte of any file changed does not verify, and the file is named", async () => {
    const dir = join(root, "flipped");
    await cp(folder, dir, { recursive: true });
    for (const name of await readdir(dir)) {
      const path = join(dir, name);
      const bytes = await readFile(path);
      const places = new Set([
        0,
        1,
        Math.floor(bytes.length / 2),
        bytes.length - 2,
        bytes.length - 1,
      ]);
      for (const at of places) {
        for (const mask of [0x01, 0x20, 0x80]) {
          const changed = Buffer.from(bytes);
          changed[at]! ^= mask;
          await writeFile(path, changed);
          const problems = await problemsAt(dir);
          expect(problems.length, `${name} at ${at}`).toBeGreaterThan(0);
          const named = problems.some((p) => p.file === name || p.message.includes(name));
          expect(named, `${name} at ${at}: ${JSON.stringify(problems)}`).toBe(true);
        }
      }
      await writeFile(path, bytes);
    }
    expect(await problemsAt(dir)).toEqual([]);
  });

  test("in an archive with any byte changed does not verify", async () => {
    const bytes = await readFile(archive);
    const path = join(root, "flipped.tar");
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, mask) => {
          const changed = Buffer.from(bytes);
          changed[at]! ^= mask;
          await writeFile(path, changed);
          expect((await problemsAt(path)).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("cut short, or with something behind it, does not verify", async () => {
    const bytes = await readFile(archive);
    const path = join(root, "cut.tar");
    for (const length of [0, 1, 511, 512, 5_000, bytes.length - 512, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, length));
      expect((await problemsAt(path)).length, `cut to ${length}`).toBeGreaterThan(0);
    }
    await writeFile(path, Buffer.concat([bytes, Buffer.alloc(512)]));
    expect((await problemsAt(path)).length).toBeGreaterThan(0);
  });

  test("without one of its files, or with one more, does not verify, and that is named", async () => {
    const dir = join(root, "missing");
    for (const name of names) {
      await cp(folder, dir, { recursive: true });
      await rm(join(dir, name));
      expect(await problemsAt(dir)).toContainEqual({ file: name, message: "it is missing" });
      await rm(dir, { recursive: true });
    }
    await cp(folder, dir, { recursive: true });
    await writeFile(join(dir, "notes.txt"), "from the operator");
    expect(await problemsAt(dir)).toEqual([
      { file: "notes.txt", message: "it is no file of evidence" },
    ]);
    await rename(join(dir, "notes.txt"), join(dir, "policy"));
    expect((await problemsAt(dir)).length).toBeGreaterThan(0);
  });

  test("that was packed with another tar says to unpack it", async () => {
    const bytes = await readFile(archive);
    const path = join(root, "padded.tar");
    await writeFile(path, Buffer.concat([bytes, Buffer.alloc(10_240 - (bytes.length % 10_240))]));
    const problems = await problemsAt(path);
    expect(problems).toEqual([
      { file: path, message: expect.stringContaining("unpack it and verify the folder") },
    ]);
  });
});

describe("the histories in evidence", () => {
  const range = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i);

  /** Evidence of chosen events of one secret's history of ten, with or without the log's totals. */
  async function evidenceOf(numbers: readonly number[], isCounted = true) {
    const dir = await mkdtemp(join(root, "h-"));
    const recorded = await RecordedLog.open(join(dir, "data"));
    await recorded.recordMany(
      Array.from({ length: 10 }, () => ({ target: "secret", initiator: "user" })),
    );
    const isChosen = (line: string) =>
      numbers.includes(JSON.parse(line).counters.target) && line.includes('"secret"');
    const server = await serve(recorded.exportHandler(isChosen, isCounted));
    const out = join(dir, "evidence");
    const ran = await run(exportCommand, ["--query", "q", "--out", out, "--url", server.url]);
    await server.close();
    await recorded.close();
    return { ...ran, report: checkEvidence((await readEvidence(out)).files) };
  }

  test("that lack events name their numbers", async () => {
    const { report, stdout } = await evidenceOf([1, 2, 5, 9]);
    expect(report.problems).toEqual([]);
    expect(report.histories[0]).toMatchObject({
      isComplete: false,
      present: 4,
      total: 10,
      missing: [
        { from: 3, to: 4 },
        { from: 6, to: 8 },
        { from: 10, to: 10 },
      ],
    });
    expect(stdout).toContain("4 of 10 events; missing 3 to 4, 6 to 8, 10");
  });

  test("are not called complete when the log does not state their totals", async () => {
    const { report, stdout } = await evidenceOf(range(1, 10), false);
    expect(report.histories[0]).toMatchObject({ isComplete: false, present: 10, missing: [] });
    expect(report.histories[0]?.total).toBeUndefined();
    expect(stdout).toContain("10 events; the log's total is not stated");
  });
});

test("a proof line reads back as it is written", () => {
  const line = { index: 7, proof: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] };
  expect(formatProofLine(proofLine.parse(JSON.parse(formatProofLine(line))))).toBe(
    formatProofLine(line),
  );
});
