import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedLog } from "../../../test/support/recorded-log.ts";
import { run } from "../../../test/support/run.ts";
import { serve } from "../../../test/support/serve.ts";
import { utf8 } from "../../kernel/bytes.ts";
import { systemClock } from "../../kernel/clock.ts";
import { CosignatureSigner } from "../../ledger/cosignature.ts";
import { parseNote } from "../../ledger/note.ts";
import { formatReceipt, parseReceipt } from "../../ledger/receipt.ts";
import { parsePolicy } from "../../ledger/witness-policy.ts";
import { exportCommand } from "../export.ts";
import { readEvidence, sumsOf, writeArchive } from "./archive.ts";
import { checkEvidence } from "./check.ts";
import type { EvidenceReport } from "./check.ts";
import { FILE, formatProofLine, proofLine } from "./layout.ts";
import type { EvidenceFile } from "./layout.ts";
import { describeEvidence } from "./report.ts";

let root: string;
let log: RecordedLog;
/** Evidence of all twelve events on one secret, as an archive and as a folder. */
let archive: string;
let folder: string;
let names: EvidenceFile[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "keytrail-evidence-"));
  log = await RecordedLog.open(join(root, "data"));
  await log.recordMany(
    Array.from({ length: 60 }, (_, i) => ({
      target: `secret-${i % 5}`,
      initiator: `user-${i % 2}`,
    })),
  );
  const ofSecret2 = log.exportHandler((line) => line.includes('"id":"secret-2"'));
  const server = await serve(ofSecret2);
  archive = join(root, "evidence.tar");
  folder = join(root, "evidence");
  for (const out of [folder, archive]) {
    const { code, stderr } = await run(exportCommand, [
      "--query",
      "q",
      "--out",
      out,
      "--url",
      server.url,
    ]);
    if (code !== 0) throw new Error(stderr);
  }
  await server.close();
  names = [...(await readEvidence(folder)).files.keys()];
});
afterAll(async () => {
  await log.close();
  await rm(root, { recursive: true, force: true });
});

/** The evidence with some files replaced, and SHA256SUMS as a forger would write it again. */
async function forged(changes: Partial<Record<EvidenceFile, (text: string) => string>>) {
  const files = new Map((await readEvidence(folder)).files);
  for (const [name, change] of Object.entries(changes)) {
    const file = names.find((each) => each === name)!;
    const text = Buffer.from(files.get(file)!).toString();
    expect(change(text)).not.toBe(text);
    files.set(file, utf8(change(text)));
  }
  files.set(FILE.sums, utf8(sumsOf(files)));
  return files;
}

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function messagesOf(report: EvidenceReport): string {
  return report.problems.map((p) => `${p.file}: ${p.message}`).join("\n");
}

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

describe("a forger who writes SHA256SUMS again", () => {
  const swapped = (text: string) => {
    const lines = linesOf(text);
    return joined(lines.with(3, lines[4]!).with(4, lines[3]!));
  };

  test.each<[string, RegExp, Parameters<typeof forged>[0]]>([
    [
      "cannot change an event",
      /events.ndjson: event 7 is not the log's/,
      { [FILE.events]: (t) => t.replace("user-1", "user-0") },
    ],
    [
      "cannot add an event",
      /events.ndjson: event \d+ is not the log's/,
      {
        [FILE.events]: (t) => linesOf(t)[0] + "\n" + t,
        [FILE.proofs]: (t) => t.replace("\n", "\n" + linesOf(t)[1] + "\n"),
      },
    ],
    [
      "cannot leave an event out unseen",
      /has 11 events; the log recorded an export of 12/,
      {
        [FILE.events]: (t) => joined(linesOf(t).toSpliced(4, 1)),
        [FILE.proofs]: (t) => joined(linesOf(t).toSpliced(4, 1)),
      },
    ],
    [
      "cannot leave a proof out",
      /proofs.ndjson: it has 11 proofs for 12 events/,
      { [FILE.proofs]: (t) => joined(linesOf(t).slice(0, -1)) },
    ],
    [
      "cannot change the order",
      /proofs.ndjson: line 5 is out of order/,
      { [FILE.events]: swapped, [FILE.proofs]: swapped },
    ],
    [
      "cannot show an event twice",
      /out of order/,
      {
        [FILE.events]: (t) => joined([...linesOf(t), linesOf(t)[11]!]),
        [FILE.proofs]: (t) => joined([...linesOf(t), linesOf(t)[11]!]),
      },
    ],
    [
      "cannot change an index",
      /is not the log's/,
      { [FILE.proofs]: (t) => t.replace('"index":2,', '"index":1,') },
    ],
    [
      "cannot add to a proof line",
      /line 1 is not/,
      { [FILE.proofs]: (t) => t.replace('{"index"', '{"note":"hello","index"') },
    ],
    [
      "cannot change the size",
      /checkpoint: the signature by .* is not valid/,
      { [FILE.checkpoint]: (t) => t.replace("\n61\n", "\n62\n") },
    ],
    [
      "cannot put another key in place",
      /log.vkey/,
      { [FILE.logKey]: (t) => t.replace(/.$/m, (last) => (last === "A" ? "B" : "A")) },
    ],
    [
      "cannot change the export's record",
      /export-event.json: the event is not entry 60/,
      { [FILE.exportEvent]: (t) => t.replace('"exportedCount":12', '"exportedCount":11') },
    ],
    [
      "cannot take another event for the export's record",
      /export-event.json: it is not the log's record of an export/,
      {},
    ],
    [
      "cannot take another receipt",
      /export-event.json: the event is not entry 59/,
      { [FILE.exportReceipt]: (t) => t.replace("index 60", "index 59") },
    ],
  ])("%s", async (what, message, changes) => {
    const files = await forged(changes);
    if (what.startsWith("cannot take another event")) {
      const [line = ""] = linesOf(Buffer.from(files.get(FILE.events)!).toString());
      const [first = ""] = linesOf(Buffer.from(files.get(FILE.proofs)!).toString());
      const { checkpoint } = parseReceipt(Buffer.from(files.get(FILE.exportReceipt)!).toString());
      files.set(FILE.exportEvent, utf8(line));
      files.set(
        FILE.exportReceipt,
        utf8(formatReceipt({ ...proofLine.parse(JSON.parse(first)), checkpoint })),
      );
      files.set(FILE.sums, utf8(sumsOf(files)));
    }
    expect(messagesOf(checkEvidence(files))).toMatch(message);
    expect(describeEvidence(checkEvidence(files), "it")).toContain("DOES NOT VERIFY");
  });

  test("cannot take the record of another export", async () => {
    const files = await forged({});
    const { files: other } = await readEvidence(archive);
    for (const name of [FILE.exportEvent, FILE.exportReceipt]) files.set(name, other.get(name)!);
    files.set(FILE.sums, utf8(sumsOf(files)));
    expect(messagesOf(checkEvidence(files))).toBe(
      "export-event.tlog-proof: its checkpoint is not the one in the file checkpoint",
    );
  });

  test("with a whole log of their own is found out by the key you know", async () => {
    const own = await RecordedLog.open(join(root, "own"));
    await own.recordMany(Array.from({ length: 5 }, () => ({ target: "secret-2" })));
    const server = await serve(own.exportHandler(() => true));
    const out = join(root, "own.tar");
    expect(
      (await run(exportCommand, ["--query", "q", "--out", out, "--url", server.url])).code,
    ).toBe(0);
    await server.close();
    await own.close();
    const { files } = await readEvidence(out);
    expect(checkEvidence(files).problems).toEqual([]);
    const known = checkEvidence(files, { logVkey: log.vkey });
    expect(known.problems.map((p) => p.file)).toEqual([FILE.logKey, FILE.checkpoint]);
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

describe("evidence with witnesses", () => {
  test("is checked by the policy it carries, or better by the checker's own", async () => {
    const witness = CosignatureSigner.generate("witness.example/w", systemClock);
    const stranger = CosignatureSigner.generate("witness.example/s", systemClock);
    const policyText = (w: CosignatureSigner) => `log ${log.vkey}\nwitness w ${w.vkey}\nquorum w\n`;
    const { files: bare } = await readEvidence(folder);
    const note = Buffer.from(bare.get(FILE.checkpoint)!).toString();
    const cosigned = note + (await witness.sign(parseNote(note).text));
    const files = new Map(bare);
    files.set(FILE.checkpoint, utf8(cosigned));
    files.set(FILE.policy, utf8(policyText(witness)));
    const receipt = parseReceipt(Buffer.from(bare.get(FILE.exportReceipt)!).toString());
    files.set(FILE.exportReceipt, utf8(formatReceipt({ ...receipt, checkpoint: cosigned })));
    files.set(FILE.sums, utf8(sumsOf(files)));

    const own = checkEvidence(files);
    expect(own.problems).toEqual([]);
    expect(own).toMatchObject({
      policySource: "evidence",
      checkpoint: { witnessedBy: [{ name: "w" }] },
    });
    expect(describeEvidence(own, "it")).toContain("witnesses named by the evidence itself");

    const given = checkEvidence(files, { policy: parsePolicy(policyText(witness)) });
    expect(given).toMatchObject({ problems: [], policySource: "given", keySource: "given" });
    const wrong = checkEvidence(files, { policy: parsePolicy(policyText(stranger)) });
    expect(messagesOf(wrong)).toContain('quorum "w" not met');

    // A policy that asks for more than is there is not met either.
    files.set(FILE.policy, utf8(policyText(stranger)));
    files.set(FILE.sums, utf8(sumsOf(files)));
    expect(messagesOf(checkEvidence(files))).toContain('quorum "w" not met');
  });
});

test("a proof line reads back as it is written", () => {
  const line = { index: 7, proof: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] };
  expect(formatProofLine(proofLine.parse(JSON.parse(formatProofLine(line))))).toBe(
    formatProofLine(line),
  );
});
