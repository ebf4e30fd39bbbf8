/** What a crash may leave of a ledger, which is healed and reported; and the ledger that nothing happened to. */
import { beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "../kernel/bytes.ts";
import {
  copyDisk,
  faultsOnDisk,
  fixtureSigner,
  numberedLine,
  numberedLines,
  openMemoryLedger,
} from "../storage/memory/ledger-fixture.ts";
import { type MemoryDisk, MemoryLedgerStore } from "../storage/memory/ledger-store.ts";
import { decodeHeadRecord } from "./head-record.ts";
import { Ledger } from "./ledger.ts";
import { Ed25519Signer } from "./note.ts";
import { change, editLines, OPEN, refusal, SIZE, writeLedger } from "./testing/whole-ledger.ts";

let whole: MemoryDisk;
beforeAll(async () => {
  ({ whole } = await writeLedger());
}, 60_000);

describe("the whole ledger", () => {
  it("verifies, and opens", async () => {
    expect(await faultsOnDisk(whole)).toEqual([]);
    const ledger = await openMemoryLedger(new MemoryLedgerStore(copyDisk(whole)));
    expect(ledger.size).toBe(SIZE);
    await ledger.close();
  });

  it("does not open with another log's key", async () => {
    const store = new MemoryLedgerStore(copyDisk(whole));
    const signer = Ed25519Signer.generate(fixtureSigner.name);
    await expect(Ledger.open({ store, lock: store, signer })).rejects.toThrow(/altered-head/);
  });

  it("does not open over another history that agrees with itself", async () => {
    const disk = copyDisk(whole);
    const other = new MemoryLedgerStore();
    const ledger = await openMemoryLedger(other);
    await ledger.appendBatch(numberedLines(1, 65_536));
    await ledger.close();
    disk.files.clear();
    for (const [name, bytes] of other.disk.files) disk.files.set(name, bytes);
    disk.files.delete("checkpoint");
    expect((await refusal(disk)).kind).toBe("missing-segment");
    const short = new MemoryLedgerStore();
    const first = await openMemoryLedger(short);
    await first.appendBatch(numberedLines(0, 10));
    await first.close();
    const second = new MemoryLedgerStore();
    const forged = await openMemoryLedger(second);
    await forged.appendBatch(numberedLines(5, 10));
    await forged.close();
    second.disk.head = short.disk.head;
    second.disk.files.set("checkpoint", short.disk.files.get("checkpoint")!);
    expect((await refusal(second.disk)).kind).toBe("head-mismatch");
  });
});

describe("what a crash leaves", () => {
  const heals: readonly {
    readonly name: string;
    readonly damage: (disk: MemoryDisk) => void;
    readonly report: object;
  }[] = [
    {
      name: "a torn line at the end",
      damage: (disk) => editLines(disk, (lines) => lines.toSpliced(-1, 1, '{"n":13')),
      report: { kind: "torn-tail-cut", file: OPEN, cutBytes: 7, atIndex: SIZE },
    },
    {
      name: "a block of zeros at the end",
      damage: (disk) => change(disk, OPEN, (bytes) => Buffer.concat([bytes, new Uint8Array(512)])),
      report: { kind: "torn-tail-cut", file: OPEN, cutBytes: 512, atIndex: SIZE },
    },
    {
      name: "a missing tile",
      damage: (disk) => disk.files.delete("tile/0/512"),
      report: { kind: "tile-rebuilt", file: "tile/0/512" },
    },
    {
      name: "a tile of a sealed segment cut short",
      damage: (disk) => change(disk, "tile/0/100", (bytes) => bytes.slice(0, 1000)),
      report: { kind: "tile-rebuilt", file: "tile/0/100" },
    },
    {
      name: "a tile of zeros on level 1 of a sealed segment",
      damage: (disk) => change(disk, "tile/1/001", (bytes) => void bytes.fill(0)),
      report: { kind: "tile-rebuilt", file: "tile/1/001" },
    },
    {
      name: "a tile of zeros",
      damage: (disk) => change(disk, "tile/0/513.p/44", (bytes) => void bytes.fill(0)),
      report: { kind: "tile-rebuilt", file: "tile/0/513.p/44" },
    },
    {
      name: "an empty tile on level 1",
      damage: (disk) => change(disk, "tile/1/002.p/1", () => new Uint8Array(0)),
      report: { kind: "tile-rebuilt", file: "tile/1/002.p/1" },
    },
    {
      name: "a checkpoint one step behind the head lock",
      damage: (disk) => disk.files.set("checkpoint", utf8(decodeHeadRecord(disk.head!)!.previous!)),
      report: { kind: "checkpoint-restored", size: SIZE },
    },
    {
      name: "no checkpoint beside a head lock",
      damage: (disk) => disk.files.delete("checkpoint"),
      report: { kind: "checkpoint-restored", size: SIZE },
    },
  ];

  it.each(heals)("($name) is healed and reported", async ({ damage, report }) => {
    const disk = copyDisk(whole);
    damage(disk);
    const reports: object[] = [];
    const ledger = await openMemoryLedger(new MemoryLedgerStore(disk), (each) =>
      reports.push(each),
    );
    expect(reports).toContainEqual(report);
    expect(await ledger.append(numberedLine(SIZE))).toBe(SIZE);
    await ledger.close();
    expect(await faultsOnDisk(disk)).toEqual([]);
  });

  it("(entries that no head covers yet) stays", async () => {
    const disk = copyDisk(whole);
    editLines(disk, (lines) => lines.toSpliced(-1, 0, '{"n":131372}'));
    const store = new MemoryLedgerStore(disk);
    const order: string[] = [];
    store.onCall = (call) => void order.push(call);
    const ledger = await openMemoryLedger(store);
    expect(ledger.checkpoint().size).toBe(SIZE + 1);
    // Made durable before anything is signed over it.
    expect(order).toContain("truncate");
    expect(order.indexOf("truncate")).toBeLessThan(order.indexOf("swap"));
    await ledger.close();
    expect(await faultsOnDisk(disk)).toEqual([]);
  });

  it("(a next segment that was begun, while the one before it is not full) is removed", async () => {
    const disk = copyDisk(whole);
    const begun = "segments/000000196608.ndjson";
    disk.files.set(begun, new Uint8Array(0));
    const ledger = await openMemoryLedger(new MemoryLedgerStore(disk));
    expect(ledger.size).toBe(SIZE);
    expect([...disk.files.keys()]).not.toContain(begun);
    expect(await ledger.append(numberedLine(SIZE))).toBe(SIZE);
    await ledger.close();
    expect(await faultsOnDisk(disk)).toEqual([]);
  });

  it("is never a bad line with a good one behind it", async () => {
    const disk = copyDisk(whole);
    editLines(disk, (lines) => lines.toSpliced(-1, 0, '{"n":', '{"n":131373}'));
    expect(await refusal(disk)).toMatchObject({ kind: "malformed-entry", index: SIZE });
  });
});
