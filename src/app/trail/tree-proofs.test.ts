import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import type { Ledger } from "../../ledger/ledger.ts";
import { numberedLines, openMemoryLedger } from "../../storage/memory/ledger-fixture.ts";
import { MemoryLedgerStore } from "../../storage/memory/ledger-store.ts";
import { TreeProofs } from "./tree-proofs.ts";

const SIZE = 1_200;

describe("proofs of many entries of one tree", () => {
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await openMemoryLedger(new MemoryLedgerStore());
    await ledger.appendBatch(numberedLines(0, SIZE));
    await ledger.publish();
  });
  afterAll(() => ledger.close());

  it("are the ledger's own, in any tree, in any order, however little is kept", async () => {
    const size = fc.integer({ min: 1, max: SIZE });
    const indexes = fc.array(fc.nat(), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(size, indexes, fc.integer({ min: 0, max: 100 }), async (n, some, kept) => {
        const tree = new TreeProofs(ledger, n, kept);
        for (const index of some.map((one) => one % n)) {
          expect(await tree.prove(index)).toEqual(await ledger.inclusionProof(index, n));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("read each tile once", async () => {
    const asked: string[] = [];
    const tile: Ledger["tile"] = (level, index, width) => {
      asked.push(`${level}/${index}.${width}`);
      return ledger.tile(level, index, width);
    };
    const tree = new TreeProofs({ tile }, SIZE);
    for (let index = 0; index < SIZE; index += 1) await tree.prove(index);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it("are refused beyond the published tree", async () => {
    await expect(new TreeProofs(ledger, SIZE + 1).prove(SIZE)).rejects.toThrow(RangeError);
  });
});
