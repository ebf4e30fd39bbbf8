/**
 * Seeded simulation: random appends and publications over a disk that fails, fills up and tears, in a process that
 * dies at any call. After each death and at the end: every acknowledged entry stands at its index, every head that
 * was ever published is a prefix of what is there, and the whole ledger verifies. Run one seed again with
 * KEYTRAIL_SEED=<seed>; KEYTRAIL_SEEDS=<count> runs more of them.
 */
import { describe, expect, it } from "vitest";
import { fromUtf8, toHex, utf8 } from "../kernel/bytes.ts";
import { Outage } from "../kernel/errors.ts";
import { faultsOnDisk, numberedLines, openMemoryLedger } from "../storage/memory/ledger-fixture.ts";
import {
  type Fault,
  type MemoryDisk,
  MemoryLedgerStore,
  RESERVE_BYTES,
  memoryDisk,
} from "../storage/memory/ledger-store.ts";
import type { SignedCheckpoint } from "./checkpoint.ts";
import type { Ledger } from "./ledger.ts";

const LIVES = 8;
const STEPS = 25;
/** A life ends at the latest after so many writes; sealing a segment alone takes 260. */
const MAX_WRITES = 80;
const MAX_WRITES_SEALING = 700;

/** mulberry32: small, seeded, and good enough to choose what goes wrong. */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  is(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

/** What the outside world has been told, which must stay true. */
interface Promises {
  readonly entries: Map<number, string>;
  readonly heads: SignedCheckpoint[];
}

class Simulation {
  readonly #chance: Chance;
  readonly #disk: MemoryDisk;
  readonly #told: Promises = { entries: new Map(), heads: [] };
  readonly #maxWrites: number;
  #lines = 0;

  constructor(seed: number, disk = memoryDisk(), maxWrites = MAX_WRITES) {
    this.#chance = new Chance(seed);
    this.#disk = disk;
    this.#maxWrites = maxWrites;
  }

  async run(): Promise<void> {
    for (let life = 0; life < LIVES; life++) {
      await this.#live();
      await this.#check();
    }
    expect(this.#told.heads.length).toBeGreaterThan(0);
  }

  /** One process, from its start to its death, which may come during either. */
  async #live(): Promise<void> {
    const store = new MemoryLedgerStore(this.#disk);
    const death = Promise.withResolvers<void>();
    let writesLeft = 1 + this.#chance.below(this.#maxWrites);
    store.onCall = (call) => {
      if (call === "read" || call === "list" || call === "load") return undefined;
      writesLeft -= 1;
      if (writesLeft > 0) {
        return this.#chance.is(0.02) ? this.#chance.pick<Fault>(["before", "after"]) : undefined;
      }
      // Dead before the call had its effect, or just after it.
      if (this.#chance.is(0.5)) store.crash();
      else queueMicrotask(() => store.crash());
      death.resolve();
      return call === "append" && this.#chance.is(0.5) ? "torn" : undefined;
    };
    const life = { isOver: false };
    await Promise.race([this.#work(store, life), death.promise]);
    life.isOver = true;
    store.crash();
    this.#disk.freeBytes = undefined;
  }

  async #work(store: MemoryLedgerStore, life: { readonly isOver: boolean }): Promise<void> {
    const ledger = await openMemoryLedger(store).catch(toOutage);
    if (ledger instanceof Outage) return;
    // The dead do nothing more, not to the disk either: the next life has it.
    for (let step = 0; step < STEPS && ledger.status !== "stopped" && !life.isOver; step++) {
      const concurrent = Array.from({ length: 1 + this.#chance.below(4) }, () => this.#act(ledger));
      await Promise.all(concurrent);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ledger.close().catch(toOutage);
  }

  async #act(ledger: Ledger): Promise<void> {
    const dice = this.#chance.next();
    if (dice < 0.2) {
      const head = await ledger.publish().catch(toOutage);
      if (!(head instanceof Outage)) this.#told.heads.push(head);
    } else if (dice < 0.24) {
      this.#disk.freeBytes = this.#chance.below(200);
    } else if (dice < 0.3) {
      this.#disk.freeBytes = this.#chance.is(0.5) ? undefined : 3 * RESERVE_BYTES;
    } else {
      const count = this.#chance.is(0.05) ? 300 : 1 + this.#chance.below(5);
      const texts = Array.from({ length: count }, () => `{"line":${this.#lines++}}`);
      const first = await ledger.appendBatch(texts.map(utf8)).catch(toOutage);
      if (first instanceof Outage) return;
      for (const [i, text] of texts.entries()) {
        expect(this.#told.entries.has(first + i)).toBe(false);
        this.#told.entries.set(first + i, text);
      }
    }
  }

  async #check(): Promise<void> {
    const ledger = await openMemoryLedger(new MemoryLedgerStore(this.#disk));
    const { entries, heads } = this.#told;
    const found = new Map<number, string>();
    for await (const { first, lines } of ledger.read(0, ledger.size)) {
      for (const [i, line] of lines.entries()) found.set(first + i, fromUtf8(line));
    }
    for (const [index, text] of entries) expect([index, found.get(index)]).toEqual([index, text]);
    // Each line was appended once, so none may stand there twice, acknowledged or not.
    expect(new Set(found.values()).size).toBe(found.size);
    for (const { size, root } of heads) {
      expect([size, toHex(await ledger.rootAt(size))]).toEqual([size, toHex(root)]);
    }
    await ledger.close();
    expect(await faultsOnDisk(this.#disk)).toEqual([]);
    for (const [index, text] of found) entries.set(index, text);
  }
}

function toOutage(error: unknown): Outage {
  if (error instanceof Outage) return error;
  throw error;
}

const seeds =
  process.env["KEYTRAIL_SEED"] === undefined
    ? Array.from({ length: Number(process.env["KEYTRAIL_SEEDS"] ?? 20) }, (_, i) => i + 1)
    : [Number(process.env["KEYTRAIL_SEED"])];

describe("whatever happens to the process and its disk", () => {
  it.each(seeds)(
    "nothing acknowledged is lost, nothing published is taken back (seed %i)",
    async (seed) => {
      await new Simulation(seed).run();
    },
  );

  it.each(seeds.slice(0, 2))("nor where a segment ends and is sealed (seed %i)", async (seed) => {
    const disk = memoryDisk();
    const ledger = await openMemoryLedger(new MemoryLedgerStore(disk));
    await ledger.appendBatch(numberedLines(0, 65_200));
    await ledger.close();
    await new Simulation(seed, disk, MAX_WRITES_SEALING).run();
  });
});
