import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ToyLog } from "../../test/support/toy-log.ts";
import { utf8 } from "../kernel/bytes.ts";
import { ManualClock } from "../kernel/clock.ts";
import { CosignatureSigner, withCosignatures } from "./cosignature.ts";
import { NoteError, parseNote, parseSignatureLine } from "./note.ts";
import { ReceiptError, formatReceipt, parseReceipt, verifyReceipt } from "./receipt.ts";
import type { Receipt } from "./receipt.ts";
import { parsePolicy, policyOfLog } from "./witness-policy.ts";

const log = new ToyLog().grow(70);
const policy = policyOfLog(log.signer.vkey);

async function receiptFor(index: number, size = log.size): Promise<Receipt> {
  const checkpoint = await log.checkpoint(size);
  return { index, proof: await log.inclusionProof(index, size), checkpoint: checkpoint.text };
}

describe("a receipt", () => {
  test("shows every entry of a log, at every size, and goes through its text form", async () => {
    for (const size of [1, 2, 3, 7, 8, 33, 64, 70]) {
      for (let index = 0; index < size; index += 5) {
        const text = formatReceipt(await receiptFor(index, size));
        const receipt = parseReceipt(text);
        expect(formatReceipt(receipt)).toBe(text);
        const leaf = utf8(`entry ${index}`);
        expect(verifyReceipt({ receipt, leaf, policy }).size).toBe(size);
      }
    }
  });

  test("is the text of the specification: header, index, hashes, checkpoint", async () => {
    const receipt = await receiptFor(3, 8);
    const [header, index, ...rest] = formatReceipt(receipt).split("\n");
    expect([header, index]).toEqual(["c2sp.org/tlog-proof@v1", "index 3"]);
    expect(rest.indexOf("")).toBe(3);
    expect(rest.slice(4).join("\n")).toBe(receipt.checkpoint);
  });

  test("carries extra data, which nothing vouches for", async () => {
    const extra = utf8("for the file");
    const text = formatReceipt({ ...(await receiptFor(3)), extra });
    expect(text.split("\n")[1]).toBe("extra Zm9yIHRoZSBmaWxl");
    expect(Buffer.from(parseReceipt(text).extra ?? []).toString()).toBe("for the file");
    expect(formatReceipt(parseReceipt(text))).toBe(text);
  });

  test("with cosignatures meets a quorum; without them it does not", async () => {
    const witness = CosignatureSigner.generate("w", new ManualClock(0));
    const quorum = parsePolicy(`log ${log.signer.vkey}\nwitness w ${witness.vkey}\nquorum w\n`);
    const plain = await log.checkpoint();
    const line = await witness.sign(parseNote(plain.text).text);
    const witnessed = withCosignatures(plain, [parseSignatureLine(line.slice(0, -1))]);
    const receipt = { ...(await receiptFor(9)), checkpoint: witnessed.text };
    const leaf = utf8("entry 9");
    expect(verifyReceipt({ receipt, leaf, policy: quorum }).witnessedBy).toEqual([
      { name: "w", time: 0 },
    ]);
    const bare = { ...receipt, checkpoint: plain.text };
    expect(() => verifyReceipt({ receipt: bare, leaf, policy: quorum })).toThrow(NoteError);
  });

  test("does not show another event, another place, or an entry beyond its checkpoint", async () => {
    const receipt = await receiptFor(9);
    const leaf = utf8("entry 9");
    expect(() => verifyReceipt({ receipt, leaf: utf8("entry 8"), policy })).toThrow(ReceiptError);
    expect(() => verifyReceipt({ receipt: { ...receipt, index: 8 }, leaf, policy })).toThrow(
      ReceiptError,
    );
    expect(() => verifyReceipt({ receipt: { ...receipt, index: 70 }, leaf, policy })).toThrow(
      /beyond/,
    );
    expect(() =>
      verifyReceipt({ receipt: { ...receipt, proof: receipt.proof.slice(1) }, leaf, policy }),
    ).toThrow(ReceiptError);
    const stranger = policyOfLog(new ToyLog().signer.vkey);
    expect(() => verifyReceipt({ receipt, leaf, policy: stranger })).toThrow(NoteError);
  });

  test("changed in any one character does not verify", async () => {
    const text = formatReceipt(await receiptFor(9));
    const leaf = utf8("entry 9");
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("A", "\n", "0", " ", "—"), (at, c) => {
        fc.pre(text[at] !== c);
        const changed = text.slice(0, at) + c + text.slice(at + 1);
        expect(() => verifyReceipt({ receipt: parseReceipt(changed), leaf, policy })).toThrow();
      }),
      { numRuns: 500 },
    );
  });

  const H = Buffer.alloc(32, 7).toString("base64");
  const end = `\n\no\n1\n${H}\n\n— o AAAAAAAA\n`;
  test.each([
    ["another version", `c2sp.org/tlog-proof@v2\nindex 0${end}`],
    ["no index", `c2sp.org/tlog-proof@v1\n${H}${end}`],
    ["a leading zero", `c2sp.org/tlog-proof@v1\nindex 00${end}`],
    ["a negative index", `c2sp.org/tlog-proof@v1\nindex -1${end}`],
    ["extra after its index", `c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA${end}`],
    ["extra that is not base64", `c2sp.org/tlog-proof@v1\nextra ?\nindex 0${end}`],
    ["a short hash", `c2sp.org/tlog-proof@v1\nindex 0\nAAAA${end}`],
    ["an unpadded hash", `c2sp.org/tlog-proof@v1\nindex 0\n${H.slice(0, -1)}${end}`],
    ["an endless proof", `c2sp.org/tlog-proof@v1\nindex 0${`\n${H}`.repeat(65)}${end}`],
    ["carriage returns", `c2sp.org/tlog-proof@v1\r\nindex 0${end}`],
    ["no checkpoint", "c2sp.org/tlog-proof@v1\nindex 0\n"],
  ])("with %s is refused", (_, text) => {
    expect(() => parseReceipt(text)).toThrow(ReceiptError);
  });
});
