import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RecordedEvidence, recordEvidence } from "../../../test/support/recorded-evidence.ts";
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
import { readEvidence, sumsOf } from "./archive.ts";
import { checkEvidence } from "./check.ts";
import type { EvidenceReport } from "./check.ts";
import { FILE, proofLine } from "./layout.ts";
import type { EvidenceFile } from "./layout.ts";
import { describeEvidence } from "./report.ts";

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
