/**
 * What can be done to a ledger's entries, segments and tiles, and the name it is given: by the ledger, which refuses
 * to open, and by the verifier, which works from the files alone.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "../kernel/bytes.ts";
import { numberedLines, openMemoryLedger } from "../storage/memory/ledger-fixture.ts";
import { type MemoryDisk, MemoryLedgerStore } from "../storage/memory/ledger-store.ts";
import { decodeManifest, encodeManifest, joinLines } from "./segment.ts";
import {
  change,
  editLines,
  flip,
  FIRST_OPEN,
  OPEN,
  SIZE,
  writeLedger,
} from "./testing/whole-ledger.ts";
import { changedFiles, type Damage, isInTheData, openOver, problemsIn } from "./testing/damage.ts";

const SEALED = "segments/000000000000.ndjson.zst";
const OTHER_SEALED = "segments/000000065536.ndjson.zst";
const MANIFEST = "segments/000000000000.json";
const PLAIN = "segments/000000000000.ndjson";

let whole: MemoryDisk;
/** Another log with one sealed segment. */
let stranger: MemoryDisk;

beforeAll(async () => {
  ({ whole } = await writeLedger());
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

function swapped(lines: string[], a: number, b: number): string[] {
  const copy = [...lines];
  [copy[a], copy[b]] = [copy[b]!, copy[a]!];
  return copy;
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
