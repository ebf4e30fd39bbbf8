import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Outage } from "../kernel/errors.ts";
import { numberedLines } from "../storage/memory/ledger-fixture.ts";
import { openDataFolder } from "./data-folder.ts";
import { openLedger } from "./open-ledger.ts";
import { openOfflineIndex } from "./offline-index.ts";

const silent = () => {};
let path: string;
beforeEach(async () => (path = await mkdtemp(join(tmpdir(), "keytrail-offline-"))));
afterEach(() => rm(path, { recursive: true }));

const openServersLedger = () =>
  openLedger(openDataFolder(path), {
    logName: "keytrail.test/log",
    knownEntries: 0,
    log: silent,
    say: silent,
  });

const said: string[] = [];
const say = (line: string): void => void said.push(line);

describe("the index of a data folder without a server", () => {
  it("is made anew from the ledger, and leaves the folder to the next server", async () => {
    const before = await openServersLedger();
    await before.ledger.appendBatch(numberedLines(0, 300));
    await before.close();

    const offline = await openOfflineIndex(path, say);
    const told: number[] = [];
    expect(await offline.rebuild((indexed) => told.push(indexed))).toEqual({ size: 300 });
    expect(told.at(-1)).toBe(300);
    await offline.close();

    const after = await openServersLedger();
    expect(after.ledger.size).toBe(300);
    await after.close();
  });

  it("says what the opening of the ledger had to cut", async () => {
    const before = await openServersLedger();
    await before.ledger.appendBatch(numberedLines(0, 3));
    await before.close();
    await appendFile(join(path, "ledger", "segments", "000000000000.ndjson"), '{"torn');
    await (await openOfflineIndex(path, say)).close();
    expect(said.join("\n")).toContain("6 bytes at index 3");
  });

  it("is refused while a server has the ledger open", async () => {
    const server = await openServersLedger();
    await expect(openOfflineIndex(path, say)).rejects.toThrow(Outage);
    await server.close();
    await (await openOfflineIndex(path, say)).close();
  });

  it("is not made where there is no installation", async () => {
    await expect(openOfflineIndex(path, say)).rejects.toThrow("is no data folder");
  });
});
