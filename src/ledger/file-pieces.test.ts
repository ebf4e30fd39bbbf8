import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import { MemoryLedgerStore } from "../storage/memory/ledger-store.ts";
import { PIECE_BYTES, digestFile, scanLines } from "./file-pieces.ts";
import type { LinePiece } from "./file-pieces.ts";
import { lineOffsets } from "./segment.ts";

const NAME = "segments/000000000000.ndjson";

interface Scanned {
  readonly text: string;
  readonly offsets: readonly number[];
  readonly sizeBytes: number;
}

async function scan(bytes: Uint8Array, maxLines = Number.POSITIVE_INFINITY): Promise<Scanned> {
  const store = new MemoryLedgerStore();
  store.disk.files.set(NAME, bytes);
  const pieces: LinePiece[] = [];
  const sizeBytes = await scanLines(store, { name: NAME, maxLines }, (piece) => {
    pieces.push(piece);
  });
  const text = pieces.map((piece) => fromUtf8(piece.bytes)).join("");
  return { text, offsets: [0, ...pieces.flatMap(({ ends }) => ends)], sizeBytes };
}

it("gives the whole lines of a file of many pieces, wherever the pieces are cut", async () => {
  const line = fc.nat({ max: 65_535 }).map((length) => "x".repeat(length));
  const lines = fc.array(line, { minLength: 1, maxLength: 100 });
  await fc.assert(
    fc.asyncProperty(lines, fc.boolean(), async (all, isTorn) => {
      const whole = all.map((each) => `${each}\n`).join("");
      const bytes = utf8(isTorn ? `${whole}torn` : whole);
      const offsets = lineOffsets(bytes);
      expect(await scan(bytes)).toEqual({ text: whole, offsets, sizeBytes: bytes.length });
    }),
    { numRuns: 25 },
  );
});

it("holds no more of a line that is too long than shows it, and goes on behind it", async () => {
  const long = 3 * PIECE_BYTES;
  const bytes = utf8(`a\n${"x".repeat(long)}\nb\n`);
  const { text, offsets, sizeBytes } = await scan(bytes);
  const [a, cut, b] = text.split("\n");
  expect([a, b]).toEqual(["a", "b"]);
  expect(cut?.length).toBeGreaterThan(65_535);
  expect(cut?.length).toBeLessThan(2 * PIECE_BYTES);
  expect(offsets).toEqual([0, 2, long + 3, long + 5]);
  expect(sizeBytes).toBe(long + 5);
});

it("gives no more lines than it is asked for, and still measures the file", async () => {
  expect(await scan(utf8("a\nb\nc\nd"), 2)).toEqual({
    text: "a\nb\n",
    offsets: [0, 2, 4],
    sizeBytes: 7,
  });
});

it("digests a file piece by piece", async () => {
  const store = new MemoryLedgerStore();
  const bytes = Uint8Array.from({ length: 2 * PIECE_BYTES + 7 }, (_, i) => i);
  store.disk.files.set(NAME, bytes);
  expect(await digestFile(store, NAME)).toBe(createHash("sha256").update(bytes).digest("hex"));
  store.disk.files.set(NAME, bytes.subarray(0, PIECE_BYTES));
  const whole = createHash("sha256").update(bytes.subarray(0, PIECE_BYTES)).digest("hex");
  expect(await digestFile(store, NAME)).toBe(whole);
});
