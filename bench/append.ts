/**
 * Appending to the ledger against the least that durability costs: the same bytes written and fdatasync'ed, in the
 * same process, on the same disk, in turns. Prints medians; the ratios are what counts, the disk decides the rest. Exits
 * with 1 when the promise is missed.
 *
 *     node bench/append.ts [rounds] [folder]
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "../src/kernel/bytes.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { Ed25519Signer } from "../src/ledger/note.ts";
import { joinLines } from "../src/ledger/segment.ts";
import { FileHeadLock } from "../src/storage/files/head-lock.ts";
import { FileLedgerStore } from "../src/storage/files/ledger-store.ts";

const BATCH_ENTRIES = 1_000;
const BATCHES = 200;
const SINGLES = 4_000;
const WIDTHS = [1, 64, 512] as const;
const UNDER_WAY = [1, 4] as const;
/**
 * What is promised of the rate of plain writes, with batches following each other without a pause. A caller that waits
 * for each batch before it sends the next leaves the disk idle meanwhile: that case is measured, and nothing is promised.
 */
const PROMISED = { batchesUnderWay: 4, ratio: 0.5 } as const;

const rounds = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(process.argv[3] ?? tmpdir(), "keytrail-append-"));

/** A line of about 880 bytes, as an event of a read secret is. */
function eventLine(n: number): Uint8Array {
  const filler = "a typical event has this much to say about who, what, where and how; ".repeat(9);
  const id = `${n.toString(16).padStart(8, "0")}-5c1c-7000-8000-${(n * 2_654_435_761).toString(16).padStart(12, "0").slice(-12)}`;
  return utf8(
    JSON.stringify({
      id,
      action: "secrets-manager.secret.read",
      outcome: "success",
      target: n % 500,
      initiator: n % 97,
      message: filler,
    }),
  );
}

const batches = Array.from({ length: BATCHES }, (_, b) =>
  Array.from({ length: BATCH_ENTRIES }, (__, i) => eventLine(b * BATCH_ENTRIES + i)),
);
const packed = batches.map((lines) => joinLines(lines));
const batchBytes = packed.reduce((sum, bytes) => sum + bytes.length, 0) / BATCHES;

function perSecond(entries: number, startedAt: number): number {
  return (entries * 1000) / (performance.now() - startedAt);
}

function plain(round: number): number {
  const path = join(folder, `plain-${round}`);
  const file = openSync(path, "w");
  const startedAt = performance.now();
  for (const bytes of packed) {
    writeSync(file, bytes);
    fdatasyncSync(file);
  }
  const speed = perSecond(BATCHES * BATCH_ENTRIES, startedAt);
  closeSync(file);
  rmSync(path);
  return speed;
}

async function withLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const path = join(folder, "ledger");
  const store = await FileLedgerStore.open(path);
  const lock = await FileHeadLock.open(join(folder, "head"));
  const ledger = await Ledger.open({ store, lock, signer: Ed25519Signer.generate("bench/log") });
  // Threads are started by the first heavy batch; a server has had its own.
  await Promise.all(batches.slice(0, 3).map((lines) => ledger.appendBatch(lines)));
  await ledger.publish();
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
    rmSync(path, { recursive: true });
    rmSync(join(folder, "head"), { recursive: true });
  }
}

/**
 * Batches with so many under way at once, until the last is durable and hashed into the tree. Checkpoints and tiles are
 * published beside it, every half second, as in a server.
 */
function batched(width: number): Promise<number> {
  return withLedger(async (ledger) => {
    const waiting = [...batches];
    const startedAt = performance.now();
    const client = async (): Promise<void> => {
      for (let lines = waiting.shift(); lines !== undefined; lines = waiting.shift()) {
        await ledger.appendBatch(lines);
      }
    };
    await Promise.all(Array.from({ length: width }, client));
    return perSecond(BATCHES * BATCH_ENTRIES, startedAt);
  });
}

function single(width: number): Promise<number> {
  const lines = batches.flat().slice(0, width === 1 ? SINGLES : SINGLES * 10);
  return withLedger(async (ledger) => {
    let next = 0;
    const startedAt = performance.now();
    const client = async (): Promise<void> => {
      for (let line = lines[next++]; line !== undefined; line = lines[next++]) {
        await ledger.append(line);
      }
    };
    await Promise.all(Array.from({ length: width }, client));
    return perSecond(lines.length, startedAt);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const measured = new Map<string, number[]>();
const note = (name: string, value: number): void => {
  measured.set(name, [...(measured.get(name) ?? []), value]);
};
try {
  for (let round = 0; round < rounds; round++) {
    note("plain write + fdatasync", plain(round));
    for (const width of UNDER_WAY) note(batchCase(width), await batched(width));
    for (const width of WIDTHS)
      note(`ledger, ${width} single appends under way`, await single(width));
  }
} finally {
  rmSync(folder, { recursive: true });
}

const base = median(measured.get("plain write + fdatasync") ?? []);
console.log(
  `batches of ${BATCH_ENTRIES} entries, ${Math.round(batchBytes / 1024)} KiB; medians of ${rounds}`,
);
for (const [name, values] of measured) {
  const speed = median(values);
  const ratio = name.includes("single") ? "" : `  ${(speed / base).toFixed(2)} of plain`;
  console.log(
    `${name.padEnd(36)} ${Math.round(speed).toLocaleString("en").padStart(9)} entries/s${ratio}`,
  );
}
const ratioOf = (width: number): number => median(measured.get(batchCase(width)) ?? []) / base;
for (const width of UNDER_WAY) {
  const reached = ratioOf(width) >= PROMISED.ratio ? "reaches" : "MISSES";
  const standing = width === PROMISED.batchesUnderWay ? "promised" : "not promised";
  console.log(
    `${batchCase(width)}: ${ratioOf(width).toFixed(2)} ${reached} ${PROMISED.ratio} (${standing})`,
  );
}
if (!(ratioOf(PROMISED.batchesUnderWay) >= PROMISED.ratio)) process.exitCode = 1;

function batchCase(width: number): string {
  return `ledger, ${width} ${width === 1 ? "batch" : "batches"} under way`;
}
