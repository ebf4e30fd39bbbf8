import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8 } from "../../kernel/bytes.ts";
import type { EntrySource } from "../../ledger/entry-source.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { splitLines } from "../../ledger/segment.ts";
import { numberedLines, openMemoryLedger } from "../../storage/memory/ledger-fixture.ts";
import { MemoryLedgerStore, memoryDisk } from "../../storage/memory/ledger-store.ts";
import { LedgerReads, MAX_OPEN_READINGS, MAX_RUN_BYTES, MAX_RUN_ENTRIES } from "./ledger-reads.ts";

let ledger: Ledger;

beforeEach(async () => {
  ledger = await openMemoryLedger(new MemoryLedgerStore(memoryDisk()));
});
afterEach(() => ledger.close());

const append = (from: number, count: number) => ledger.appendBatch(numberedLines(from, count));

function numbersOf(bytes: Uint8Array): number[] {
  return splitLines(bytes).map((line) => (JSON.parse(fromUtf8(line)) as { n: number }).n);
}

/** Counts the readings that are begun. */
function counted(): { readonly source: EntrySource; readonly begun: number[] } {
  const begun: number[] = [];
  const source: EntrySource = {
    get size() {
      return ledger.size;
    },
    read: (from, to) => {
      begun.push(from);
      return ledger.read(from, to);
    },
    onAppended: (listener) => ledger.onAppended(listener),
  };
  return { source, begun };
}

describe("a ledger that is read for others", () => {
  it("comes in whole runs, one after the other, with nothing left out", async () => {
    await append(0, 5_000);
    const reads = new LedgerReads(ledger);
    const seen: number[] = [];
    while (seen.length < 5_000) {
      const { first, bytes } = await reads.read(seen.length);
      expect(first).toBe(seen.length);
      seen.push(...numbersOf(bytes));
    }
    expect(seen).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
  });

  it("is handed over in buffers of their own", async () => {
    await append(0, 10);
    const { bytes } = await new LedgerReads(ledger).read(0);
    expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, bytes.length]);
  });

  it("comes in bounded runs", async () => {
    const long = new Uint8Array(60_000).fill(0x61);
    await ledger.appendBatch(Array.from({ length: 100 }, () => long));
    const { bytes } = await new LedgerReads(ledger).read(0);
    expect(bytes.length).toBeLessThanOrEqual(2 * MAX_RUN_BYTES + long.length);
    await append(0, 3 * MAX_RUN_ENTRIES);
    const many = await new LedgerReads(ledger).read(100);
    expect(splitLines(many.bytes).length).toBeLessThanOrEqual(3 * MAX_RUN_ENTRIES);
  });

  it("is gone on with where a run ended, and begun anew for others", async () => {
    for (let at = 0; at < 6; at += 1) {
      const long = new Uint8Array(60_000).fill(0x61);
      await ledger.appendBatch(Array.from({ length: 20 }, () => long));
    }
    const { source, begun } = counted();
    const reads = new LedgerReads(source);
    let at = 0;
    while (at < ledger.size) at += splitLines((await reads.read(at)).bytes).length;
    expect(begun).toEqual([0]);
    await reads.read(7);
    expect(begun).toEqual([0, 7]);
  });

  it("is read on where it has grown since the reading began", async () => {
    const reads = new LedgerReads(ledger);
    await append(0, MAX_RUN_ENTRIES);
    expect(numbersOf((await reads.read(0)).bytes)).toHaveLength(MAX_RUN_ENTRIES);
    await append(MAX_RUN_ENTRIES, 3);
    expect(numbersOf((await reads.read(MAX_RUN_ENTRIES)).bytes)).toEqual([1_000, 1_001, 1_002]);
  });

  it("keeps no more readings than it may", async () => {
    const long = new Uint8Array(60_000).fill(0x61);
    await ledger.appendBatch(Array.from({ length: 200 }, () => long));
    let open = 0;
    const source: EntrySource = {
      size: ledger.size,
      onAppended: () => () => undefined,
      async *read(from, to) {
        open += 1;
        try {
          yield* ledger.read(from, to);
        } finally {
          open -= 1;
        }
      },
    };
    const reads = new LedgerReads(source);
    for (let from = 0; from < MAX_OPEN_READINGS + 10; from += 1) await reads.read(from);
    await new Promise(setImmediate);
    expect(open).toBe(MAX_OPEN_READINGS);
  });

  it("can be read again after it could not", async () => {
    await append(0, 3);
    let isBroken = true;
    const source: EntrySource = {
      size: 3,
      onAppended: () => () => undefined,
      async *read(from, to) {
        if (isBroken) throw new Error("the disk is gone");
        yield* ledger.read(from, to);
      },
    };
    const reads = new LedgerReads(source);
    await expect(reads.read(0)).rejects.toThrow("the disk is gone");
    isBroken = false;
    expect(numbersOf((await reads.read(0)).bytes)).toEqual([0, 1, 2]);
  });
});
