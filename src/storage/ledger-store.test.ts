/** The contract of the ledger's ports: one suite, every implementation. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../kernel/bytes.ts";
import { Outage } from "../kernel/errors.ts";
import { HeadConflict, StoreFull } from "../ledger/store.ts";
import type { HeadLock, LedgerStore } from "../ledger/store.ts";
import { FileHeadLock } from "./files/head-lock.ts";
import { FileLedgerStore, LedgerFolder } from "./files/ledger-store.ts";
import { MemoryLedgerStore } from "./memory/ledger-store.ts";

interface Ports {
  readonly store: LedgerStore;
  readonly lock: HeadLock;
  /** The same data as another process finds it. */
  readonly reopen: () => Promise<Ports>;
}

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "keytrail-ledger-"));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
}

async function openFiles(folder: string): Promise<Ports> {
  const store = await FileLedgerStore.open(join(folder, "ledger"));
  cleanups.push(() => store.close());
  const lock = await FileHeadLock.open(join(folder, "ledger-head"));
  const reopen = async (): Promise<Ports> => {
    await store.close();
    return openFiles(folder);
  };
  return { store, lock, reopen };
}

async function openMemory(previous?: MemoryLedgerStore): Promise<Ports> {
  const store = new MemoryLedgerStore(previous?.disk);
  return { store, lock: store, reopen: () => openMemory(store) };
}

const implementations = {
  "in files": async () => openFiles(await temporaryFolder()),
  "in memory": () => openMemory(),
};

describe.each(Object.entries(implementations))("a ledger store %s", (_, open) => {
  it("gives back what was put, whole and in part, and again after reopening", async () => {
    const { store, reopen } = await open();
    await store.put("tile/0/000.p/3", utf8("abcdef"), { durable: false });
    await store.put("checkpoint", utf8("one"), { durable: true });
    await store.put("checkpoint", utf8("two"), { durable: true });
    const again = (await reopen()).store;
    expect(fromUtf8((await again.read("checkpoint"))!)).toBe("two");
    expect(fromUtf8((await again.read("tile/0/000.p/3", { offset: 2, length: 3 }))!)).toBe("cde");
    expect(fromUtf8((await again.read("tile/0/000.p/3", { offset: 4, length: 9 }))!)).toBe("ef");
    expect(await again.read("tile/0/000.p/3", { offset: 9, length: 1 })).toHaveLength(0);
    expect(await again.read("tile/0/000")).toBeUndefined();
  });

  it("puts a file in parts, the whole of it or nothing", async () => {
    const { store, reopen } = await open();
    async function* parts(error?: Error): AsyncGenerator<Uint8Array> {
      yield utf8("one");
      if (error !== undefined) throw error;
      yield utf8("two");
    }
    await store.putParts("segments/a", parts());
    const why = new Outage("the second part is not to be had");
    await expect(store.putParts("segments/a", parts(why))).rejects.toBe(why);
    await expect(store.putParts("segments/b", parts(why))).rejects.toBe(why);
    const again = (await reopen()).store;
    expect(fromUtf8((await again.read("segments/a"))!)).toBe("onetwo");
    expect(await again.list("segments")).toEqual([{ name: "segments/a", sizeBytes: 6 }]);
  });

  it("lists a folder's own files in order, with their sizes", async () => {
    const { store } = await open();
    expect(await store.list("tile/0")).toEqual([]);
    await store.put("tile/0/001", utf8("12"), { durable: false });
    await store.put("tile/0/000", utf8("1"), { durable: false });
    await store.put("tile/0/000.p/9", utf8("1"), { durable: false });
    expect(await store.list("tile/0")).toEqual([
      { name: "tile/0/000", sizeBytes: 1 },
      { name: "tile/0/001", sizeBytes: 2 },
    ]);
  });

  it("removes files, and takes the removal of nothing for done", async () => {
    const { store } = await open();
    await store.put("tile/0/000.p/9", utf8("1"), { durable: false });
    await store.remove("tile/0/000.p/9");
    await store.remove("tile/0/000.p/9");
    expect(await store.read("tile/0/000.p/9")).toBeUndefined();
    await store.put("tile/0/000.p/10", utf8("1"), { durable: false });
    expect(await store.list("tile/0/000.p")).toHaveLength(1);
  });

  it("appends to several files in one go, in the order of the calls", async () => {
    const { store, reopen } = await open();
    const first = store.append([{ name: "segments/a", offset: 0, bytes: utf8("one") }]);
    const second = store.append([
      { name: "segments/a", offset: 3, bytes: utf8("two") },
      { name: "segments/b", offset: 0, bytes: utf8("three") },
    ]);
    const order: string[] = [];
    void first.then(() => order.push("first"));
    await second.then(() => order.push("second"));
    expect(order).toEqual(["first", "second"]);
    const again = (await reopen()).store;
    expect(fromUtf8((await again.read("segments/a"))!)).toBe("onetwo");
    expect(fromUtf8((await again.read("segments/b"))!)).toBe("three");
  });

  it("appends from shared memory", async () => {
    const { store } = await open();
    const bytes = new Uint8Array(new SharedArrayBuffer(5));
    bytes.set(utf8("hello"));
    await store.append([{ name: "segments/a", offset: 0, bytes }]);
    expect(fromUtf8((await store.read("segments/a"))!)).toBe("hello");
  });

  it("refuses to leave or to fill a gap, and goes on afterwards", async () => {
    const { store } = await open();
    await store.append([{ name: "segments/a", offset: 0, bytes: utf8("one") }]);
    for (const offset of [0, 2, 4]) {
      const append = store.append([{ name: "segments/a", offset, bytes: utf8("x") }]);
      await expect(append).rejects.toThrow(Outage);
    }
    await store.append([{ name: "segments/a", offset: 3, bytes: utf8("!") }]);
    expect(fromUtf8((await store.read("segments/a"))!)).toBe("one!");
  });

  it("cuts a file, and appends from there", async () => {
    const { store } = await open();
    await store.append([{ name: "segments/a", offset: 0, bytes: utf8("onetwo") }]);
    await store.truncate("segments/a", 3);
    await store.append([{ name: "segments/a", offset: 3, bytes: utf8("four") }]);
    expect(fromUtf8((await store.read("segments/a"))!)).toBe("onefour");
  });

  it("holds a reserve, and gives it up once", async () => {
    const { store } = await open();
    expect(await store.releaseReserve()).toBe(false);
    expect(await store.holdReserve()).toBe(true);
    expect(await store.holdReserve()).toBe(true);
    expect(await store.releaseReserve()).toBe(true);
    expect(await store.releaseReserve()).toBe(false);
  });

  it("swaps the head only for the one expected", async () => {
    const { lock, reopen } = await open();
    expect(await lock.load()).toBeUndefined();
    await lock.compareAndSwap(undefined, "one");
    await expect(lock.compareAndSwap(undefined, "two")).rejects.toThrow(HeadConflict);
    await expect(lock.compareAndSwap("zero", "two")).rejects.toThrow(HeadConflict);
    await lock.compareAndSwap("one", "two");
    const again = (await reopen()).lock;
    expect(await again.load()).toBe("two");
  });

  it("lets one of two swaps made at once win", async () => {
    const { lock } = await open();
    const outcomes = await Promise.allSettled([
      lock.compareAndSwap(undefined, "one"),
      lock.compareAndSwap(undefined, "two"),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await lock.load()).toBe("one");
  });
});

describe("a ledger store in files", () => {
  it("is open to its owner alone", async () => {
    const folder = await temporaryFolder();
    const { store, lock } = await openFiles(folder);
    await lock.compareAndSwap(undefined, "one");
    await store.holdReserve();
    await store.put("tile/0/x001/000", utf8("1"), { durable: false });
    await store.append([{ name: "segments/a", offset: 0, bytes: utf8("one") }]);
    for (const name of await readdir(folder, { recursive: true })) {
      const { mode } = await stat(join(folder, name));
      expect([name, (mode & 0o777).toString(8)]).toEqual([name, mode & 0o40000 ? "700" : "600"]);
    }
  });

  it("is open in one place at a time", async () => {
    const folder = await temporaryFolder();
    const { store } = await openFiles(folder);
    await expect(FileLedgerStore.open(join(folder, "ledger"))).rejects.toThrow(/another process/);
    await store.close();
    const next = await FileLedgerStore.open(join(folder, "ledger"));
    await next.close();
  });

  it("is free again when the process that had it was killed", async () => {
    const folder = join(await temporaryFolder(), "ledger");
    const module = join(import.meta.dirname, "files", "ledger-store.ts");
    const script = `
      const { FileLedgerStore } = await import(${JSON.stringify(module)});
      await FileLedgerStore.open(${JSON.stringify(folder)});
      process.stdout.write("open");
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
    await once(child.stdout, "data");
    await expect(FileLedgerStore.open(folder)).rejects.toThrow(/another process/);
    child.kill("SIGKILL");
    await once(child, "exit");
    const store = await FileLedgerStore.open(folder);
    await store.close();
  });

  it("can be read beside the process that has it open", async () => {
    const folder = await temporaryFolder();
    const { store } = await openFiles(folder);
    await store.put("checkpoint", utf8("one"), { durable: true });
    const reader = new LedgerFolder(join(folder, "ledger"));
    expect(fromUtf8((await reader.read("checkpoint"))!)).toBe("one");
  });

  it("leaves nothing of a group that found no room, not even a file that it began", async () => {
    const folder = await temporaryFolder();
    const { store } = await openFiles(folder);
    await store.append([{ name: "segments/a", offset: 0, bytes: utf8("one") }]);
    // The device on which every write finds no room.
    await symlink("/dev/full", join(folder, "ledger", "segments", "b"));
    const group = [
      { name: "segments/a", offset: 3, bytes: utf8("two") },
      { name: "segments/b", offset: 0, bytes: utf8("three") },
    ];
    await expect(store.append(group)).rejects.toThrow(StoreFull);
    expect(fromUtf8((await store.read("segments/a"))!)).toBe("one");
    expect(await readdir(join(folder, "ledger", "segments"))).toEqual(["a"]);
    await store.append(group);
    expect(fromUtf8((await store.read("segments/a"))!)).toBe("onetwo");
    expect(fromUtf8((await store.read("segments/b"))!)).toBe("three");
  });

  it("clears away what a crash left half written", async () => {
    const folder = await temporaryFolder();
    const { store, reopen } = await openFiles(folder);
    await store.put("tile/0/000", utf8("1"), { durable: false });
    await writeFile(join(folder, "ledger", "tile", "0", "001.7.tmp"), "half");
    const again = (await reopen()).store;
    expect(await again.list("tile/0")).toEqual([{ name: "tile/0/000", sizeBytes: 1 }]);
  });
});
