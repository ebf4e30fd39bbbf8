/**
 * Every write that the ledger makes, failing without having happened and failing although it has: what the caller is
 * told, whether the ledger goes on, and that what is on the disk verifies as a whole, now and after a restart.
 */
import { describe, expect, it } from "vitest";
import { fromUtf8 } from "../kernel/bytes.ts";
import {
  faultsOnDisk,
  numberedLine,
  numberedLines,
  openMemoryLedger,
} from "../storage/memory/ledger-fixture.ts";
import { type Fault, MemoryLedgerStore, type StoreCall } from "../storage/memory/ledger-store.ts";
import type { Ledger } from "./ledger.ts";

interface FaultCase {
  readonly call: StoreCall;
  readonly file: RegExp;
  readonly fault: Fault;
  /** What the caller of append, and then of publish, is told. */
  readonly append: "resolves" | "rejects";
  readonly publish: "resolves" | "rejects";
  readonly status: Ledger["status"];
  /** Entries after a restart, of 300 before and 1 appended. */
  readonly sizes: readonly number[];
}

const APPEND = { call: "append", file: /ndjson$/, append: "rejects", publish: "rejects" } as const;
const PUBLISH = { append: "resolves", publish: "rejects", status: "open", sizes: [301] } as const;

const CASES: readonly FaultCase[] = [
  // A failed sync leaves open what is on the disk, so the ledger stops; the restart finds out.
  { ...APPEND, fault: "before", status: "stopped", sizes: [300] },
  { ...APPEND, fault: "torn", status: "stopped", sizes: [300] },
  { ...APPEND, fault: "after", status: "stopped", sizes: [301] },
  // With the reserve the one that found no room is written all the same.
  {
    ...APPEND,
    fault: "full",
    append: "resolves",
    publish: "resolves",
    status: "refusing",
    sizes: [301],
  },
  // Publishing fails and is tried again; entries are recorded all the while.
  { ...PUBLISH, call: "put", file: /^tile\/0/, fault: "before" },
  { ...PUBLISH, call: "put", file: /^tile\/0/, fault: "after" },
  { ...PUBLISH, call: "put", file: /^tile\/0/, fault: "full" },
  { ...PUBLISH, call: "swap", file: /head/, fault: "before" },
  { ...PUBLISH, call: "swap", file: /head/, fault: "after" },
  { ...PUBLISH, call: "put", file: /^checkpoint$/, fault: "before" },
  { ...PUBLISH, call: "put", file: /^checkpoint$/, fault: "after" },
  { ...PUBLISH, call: "remove", file: /^tile/, fault: "before" },
  { ...PUBLISH, call: "remove", file: /^tile/, fault: "after" },
];

/** A ledger with 300 entries, of which the last was published after a narrower partial tile. */
async function begin(): Promise<{ ledger: Ledger; store: MemoryLedgerStore }> {
  const store = new MemoryLedgerStore();
  const ledger = await openMemoryLedger(store);
  await ledger.appendBatch(numberedLines(0, 299));
  await ledger.publish();
  await ledger.append(numberedLine(299));
  await ledger.publish();
  return { ledger, store };
}

function failOnce(store: MemoryLedgerStore, { call, file, fault }: FaultCase): () => boolean {
  let hasFailed = false;
  store.onCall = (each, name) => {
    if (hasFailed || each !== call || !file.test(name)) return undefined;
    hasFailed = true;
    return fault;
  };
  return () => hasFailed;
}

async function outcome(promise: Promise<unknown>): Promise<"resolves" | "rejects"> {
  return promise.then(
    () => "resolves",
    () => "rejects",
  );
}

async function expectWhole(store: MemoryLedgerStore, sizes: readonly number[]): Promise<void> {
  const ledger = await openMemoryLedger(new MemoryLedgerStore(store.disk));
  expect(sizes).toContain(ledger.size);
  const last = await ledger.entries([ledger.size - 1]);
  expect(last.map(fromUtf8)).toEqual([`{"n":${ledger.size - 1}}`]);
  expect(await ledger.append(numberedLine(ledger.size))).toBe(ledger.size - 1);
  await ledger.close();
  expect(await faultsOnDisk(store.disk)).toEqual([]);
}

describe.each(CASES)("when $call of $file fails ($fault)", (fault) => {
  it("tells the caller, and a restart finds a whole ledger", async () => {
    const { ledger, store } = await begin();
    const hasFailed = failOnce(store, fault);
    expect(await outcome(ledger.append(numberedLine(300)))).toBe(fault.append);
    const publish = await outcome(ledger.publish());
    if (fault.append === "resolves") expect(publish).toBe(fault.publish);
    expect(hasFailed()).toBe(true);
    expect(ledger.status).toBe(fault.status);
    // What outsiders see is whole at every moment.
    expect(await faultsOnDisk(store.disk)).toEqual([]);
    store.crash();
    await expectWhole(store, fault.sizes);
  });

  it("goes on, if it goes on, to a whole ledger", async () => {
    const { ledger, store } = await begin();
    failOnce(store, fault);
    await outcome(ledger.append(numberedLine(300)));
    await outcome(ledger.publish());
    if (fault.status === "stopped") {
      expect(await outcome(ledger.append(numberedLine(301)))).toBe("rejects");
      await ledger.close();
    } else {
      expect(await ledger.append(numberedLine(301))).toBe(301);
      expect((await ledger.publish()).size).toBe(302);
      await ledger.close();
      expect(await faultsOnDisk(store.disk)).toEqual([]);
    }
    await expectWhole(store, fault.status === "stopped" ? fault.sizes : [302]);
  });
});

describe("when another process signs for the same log", () => {
  it("stops at the next publication, and has published nothing of its own", async () => {
    const { ledger, store } = await begin();
    const other = await openMemoryLedger(new MemoryLedgerStore(store.disk));
    await other.append(numberedLine(300));
    await other.publish();
    store.disk.files.set(
      "segments/000000000000.ndjson",
      store.disk.files.get("segments/000000000000.ndjson")!.slice(0, -1 - '{"n":300}'.length),
    );
    await ledger.append(numberedLine(999));
    expect(await outcome(ledger.publish())).toBe("rejects");
    expect(ledger.status).toBe("stopped");
    expect(await outcome(ledger.append(numberedLine(301)))).toBe("rejects");
    expect(fromUtf8(store.disk.files.get("checkpoint")!)).toBe(other.checkpoint().text);
    store.crash();
  });
});

describe("when the checkpoint file fails twice, with a head signed in between", () => {
  it("is never left more than one step behind the head lock", async () => {
    const { ledger, store } = await begin();
    let swaps = 0;
    let hasFailed = false;
    store.onCall = (call, name) => {
      if (call === "swap") swaps += 1;
      if (call !== "put" || name !== "checkpoint") return undefined;
      if (swaps > 1) return "before";
      if (hasFailed) return undefined;
      hasFailed = true;
      return "after";
    };
    for (const n of [300, 301]) {
      await ledger.append(numberedLine(n));
      expect(await outcome(ledger.publish())).toBe("rejects");
    }
    expect(swaps).toBe(2);
    store.crash();
    await expectWhole(store, [302]);
  });
});

const SEAL_CASES = [
  { call: "put", file: /\.zst$/ },
  { call: "put", file: /^tile\/0\/007$/ },
  { call: "put", file: /^tile\/1\/000$/ },
  { call: "put", file: /\.json$/ },
  { call: "remove", file: /\.ndjson$/ },
] as const;

describe.each(SEAL_CASES)("when sealing fails at $call of $file", ({ call, file }) => {
  it.each(["before", "after"] as const)(
    "(%s) it is done again, here or after a restart",
    async (fault) => {
      const store = new MemoryLedgerStore();
      const failed = Promise.withResolvers<void>();
      const ledger = await openMemoryLedger(store, ({ kind }) => {
        if (kind === "seal-failed") failed.resolve();
      });
      await ledger.appendBatch(numberedLines(0, 65_536));
      await ledger.appendBatch(numberedLines(65_536, 5));
      await ledger.publish();
      // The tiles have been published by now: what is put again is put by sealing.
      let hasFailed = false;
      store.onCall = (each, name) => {
        if (hasFailed || each !== call || !file.test(name)) return undefined;
        hasFailed = true;
        return fault;
      };
      await failed.promise;
      expect(await faultsOnDisk(store.disk)).toEqual([]);
      store.crash();
      const again = await openMemoryLedger(new MemoryLedgerStore(store.disk));
      expect(again.size).toBe(65_541);
      await again.append(numberedLine(65_541));
      await again.publish();
      await again.close();
      expect(await faultsOnDisk(store.disk)).toEqual([]);
      const segments = [...store.disk.files.keys()].filter((name) => name.startsWith("segments/"));
      expect(segments.toSorted()).toEqual([
        "segments/000000000000.json",
        "segments/000000000000.ndjson.zst",
        "segments/000000065536.ndjson",
      ]);
    },
  );
});
