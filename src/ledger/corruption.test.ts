/**
 * What can be done to a ledger's files, and the name it is given: by the ledger, which refuses to open, and by the
 * verifier, which works from the files alone. And what a crash may leave, which is healed and reported.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import {
  copyDisk,
  faultsOnDisk,
  fixtureSigner,
  numberedLine,
  numberedLines,
  openMemoryLedger,
} from "../storage/memory/ledger-fixture.ts";
import { type MemoryDisk, MemoryLedgerStore } from "../storage/memory/ledger-store.ts";
import { type CorruptionKind, LedgerCorruption } from "./corruption.ts";
import { FilesSource } from "./files-source.ts";
import { decodeHeadRecord, encodeHeadRecord } from "./head-record.ts";
import { Ledger } from "./ledger.ts";
import type { LedgerReport } from "./ledger.ts";
import { Ed25519Signer } from "./note.ts";
import { decodeManifest, encodeManifest, joinLines } from "./segment.ts";
import { verifyLedger } from "./verify.ts";

const SEALED = "segments/000000000000.ndjson.zst";
const OTHER_SEALED = "segments/000000065536.ndjson.zst";
const MANIFEST = "segments/000000000000.json";
const PLAIN = "segments/000000000000.ndjson";
const OPEN = "segments/000000131072.ndjson";
const FIRST_OPEN = 131_072;
const SIZE = FIRST_OPEN + 300;

/** Two sealed segments and 300 entries in the open one; and the same log 200 entries earlier. */
let whole: MemoryDisk;
let earlier: MemoryDisk;
/** Another log with one sealed segment. */
let stranger: MemoryDisk;

beforeAll(async () => {
  const store = new MemoryLedgerStore();
  const sealed = Promise.withResolvers<void>();
  const ledger = await openMemoryLedger(store, (report) => {
    if (report.kind === "sealed" && report.first === 65_536) sealed.resolve();
  });
  await ledger.appendBatch(numberedLines(0, 65_536));
  await ledger.appendBatch(numberedLines(65_536, 65_536));
  await ledger.appendBatch(numberedLines(FIRST_OPEN, 50));
  await ledger.publish();
  await sealed.promise;
  await ledger.appendBatch(numberedLines(FIRST_OPEN + 50, 50));
  await ledger.publish();
  earlier = copyDisk(store.disk);
  await ledger.appendBatch(numberedLines(FIRST_OPEN + 100, 100));
  await ledger.publish();
  await ledger.appendBatch(numberedLines(FIRST_OPEN + 200, 100));
  await ledger.close();
  whole = store.disk;
  stranger = await sealedDisk();
}, 60_000);

async function sealedDisk(): Promise<MemoryDisk> {
  const store = new MemoryLedgerStore();
  const sealed = Promise.withResolvers<void>();
  const ledger = await openMemoryLedger(store, ({ kind }) => {
    if (kind === "sealed") sealed.resolve();
  });
  await ledger.appendBatch(numberedLines(1, 65_536));
  await ledger.publish();
  await sealed.promise;
  await ledger.close();
  return store.disk;
}

/** The plain lines beside the sealed ones, as when a crash came before they were removed. */
function putPlainBack(disk: MemoryDisk): void {
  disk.files.set(PLAIN, joinLines(numberedLines(0, 65_536)));
}

function change(
  disk: MemoryDisk,
  name: string,
  edit: (bytes: Uint8Array) => Uint8Array | void,
): void {
  const bytes = disk.files.get(name);
  if (bytes === undefined) throw new Error(`${name} is not on the disk`);
  disk.files.set(name, edit(bytes) ?? bytes);
}

const flip =
  (at: number) =>
  (bytes: Uint8Array): void => {
    bytes[at]! ^= 1;
  };

function editLines(disk: MemoryDisk, edit: (lines: string[]) => string[]): void {
  change(disk, OPEN, (bytes) => utf8(edit(fromUtf8(bytes).split("\n")).join("\n")));
}

function swapped(lines: string[], a: number, b: number): string[] {
  const copy = [...lines];
  [copy[a], copy[b]] = [copy[b]!, copy[a]!];
  return copy;
}

interface Damage {
  readonly name: string;
  readonly damage: (disk: MemoryDisk) => void;
  readonly kind: CorruptionKind;
  readonly file?: string;
  readonly index?: number;
  /** What the verifier calls it, who has no head lock and reads the checkpoint first. */
  readonly verified?: CorruptionKind;
  /** About the order of what recovery does; to the verifier, what a crash leaves is a fault like any other. */
  readonly isForRecovery?: true;
}

const DAMAGES: readonly Damage[] = [
  {
    name: "a flipped byte in the open segment",
    damage: (disk) => change(disk, OPEN, flip(6)),
    kind: "altered-entry",
    file: OPEN,
    index: FIRST_OPEN,
  },
  {
    name: "a flipped newline in the open segment",
    damage: (disk) => change(disk, OPEN, (bytes) => flip(bytes.indexOf(10, 1000))(bytes)),
    kind: "altered-entry",
    file: OPEN,
    index: FIRST_OPEN + 76,
  },
  {
    name: "a line changed for another of the same length",
    damage: (disk) => editLines(disk, (lines) => lines.with(7, lines[7]!.replace(/[0-9]}/, "x}"))),
    kind: "altered-entry",
    file: OPEN,
    index: FIRST_OPEN + 7,
  },
  {
    name: "two lines swapped",
    damage: (disk) => editLines(disk, (lines) => swapped(lines, 5, 9)),
    kind: "moved-entry",
    file: OPEN,
    index: FIRST_OPEN + 5,
    verified: "altered-entry",
  },
  {
    name: "a line removed",
    damage: (disk) => editLines(disk, (lines) => lines.toSpliced(20, 1)),
    kind: "altered-entry",
    file: OPEN,
    index: FIRST_OPEN + 20,
  },
  {
    name: "a line slipped in",
    damage: (disk) => editLines(disk, (lines) => lines.toSpliced(20, 0, '{"n":-1}')),
    kind: "moved-entry",
    file: OPEN,
    index: FIRST_OPEN + 20,
    verified: "altered-entry",
  },
  {
    name: "the last lines cut off",
    damage: (disk) => editLines(disk, (lines) => [...lines.slice(0, 290), ""]),
    kind: "missing-entries",
    file: OPEN,
    index: FIRST_OPEN + 290,
  },
  {
    name: "the open segment removed",
    damage: (disk) => disk.files.delete(OPEN),
    kind: "missing-segment",
    file: OPEN,
    index: FIRST_OPEN,
  },
  {
    name: "a flipped byte in a sealed segment",
    damage: (disk) => change(disk, SEALED, (bytes) => flip(bytes.length >> 1)(bytes)),
    kind: "altered-segment",
    file: SEALED,
  },
  {
    name: "a sealed segment in another's place",
    damage: (disk) => disk.files.set(SEALED, disk.files.get(OTHER_SEALED)!),
    kind: "altered-segment",
    file: SEALED,
    index: 0,
  },
  {
    name: "a sealed segment cut short",
    damage: (disk) => change(disk, SEALED, (bytes) => bytes.slice(0, -10)),
    kind: "altered-segment",
    file: SEALED,
    index: 65_536 - 256,
  },
  {
    name: "bytes behind a sealed segment",
    damage: (disk) => change(disk, SEALED, (bytes) => Buffer.concat([bytes, utf8("x")])),
    kind: "altered-segment",
    file: SEALED,
  },
  {
    name: "a sealed segment removed",
    damage: (disk) => disk.files.delete(SEALED),
    kind: "missing-segment",
    file: SEALED,
    index: 0,
  },
  {
    name: "a segment removed with its manifest",
    damage: (disk) => {
      disk.files.delete(SEALED);
      disk.files.delete(MANIFEST);
    },
    kind: "missing-segment",
    index: 0,
  },
  {
    name: "another log's sealed segment beside the plain one that it is to replace",
    damage: (disk) => {
      putPlainBack(disk);
      for (const [name, bytes] of stranger.files) {
        if (name !== "checkpoint") disk.files.set(name, Uint8Array.from(bytes));
      }
    },
    kind: "head-mismatch",
  },
  {
    name: "other lines under the root of the plain segment that they are to replace",
    damage: (disk) => {
      putPlainBack(disk);
      const sealed = stranger.files.get(SEALED)!;
      disk.files.set(SEALED, sealed);
      const { frames, sha256 } = decodeManifest(stranger.files.get(MANIFEST)!, 0)!;
      change(disk, MANIFEST, (bytes) =>
        encodeManifest({ ...decodeManifest(bytes, 0)!, frames, sha256 }),
      );
    },
    kind: "bad-manifest",
    file: MANIFEST,
    verified: "altered-entry",
  },
  {
    name: "a manifest removed",
    damage: (disk) => disk.files.delete(MANIFEST),
    kind: "bad-manifest",
    file: MANIFEST,
  },
  {
    name: "a manifest with another root",
    damage: (disk) =>
      change(disk, MANIFEST, (bytes) =>
        encodeManifest({ ...decodeManifest(bytes, 0)!, root: "00".repeat(32) }),
      ),
    kind: "bad-manifest",
    file: MANIFEST,
  },
  {
    name: "a leaf hash changed in a sealed segment's tile",
    damage: (disk) => change(disk, "tile/0/003", flip(64)),
    kind: "altered-tile",
    file: "tile/0/003",
    index: 3 * 256 + 2,
  },
  {
    name: "a leaf hash changed in the open segment's tile",
    damage: (disk) => change(disk, "tile/0/512", flip(33)),
    kind: "altered-tile",
    file: "tile/0/512",
    index: FIRST_OPEN + 1,
  },
  {
    name: "a hash changed in the partial tile",
    damage: (disk) => change(disk, "tile/0/513.p/44", flip(0)),
    kind: "altered-tile",
    file: "tile/0/513.p/44",
    index: FIRST_OPEN + 256,
  },
  {
    name: "a hash changed on level 1",
    damage: (disk) => change(disk, "tile/1/001", flip(32)),
    kind: "altered-tile",
    file: "tile/1/001",
    index: 65_536 + 256,
  },
  {
    name: "a hash changed on level 2",
    damage: (disk) => change(disk, "tile/2/000.p/2", flip(32)),
    kind: "altered-tile",
    file: "tile/2/000.p/2",
    index: 65_536,
  },
  {
    name: "a changed entry beside all that a crash leaves to be repaired",
    damage: (disk) => {
      putPlainBack(disk);
      disk.files.delete("tile/0/100");
      disk.files.delete("checkpoint");
      editLines(disk, (lines) => [...lines.slice(0, -1), '{"n":13']);
      change(disk, OPEN, flip(6));
    },
    kind: "altered-entry",
    file: OPEN,
    index: FIRST_OPEN,
    isForRecovery: true,
  },
  {
    name: "a changed tile beside all that a crash leaves to be repaired",
    damage: (disk) => {
      putPlainBack(disk);
      disk.files.delete("tile/0/100");
      disk.files.delete("tile/0/512");
      editLines(disk, (lines) => [...lines.slice(0, -1), '{"n":13']);
      change(disk, "tile/0/513.p/44", flip(0));
    },
    kind: "altered-tile",
    file: "tile/0/513.p/44",
    index: FIRST_OPEN + 256,
    isForRecovery: true,
  },
  {
    name: "a bad line behind the head beside all that a crash leaves to be repaired",
    damage: (disk) => {
      putPlainBack(disk);
      disk.files.delete("tile/0/100");
      disk.files.delete("tile/0/512");
      editLines(disk, (lines) => [...lines.slice(0, -1), '{"n":', '{"n":131373}', '{"n":13']);
    },
    kind: "malformed-entry",
    file: OPEN,
    index: SIZE,
    isForRecovery: true,
  },
  {
    name: "the checkpoint changed",
    damage: (disk) => change(disk, "checkpoint", flip(40)),
    kind: "altered-checkpoint",
    file: "checkpoint",
  },
  {
    name: "an old checkpoint put back",
    damage: (disk) => disk.files.set("checkpoint", earlier.files.get("checkpoint")!),
    kind: "rolled-back-checkpoint",
    file: "checkpoint",
  },
  {
    name: "all data put back from an old copy",
    damage: (disk) => {
      disk.files.clear();
      for (const [name, bytes] of earlier.files) disk.files.set(name, Uint8Array.from(bytes));
    },
    kind: "rolled-back-checkpoint",
    file: "checkpoint",
  },
  {
    name: "all data but the checkpoint put back from an old copy",
    damage: (disk) => {
      const checkpoint = disk.files.get("checkpoint")!;
      disk.files.clear();
      for (const [name, bytes] of earlier.files) disk.files.set(name, Uint8Array.from(bytes));
      disk.files.set("checkpoint", checkpoint);
    },
    kind: "missing-entries",
    index: FIRST_OPEN + 100,
  },
  {
    name: "all data put back as it was at the publication before the last",
    damage: (disk) => {
      const record = decodeHeadRecord(disk.head!)!;
      disk.files.set("checkpoint", utf8(record.previous!));
      editLines(disk, (lines) => [...lines.slice(0, 200), ""]);
    },
    kind: "missing-entries",
    file: OPEN,
    index: FIRST_OPEN + 200,
    isForRecovery: true,
  },
  {
    name: "the head lock put back from an old copy",
    damage: (disk) => {
      disk.head = earlier.head;
    },
    kind: "rolled-back-head",
  },
  {
    name: "the head lock removed",
    damage: (disk) => {
      disk.head = undefined;
    },
    kind: "missing-head",
  },
  {
    name: "the head lock changed",
    damage: (disk) => {
      const record = decodeHeadRecord(disk.head!)!;
      const current = record.current.replace("131372", "131371");
      disk.head = encodeHeadRecord({ ...record, current });
    },
    kind: "altered-head",
  },
  {
    name: "the head before the last one changed in the head lock",
    damage: (disk) => {
      const record = decodeHeadRecord(disk.head!)!;
      disk.head = encodeHeadRecord({ ...record, previous: "nonsense" });
    },
    kind: "altered-head",
  },
  {
    name: "the head lock garbled",
    damage: (disk) => {
      disk.head = "{";
    },
    kind: "altered-head",
  },
];

async function refusal(
  disk: MemoryDisk,
  report?: (report: LedgerReport) => void,
): Promise<LedgerCorruption> {
  const opened = openMemoryLedger(new MemoryLedgerStore(disk), report);
  const error: unknown = await opened.then(
    () => new Error("the ledger opened"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof LedgerCorruption)) throw error;
  return error;
}

function changedFiles(before: MemoryDisk, after: MemoryDisk): string[] {
  const names = new Set([...before.files.keys(), ...after.files.keys()]);
  const none = new Uint8Array(0);
  const isChanged = (name: string): boolean =>
    Buffer.compare(before.files.get(name) ?? none, after.files.get(name) ?? none) !== 0;
  return [...names].filter(isChanged);
}

describe.each(DAMAGES)("$name", ({ damage, kind, file, index }) => {
  it("is named, and the ledger does not open over it", async () => {
    const disk = copyDisk(whole);
    damage(disk);
    const before = copyDisk(disk);
    const reports = new Set<string>();
    const error = await refusal(disk, (report) => reports.add(report.kind));
    expect(error.message).toContain(kind);
    expect(error.kind).toBe(kind);
    if (file !== undefined) expect(error.file).toBe(file);
    if (index !== undefined) expect(error.index).toBe(index);
    // A refusal is not the moment to change anything: the files are evidence.
    expect(changedFiles(before, disk)).toEqual([]);
    expect(disk.head).toBe(before.head);
    expect([...reports.add("checking")]).toEqual(["checking"]);
  });
});

const IN_THE_DATA = DAMAGES.filter(
  ({ kind, isForRecovery }) =>
    !kind.endsWith("-head") && !kind.startsWith("rolled-back") && isForRecovery !== true,
);

describe.each(IN_THE_DATA)("$name", ({ damage, kind, index, verified }) => {
  it("is named by the verifier too", async () => {
    const disk = copyDisk(whole);
    damage(disk);
    const source = await FilesSource.open(new MemoryLedgerStore(disk));
    const { problems } = await verifyLedger(source, { vkey: fixtureSigner.vkey });
    const kinds = problems.map((problem) => problem.kind);
    expect(kinds).toContain(verified ?? kind);
    const named = problems.find((problem) => problem.kind === (verified ?? kind));
    if (index !== undefined && kind !== "moved-entry") expect(named?.index).toBe(index);
  });
});

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
