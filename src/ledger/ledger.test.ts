import { afterEach, describe, expect, it } from "vitest";
import { fromUtf8, toHex, utf8 } from "../kernel/bytes.ts";
import { Outage, Refusal } from "../kernel/errors.ts";
import {
  faultsOnDisk,
  fixtureSigner,
  numberedLine,
  numberedLines,
  openMemoryLedger,
} from "../storage/memory/ledger-fixture.ts";
import { MemoryLedgerStore, RESERVE_BYTES } from "../storage/memory/ledger-store.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { MAX_BATCH_ENTRIES } from "./group-commit.ts";
import type { Ledger, LedgerReport } from "./ledger.ts";
import { EMPTY_ROOT, leafHash, verifyConsistency, verifyInclusion } from "./merkle.ts";
import { decodeBundle } from "./tile.ts";

const opened: Ledger[] = [];
afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close().catch(() => undefined);
});

async function open(
  store = new MemoryLedgerStore(),
  report?: (report: LedgerReport) => void,
): Promise<{ ledger: Ledger; store: MemoryLedgerStore }> {
  const ledger = await openMemoryLedger(store, report);
  opened.push(ledger);
  return { ledger, store };
}

async function readAll(ledger: Ledger, from = 0, to = ledger.size): Promise<string[]> {
  const lines: string[] = [];
  for await (const run of ledger.read(from, to)) {
    expect(run.first).toBe(from + lines.length);
    lines.push(...run.lines.map(fromUtf8));
  }
  return lines;
}

const texts = (from: number, count: number): string[] => numberedLines(from, count).map(fromUtf8);

/** Waits for a state that the ledger reaches by itself. */
async function eventually(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** After a failure the ledger takes appends again once everyone has heard of it. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("a new ledger", () => {
  it("is published empty, signed by its key", async () => {
    const { ledger } = await open();
    expect(ledger.size).toBe(0);
    expect(ledger.status).toBe("open");
    expect(ledger.origin).toBe(fixtureSigner.name);
    const checkpoint = openCheckpoint(ledger.checkpoint().text, ledger.vkey);
    expect(checkpoint.size).toBe(0);
    expect(checkpoint.root).toEqual(EMPTY_ROOT);
  });
});

describe("appending", () => {
  it("gives indexes in the order of the calls, whatever their sizes", async () => {
    const { ledger } = await open();
    const indexes = await Promise.all([
      ledger.append(numberedLine(0)),
      ledger.appendBatch(numberedLines(1, 300)),
      ledger.append(numberedLine(301)),
      ledger.appendBatch(numberedLines(302, 2)),
    ]);
    expect(indexes).toEqual([0, 1, 301, 302]);
    expect(await readAll(ledger)).toEqual(texts(0, 304));
  });

  it("resolves only once the line is on the disk", async () => {
    const { ledger, store } = await open();
    await ledger.append(numberedLine(7));
    expect(fromUtf8(store.disk.files.get("segments/000000000000.ndjson")!)).toBe('{"n":7}\n');
  });

  it("writes everything that waits in one group", async () => {
    const { ledger } = await open();
    const groups: number[] = [];
    ledger.onGroup(({ entries }) => groups.push(entries));
    await Promise.all(numberedLines(0, 100).map((line) => ledger.append(line)));
    expect(groups).toEqual([100]);
  });

  it("tells listeners of each batch, in order and before the append resolves", async () => {
    const { ledger } = await open();
    const heard: string[] = [];
    const stop = ledger.onAppended(({ first, lines }) => heard.push(`${first}+${lines.length}`));
    await ledger.append(numberedLine(0)).then(() => heard.push("resolved"));
    await ledger.appendBatch(numberedLines(1, 3));
    stop();
    await ledger.append(numberedLine(4));
    expect(heard).toEqual(["0+1", "resolved", "1+3"]);
  });

  it("stops at a listener that throws, and tells the truth about what is durable", async () => {
    const { ledger } = await open();
    ledger.onAppended(() => {
      throw new Error("a bug");
    });
    expect(await ledger.append(numberedLine(0))).toBe(0);
    expect(ledger.size).toBe(1);
    expect(ledger.status).toBe("stopped");
    await expect(ledger.append(numberedLine(1))).rejects.toThrow(Outage);
  });

  it.each([
    ["an empty line", [utf8("")]],
    ["a newline within a line", [utf8("a\nb")]],
    ["no lines at all", []],
    ["one bad line among good ones", [numberedLine(0), Uint8Array.of(0xff)]],
    [
      "more lines than a batch holds",
      Array.from({ length: MAX_BATCH_ENTRIES + 1 }, () => utf8("1")),
    ],
  ])("refuses %s and records nothing", async (_, lines) => {
    const { ledger } = await open();
    await expect(ledger.appendBatch(lines)).rejects.toThrow(RangeError);
    expect(ledger.size).toBe(0);
    expect(await ledger.append(numberedLine(0))).toBe(0);
  });

  it("is refused once closed", async () => {
    const { ledger } = await open();
    await ledger.close();
    await expect(ledger.append(numberedLine(0))).rejects.toThrow(Outage);
  });
});

describe("reading", () => {
  it("gives any entries, in the order asked, and refuses those that are not there", async () => {
    const { ledger } = await open();
    await ledger.appendBatch(numberedLines(0, 600));
    const found = await ledger.entries([599, 0, 256, 255, 0]);
    expect(found.map(fromUtf8)).toEqual([599, 0, 256, 255, 0].map((n) => `{"n":${n}}`));
    await expect(ledger.entries([600])).rejects.toThrow(Refusal);
    await expect(ledger.entries([-1])).rejects.toThrow(Refusal);
  });

  it("gives ranges, cut to what there is", async () => {
    const { ledger } = await open();
    await ledger.appendBatch(numberedLines(0, 600));
    expect(await readAll(ledger, 250, 260)).toEqual(texts(250, 10));
    expect(await readAll(ledger, 590, 9000)).toEqual(texts(590, 10));
    expect(await readAll(ledger, 600, 9000)).toEqual([]);
  });
});

describe("publishing", () => {
  it("covers everything that was durable when it was asked for", async () => {
    const { ledger } = await open();
    for (let n = 0; n < 20; n++) {
      await ledger.append(numberedLine(n));
      expect((await ledger.publish()).size).toBe(n + 1);
    }
  });

  it("is shared by those who ask together", async () => {
    const { ledger, store } = await open();
    await ledger.append(numberedLine(0));
    let swaps = 0;
    store.onCall = (call) => {
      if (call === "swap") swaps += 1;
      return undefined;
    };
    const sizes = await Promise.all(Array.from({ length: 50 }, () => ledger.publish()));
    expect(new Set(sizes.map(({ size }) => size))).toEqual(new Set([1]));
    expect(swaps).toBe(1);
  });

  it("happens by itself soon after an append", async () => {
    const { ledger } = await open();
    await ledger.append(numberedLine(0));
    await eventually(() => ledger.checkpoint().size === 1);
  });

  it("keeps one partial tile a level, the newest", async () => {
    const { ledger, store } = await open();
    for (const count of [3, 300, 1, 700]) {
      await ledger.appendBatch(numberedLines(ledger.size, count));
      await ledger.publish();
    }
    await ledger.close();
    const partial = [...store.disk.files.keys()].filter((name) => name.includes(".p/"));
    expect(partial).toEqual(["tile/0/003.p/236", "tile/1/000.p/3"]);
  });

  it("serves tiles and bundles of any published width, and nothing beyond", async () => {
    const { ledger } = await open();
    await ledger.appendBatch(numberedLines(0, 300));
    await ledger.publish();
    await ledger.append(numberedLine(300));
    const tile = await ledger.tile(0, 1, 30);
    expect(tile).toHaveLength(30 * 32);
    expect(tile?.subarray(0, 32)).toEqual(Uint8Array.from(leafHash(numberedLine(256))));
    expect(await ledger.tile(0, 1, 44)).toHaveLength(44 * 32);
    expect(await ledger.tile(0, 1, 45)).toBeUndefined();
    expect(await ledger.tile(0, 0, 256)).toHaveLength(8192);
    expect(await ledger.tile(1, 0, 1)).toHaveLength(32);
    expect(await ledger.tile(2, 0, 1)).toBeUndefined();
    const bundle = await ledger.entryBundle(1, 44);
    expect(decodeBundle(bundle!)?.map(fromUtf8)).toEqual(texts(256, 44));
    expect(await ledger.entryBundle(1, 45)).toBeUndefined();
    expect(await ledger.entryBundle(0, 0)).toBeUndefined();
  });
});

describe("proofs", () => {
  it("show entries and earlier trees to be in the published one", async () => {
    const { ledger } = await open();
    await ledger.appendBatch(numberedLines(0, 700));
    const early = await ledger.publish();
    await ledger.appendBatch(numberedLines(700, 600));
    const late = await ledger.publish();
    for (const { size, root } of [early, late]) {
      for (const index of [0, 255, 256, 511, 699]) {
        const proof = await ledger.inclusionProof(index, size);
        const leaf = leafHash(numberedLine(index));
        expect(verifyInclusion({ index, size, leaf, proof, root })).toBe(true);
      }
    }
    const proof = await ledger.consistencyProof(early.size, late.size);
    const claim = {
      size1: early.size,
      size2: late.size,
      root1: early.root,
      root2: late.root,
      proof,
    };
    expect(verifyConsistency(claim)).toBe(true);
    expect(toHex(await ledger.rootAt(early.size))).toBe(toHex(early.root));
  });

  it("are refused beyond what is published", async () => {
    const { ledger } = await open();
    await ledger.appendBatch(numberedLines(0, 5));
    await expect(ledger.inclusionProof(0, 5)).rejects.toThrow(Refusal);
    await ledger.publish();
    await expect(ledger.inclusionProof(5, 5)).rejects.toThrow(Refusal);
    await expect(ledger.inclusionProof(0, 6)).rejects.toThrow(Refusal);
    await expect(ledger.inclusionProof(0.5, 5)).rejects.toThrow(Refusal);
    await expect(ledger.consistencyProof(0, 5)).rejects.toThrow(Refusal);
    await expect(ledger.consistencyProof(5, 6)).rejects.toThrow(Refusal);
  });
});

describe("sealing", () => {
  it("compresses a full segment in the background, and everything reads as before", async () => {
    const reports: LedgerReport[] = [];
    const { ledger, store } = await open(undefined, (report) => reports.push(report));
    const size = 65_536 + 300;
    await ledger.appendBatch(numberedLines(0, 60_000));
    // A batch may end one segment and begin the next.
    expect(await ledger.appendBatch(numberedLines(60_000, size - 60_000))).toBe(60_000);
    const { root } = await ledger.publish();
    const before = await readAll(ledger, 65_000, size);
    await eventually(() => reports.some(({ kind }) => kind === "sealed"));
    const segments = [...store.disk.files.keys()].filter((name) => name.startsWith("segments/"));
    expect(segments.toSorted()).toEqual([
      "segments/000000000000.json",
      "segments/000000000000.ndjson.zst",
      "segments/000000065536.ndjson",
    ]);
    expect(await readAll(ledger, 65_000, size)).toEqual(before);
    expect(before).toEqual(texts(65_000, size - 65_000));
    await ledger.close();
    expect(await faultsOnDisk(store.disk)).toEqual([]);
    const again = (await open(new MemoryLedgerStore(store.disk))).ledger;
    expect(again.size).toBe(size);
    expect(toHex(again.checkpoint().root)).toBe(toHex(root));
    expect((await again.entries([3])).map(fromUtf8)).toEqual(['{"n":3}']);
    const proof = await again.inclusionProof(3, size);
    expect(verifyInclusion({ index: 3, size, leaf: leafHash(numberedLine(3)), proof, root })).toBe(
      true,
    );
  });

  it("refuses to freeze an entry that changed on the disk, and stops", async () => {
    const reports: LedgerReport[] = [];
    const { ledger, store } = await open(undefined, (report) => reports.push(report));
    await ledger.appendBatch(numberedLines(0, 65_535));
    const plain = store.disk.files.get("segments/000000000000.ndjson")!;
    plain[5]! ^= 1;
    await ledger.appendBatch(numberedLines(65_535, 2));
    await ledger.publish();
    await eventually(() => ledger.status === "stopped");
    expect(reports).toContainEqual(
      expect.objectContaining({
        kind: "seal-failed",
        error: expect.objectContaining({ index: 0 }),
      }),
    );
    await expect(ledger.append(numberedLine(0))).rejects.toThrow(/entry 0 changed/);
  });
});

describe("a full disk", () => {
  it("gives up the reserve for what is already waiting, refuses from then on, and comes back", async () => {
    const { ledger, store } = await open();
    await ledger.append(numberedLine(0));
    await ledger.publish();
    store.disk.freeBytes = 4;
    const waiting = [ledger.append(numberedLine(1)), ledger.append(numberedLine(2))];
    expect(await Promise.all(waiting)).toEqual([1, 2]);
    expect(ledger.status).toBe("refusing");
    await expect(ledger.append(numberedLine(3))).rejects.toThrow(/disk is full/);
    expect(ledger.size).toBe(3);
    await aTurn();
    store.disk.freeBytes = 3 * RESERVE_BYTES;
    expect(await ledger.append(numberedLine(3))).toBe(3);
    expect(ledger.status).toBe("open");
    await ledger.close();
    expect(await faultsOnDisk(store.disk)).toEqual([]);
  });

  it("fails everything that waits when the reserve is not enough, and loses nothing acknowledged", async () => {
    const { ledger, store } = await open();
    await ledger.append(numberedLine(0));
    await ledger.publish();
    store.disk.freeBytes = 0;
    const big = Array.from({ length: 3 }, () => utf8(JSON.stringify("x".repeat(60_000))));
    const outcomes = await Promise.allSettled([
      ledger.appendBatch(big),
      ledger.append(numberedLine(1)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(ledger.status).toBe("refusing");
    store.disk.freeBytes = undefined;
    await aTurn();
    expect(await ledger.append(numberedLine(1))).toBe(1);
    expect(await readAll(ledger)).toEqual(texts(0, 2));
  });
});

describe("a failure", () => {
  it("fails every append behind it, and those made before its callers could react", async () => {
    const { ledger, store } = await open();
    await ledger.append(numberedLine(0));
    store.disk.reserveBytes = 0;
    let failures = 1;
    store.onCall = (call) => (call === "append" && failures-- > 0 ? "full" : undefined);
    const outcomes: string[] = [];
    const note = (name: string) => () => outcomes.push(name);
    const first = ledger.append(numberedLine(1)).catch(note("first"));
    const second = ledger.append(numberedLine(2)).catch(note("second"));
    // Made in the very turn in which the first two are told: its number would come before theirs are taken back.
    const third = first.then(() => ledger.append(numberedLine(3)).catch(note("third")));
    await Promise.all([first, second, third]);
    expect(outcomes).toEqual(["first", "second", "third"]);
    await aTurn();
    expect(await ledger.append(numberedLine(1))).toBe(1);
  });
});
