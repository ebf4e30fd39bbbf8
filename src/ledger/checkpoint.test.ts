import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkpointText,
  openCheckpoint,
  parseCheckpointText,
  readCheckpoint,
  signCheckpoint,
} from "./checkpoint.ts";
import { Ed25519Signer, NoteError, signNote } from "./note.ts";

const ROOT = Buffer.from("0ac51862a198f28a0f91930200b52a9bf5da8fb7e1e9f07630fca37f68f1ab62", "hex");

// Tessera's test log: a checkpoint made by other software, with its published key.
const TESSERA_VKEY =
  "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

describe("a checkpoint", () => {
  test("is its origin, its size and its root on a line each", () => {
    expect(
      checkpointText({ origin: "example.com/behind-the-sofa", size: 20852163, root: ROOT }),
    ).toBe("example.com/behind-the-sofa\n20852163\nCsUYYqGY8ooPkZMCALUqm/Xaj7fh6fB2MPyjf2jxq2I=\n");
  });

  test("reads back as any head it was made of", () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (size, root) => {
          const head = { origin: "o.example/log", size, root };
          const read = parseCheckpointText(checkpointText(head));
          expect({ ...read, root: Buffer.from(read.root) }).toEqual({
            ...head,
            root: Buffer.from(root),
          });
        },
      ),
    );
  });

  test("signed by the log opens by the log's key, and keeps its whole text", async () => {
    const signer = Ed25519Signer.generate("o.example/log");
    const signed = await signCheckpoint({ origin: "o.example/log", size: 7, root: ROOT }, signer);
    expect(openCheckpoint(signed.text, signer.vkey)).toMatchObject({ size: 7, text: signed.text });
    expect(readCheckpoint(signed.text).size).toBe(7);
  });

  test("with extension lines opens; they stay in its text", async () => {
    const signer = Ed25519Signer.generate("o");
    const text = `${checkpointText({ origin: "o", size: 7, root: ROOT })}extension\n`;
    const note = await signNote(text, [signer]);
    expect(openCheckpoint(note, signer.vkey).text).toBe(note);
  });

  test("of another origin than the key's name is refused", async () => {
    const signer = Ed25519Signer.generate("o");
    const note = await signNote(checkpointText({ origin: "p", size: 7, root: ROOT }), [signer]);
    expect(() => openCheckpoint(note, signer.vkey)).toThrow(/is of "p"/);
    const head = { origin: "p", size: 7, root: ROOT };
    await expect(signCheckpoint(head, signer)).rejects.toThrow(NoteError);
  });

  test("signed by another key is refused", async () => {
    const signed = await signCheckpoint(
      { origin: "o", size: 7, root: ROOT },
      Ed25519Signer.generate("o"),
    );
    expect(() => openCheckpoint(signed.text, Ed25519Signer.generate("o").vkey)).toThrow(NoteError);
    expect(() => openCheckpoint(signed.text, TESSERA_VKEY)).toThrow(NoteError);
  });

  const root = ROOT.toString("base64");
  test.each([
    ["no origin", `\n7\n${root}\n`],
    ["a leading zero", `o\n07\n${root}\n`],
    ["a sign", `o\n+7\n${root}\n`],
    ["a space", `o\n7 \n${root}\n`],
    ["a hexadecimal size", `o\n0x7\n${root}\n`],
    ["a size beyond 2^53", `o\n9007199254740992\n${root}\n`],
    ["an endless size", `o\n${"9".repeat(400)}\n${root}\n`],
    ["a short root", `o\n7\nAAAA\n`],
    ["an unpadded root", `o\n7\n${root.slice(0, -1)}\n`],
    ["no root", `o\n7\n`],
    ["no final newline", `o\n7\n${root}`],
    ["an empty extension line", `o\n7\n${root}\n\nx\n`],
  ])("with %s is refused", (_, text) => {
    expect(() => parseCheckpointText(text)).toThrow(NoteError);
  });

  test("is not made of a head that could not be read back", () => {
    expect(() => checkpointText({ origin: "a b", size: 1, root: ROOT })).toThrow(NoteError);
    expect(() => checkpointText({ origin: "o", size: -1, root: ROOT })).toThrow(NoteError);
    expect(() => checkpointText({ origin: "o", size: 1.5, root: ROOT })).toThrow(NoteError);
    expect(() => checkpointText({ origin: "o", size: 1, root: ROOT.subarray(1) })).toThrow(
      NoteError,
    );
  });
});
