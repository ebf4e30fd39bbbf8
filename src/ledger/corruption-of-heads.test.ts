/** What can be done to a ledger's checkpoint and head lock, and to a ledger that is put back to an earlier day. */
import { beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "../kernel/bytes.ts";
import { type MemoryDisk } from "../storage/memory/ledger-store.ts";
import { decodeHeadRecord, encodeHeadRecord } from "./head-record.ts";
import { change, editLines, flip, FIRST_OPEN, OPEN, writeLedger } from "./testing/whole-ledger.ts";
import { changedFiles, type Damage, isInTheData, openOver, problemsIn } from "./testing/damage.ts";

let whole: MemoryDisk;
/** The same log 200 entries earlier. */
let earlier: MemoryDisk;

beforeAll(async () => {
  ({ whole, earlier } = await writeLedger());
}, 60_000);

const DAMAGES: readonly Damage[] = [
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

describe.each(DAMAGES)("$name", ({ damage, kind, file, index }) => {
  it("is named, and the ledger does not open over it", async () => {
    const { error, before, disk, reports } = await openOver(whole, { damage });
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

describe.each(DAMAGES.filter(isInTheData))("$name", ({ damage, kind, index, verified }) => {
  it("is named by the verifier too", async () => {
    const problems = await problemsIn(whole, { damage });
    const kinds = problems.map((problem) => problem.kind);
    expect(kinds).toContain(verified ?? kind);
    const named = problems.find((problem) => problem.kind === (verified ?? kind));
    if (index !== undefined && kind !== "moved-entry") expect(named?.index).toBe(index);
  });
});
