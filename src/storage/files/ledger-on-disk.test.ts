/** The ledger on a real disk, with its threads: what memory cannot show. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8, toHex } from "../../kernel/bytes.ts";
import { FilesSource } from "../../ledger/files-source.ts";
import { Ledger } from "../../ledger/ledger.ts";
import { type Verification, verifyLedger } from "../../ledger/verify.ts";
import { fixtureSigner, numberedLines } from "../memory/ledger-fixture.ts";
import { FileHeadLock } from "./head-lock.ts";
import { FileLedgerStore, LedgerFolder } from "./ledger-store.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keytrail-on-disk-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function open(onSealed: () => void = () => undefined): Promise<Ledger> {
  const store = await FileLedgerStore.open(join(folder, "ledger"));
  const lock = await FileHeadLock.open(join(folder, "ledger-head"));
  return Ledger.open({
    store,
    lock,
    signer: fixtureSigner,
    report: ({ kind }) => (kind === "sealed" ? onSealed() : undefined),
  });
}

async function verify(): Promise<Verification> {
  const source = await FilesSource.open(new LedgerFolder(join(folder, "ledger")));
  return verifyLedger(source, { vkey: fixtureSigner.vkey });
}

describe("a ledger on a disk", () => {
  it("seals, closes, opens again and verifies, also while it is open", async () => {
    const size = 65_536 + 400;
    const sealed = Promise.withResolvers<void>();
    const ledger = await open(sealed.resolve);
    const lines = numberedLines(0, size);
    // Heavy batches and single lines, several under way at once: shared memory, threads and all.
    const appends: Promise<number>[] = [];
    for (let at = 0; at < size; at += 4000)
      appends.push(ledger.appendBatch(lines.slice(at, at + 4000)));
    expect(await Promise.all(appends)).toEqual(appends.map((_, i) => i * 4000));
    const { root } = await ledger.publish();
    await sealed.promise;
    expect(await verify()).toMatchObject({ entries: size, checkpointSize: size, problems: [] });
    await ledger.close();
    expect((await readdir(join(folder, "ledger", "segments"))).toSorted()).toEqual([
      "000000000000.json",
      "000000000000.ndjson.zst",
      "000000065536.ndjson",
    ]);
    const again = await open();
    expect(toHex(again.checkpoint().root)).toBe(toHex(root));
    const found = await again.entries([0, 40_000, size - 1]);
    expect(found.map(fromUtf8)).toEqual([0, 40_000, size - 1].map((n) => `{"n":${n}}`));
    await again.close();
    expect((await verify()).problems).toEqual([]);
  });

  it("verifies while it grows", async () => {
    const ledger = await open();
    await ledger.appendBatch(numberedLines(0, 300));
    await ledger.publish();
    const source = await FilesSource.open(new LedgerFolder(join(folder, "ledger")));
    await ledger.appendBatch(numberedLines(300, 300));
    const { text } = await ledger.publish();
    const checkpoint = await source.checkpoint();
    expect(checkpoint).toBe(text);
    await ledger.appendBatch(numberedLines(600, 300));
    await ledger.publish();
    await ledger.append(numberedLines(900, 1)[0]!);
    await ledger.publish();
    const frozen = { checkpoint: () => Promise.resolve(checkpoint) };
    const reading = {
      tile: source.tile.bind(source),
      entries: source.entries.bind(source),
    };
    const report = await verifyLedger({ ...reading, ...frozen }, { vkey: fixtureSigner.vkey });
    expect(report).toMatchObject({ entries: 600, problems: [] });
    expect((await verifyLedger(source)).entries).toBe(901);
    await ledger.close();
  });

  it("has every entry it acknowledged before it was killed", async () => {
    const source = (path: string): string =>
      JSON.stringify(join(import.meta.dirname, "..", "..", path));
    const script = `
      const { Ledger } = await import(${source("ledger/ledger.ts")});
      const { Ed25519Signer } = await import(${source("ledger/note.ts")});
      const { FileLedgerStore } = await import(${source("storage/files/ledger-store.ts")});
      const { FileHeadLock } = await import(${source("storage/files/head-lock.ts")});
      const [folder, key] = process.argv.slice(1);
      const ledger = await Ledger.open({
        store: await FileLedgerStore.open(folder + "/ledger"),
        lock: await FileHeadLock.open(folder + "/ledger-head"),
        signer: Ed25519Signer.fromPrivate(key),
      });
      const client = async (name) => {
        for (let n = 0; ; n++) {
          const text = JSON.stringify({ name, n });
          const index = await ledger.append(Buffer.from(text));
          process.stdout.write(index + " " + text + "\\n");
        }
      };
      for (let name = 0; name < 8; name++) void client(name);
    `;
    const acknowledged = new Map<number, string>();
    for (const wanted of [200, 700, 1500]) {
      const flags = ["--input-type=module", "-e", script, folder, fixtureSigner.toPrivate()];
      const child = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      let count = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        count += chunk.toString().split("\n").length - 1;
        if (count >= wanted) child.kill("SIGKILL");
      });
      await once(child, "close");
      // The last line may be cut in the pipe; whole ones were acknowledged.
      for (const line of output.split("\n").slice(0, -1)) {
        const space = line.indexOf(" ");
        acknowledged.set(Number(line.slice(0, space)), line.slice(space + 1));
      }
      const ledger = await open();
      const found = await ledger.entries([...acknowledged.keys()]);
      expect(found.map(fromUtf8)).toEqual([...acknowledged.values()]);
      await ledger.close();
      expect((await verify()).problems).toEqual([]);
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(2400);
  });

  it("names a flipped byte, and does not open over it", async () => {
    const ledger = await open();
    await ledger.appendBatch(numberedLines(0, 100));
    await ledger.close();
    const path = join(folder, "ledger", "segments", "000000000000.ndjson");
    const bytes = await readFile(path);
    const at = bytes.indexOf('{"n":42}') + 5;
    bytes[at]! ^= 1;
    await writeFile(path, bytes);
    expect((await verify()).problems[0]).toMatchObject({ kind: "altered-entry", index: 42 });
    await expect(open()).rejects.toMatchObject({ kind: "altered-entry", index: 42 });
    // A refusal lets go of the folder: once healed, it opens without further ado.
    bytes[at]! ^= 1;
    await writeFile(path, bytes);
    const healed = await open();
    expect(healed.size).toBe(100);
    await healed.close();
  });
});
