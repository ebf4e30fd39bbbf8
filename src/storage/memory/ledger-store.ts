/**
 * The ledger's store and head lock in memory: for tests and the simulation. Every call can be made to fail before it
 * took effect or after, and what must never change is watched.
 */
import { bytesEqual } from "../../kernel/bytes.ts";
import { Outage } from "../../kernel/errors.ts";
import { HeadConflict, StoreFull } from "../../ledger/store.ts";
import type { EndWrite, HeadLock, LedgerStore, StoredFile } from "../../ledger/store.ts";
import { TILE_WIDTH, parseTilePath } from "../../ledger/tile.ts";

export type StoreCall =
  | "list"
  | "read"
  | "put"
  | "remove"
  | "append"
  | "truncate"
  | "load"
  | "swap";

/** `before`: nothing happened. `after`: it happened, and failed all the same. `torn`: an append's beginning happened. */
export type Fault = "before" | "after" | "torn" | "full";

interface Call {
  readonly call: StoreCall;
  readonly name: string;
}

/** Asked at each call with what it is about; undefined lets it pass. */
export type FaultHook = (call: StoreCall, name: string) => Fault | undefined;

/** What a disk keeps: hand it to a new store to start again after a crash. */
export interface MemoryDisk {
  readonly files: Map<string, Uint8Array>;
  /** Immutable files by what they held when first written; a change is a violation. */
  readonly immutable: Map<string, Uint8Array>;
  readonly violations: string[];
  /** Room that is left, in bytes; unlimited when undefined. */
  freeBytes: number | undefined;
  reserveBytes: number;
  head: string | undefined;
}

export const RESERVE_BYTES = 64 * 1024;

export function memoryDisk(): MemoryDisk {
  return {
    files: new Map(),
    immutable: new Map(),
    violations: [],
    freeBytes: undefined,
    reserveBytes: 0,
    head: undefined,
  };
}

export class MemoryLedgerStore implements LedgerStore, HeadLock {
  readonly disk: MemoryDisk;
  /** Set to make calls fail. */
  onCall: FaultHook = () => undefined;
  #appends: Promise<void> = Promise.resolve();
  #isCrashed = false;

  constructor(disk: MemoryDisk = memoryDisk()) {
    this.disk = disk;
  }

  /** From now on nothing that this store is asked to do happens: the process it served is gone. */
  crash(): void {
    this.#isCrashed = true;
  }

  list(folder: string): Promise<readonly StoredFile[]> {
    return this.#perform({ call: "list", name: folder }, () =>
      [...this.disk.files]
        .filter(([name]) => name.slice(0, name.lastIndexOf("/")) === folder)
        .map(([name, bytes]) => ({ name, sizeBytes: bytes.length }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }

  read(
    name: string,
    range?: { readonly offset: number; readonly length: number },
  ): Promise<Uint8Array | undefined> {
    return this.#perform({ call: "read", name: name }, () => {
      const bytes = this.disk.files.get(name);
      const { offset, length } = range ?? { offset: 0, length: Number.POSITIVE_INFINITY };
      return bytes?.slice(offset, offset + length);
    });
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#perform({ call: "put", name: name }, () => {
      this.#takeRoom(bytes.length - (this.disk.files.get(name)?.length ?? 0));
      this.#watch(name, bytes);
      this.disk.files.set(name, Uint8Array.from(bytes));
    });
  }

  async putParts(name: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const all: Uint8Array[] = [];
    for await (const part of parts) all.push(part);
    await this.put(name, Buffer.concat(all));
  }

  remove(name: string): Promise<void> {
    return this.#perform({ call: "remove", name: name }, () => {
      this.#takeRoom(-(this.disk.files.get(name)?.length ?? 0));
      this.disk.files.delete(name);
    });
  }

  append(writes: readonly EndWrite[]): Promise<void> {
    const done = this.#appends.then(() =>
      this.#perform(
        { call: "append", name: writes[0]?.name ?? "" },
        () => this.#appendAll(writes),
        () => this.#tear(writes),
      ),
    );
    this.#appends = done.catch(() => undefined);
    return done;
  }

  truncate(name: string, sizeBytes: number): Promise<void> {
    return this.#perform({ call: "truncate", name: name }, () => {
      const bytes = this.disk.files.get(name);
      if (bytes !== undefined) this.disk.files.set(name, bytes.slice(0, sizeBytes));
    });
  }

  async releaseReserve(): Promise<boolean> {
    const wasHeld = this.disk.reserveBytes > 0;
    this.#takeRoom(-this.disk.reserveBytes);
    this.disk.reserveBytes = 0;
    return wasHeld;
  }

  async holdReserve(): Promise<boolean> {
    if (this.disk.reserveBytes > 0) return true;
    if ((this.disk.freeBytes ?? Number.POSITIVE_INFINITY) < 2 * RESERVE_BYTES) return false;
    this.#takeRoom(RESERVE_BYTES);
    this.disk.reserveBytes = RESERVE_BYTES;
    return true;
  }

  async close(): Promise<void> {
    await this.#appends;
  }

  load(): Promise<string | undefined> {
    return this.#perform({ call: "load", name: "head" }, () => this.disk.head);
  }

  compareAndSwap(expected: string | undefined, next: string): Promise<void> {
    return this.#perform({ call: "swap", name: "head" }, () => {
      if (this.disk.head !== expected) throw new HeadConflict("the head is not the expected one");
      this.disk.head = next;
    });
  }

  async #perform<T>({ call, name }: Call, effect: () => T, tear?: () => void): Promise<T> {
    // As a real store's, the effect comes a turn after the call.
    await Promise.resolve();
    if (this.#isCrashed) return new Promise(() => undefined);
    const fault = this.onCall(call, name);
    if (this.#isCrashed) return new Promise(() => undefined);
    if (fault === "full") throw new StoreFull("no room (injected)");
    if (fault === "before") throw new Outage(`${call} ${name} failed (injected)`);
    if (fault === "torn") tear?.();
    if (fault === "torn") throw new Outage(`${call} ${name} was torn (injected)`);
    const result = effect();
    if (fault === "after") throw new Outage(`${call} ${name} failed afterwards (injected)`);
    return result;
  }

  #appendAll(writes: readonly EndWrite[]): void {
    const total = writes.reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (const { name, offset } of writes) {
      const size = this.disk.files.get(name)?.length ?? 0;
      if (size !== offset) throw new Outage(`${name} has ${size} bytes, not ${offset}`);
    }
    this.#takeRoom(total);
    for (const write of writes) this.#extend(write, write.bytes.length);
  }

  /** Half of the bytes reach the disk: what a crash in the middle of a write leaves. */
  #tear(writes: readonly EndWrite[]): void {
    let left = Math.floor(writes.reduce((sum, { bytes }) => sum + bytes.length, 0) / 2);
    for (const write of writes) {
      const length = Math.min(left, write.bytes.length);
      if (length > 0) this.#extend(write, length);
      left -= length;
    }
  }

  #extend({ name, bytes }: EndWrite, length: number): void {
    const before = this.disk.files.get(name) ?? new Uint8Array(0);
    const after = new Uint8Array(before.length + length);
    after.set(before);
    after.set(bytes.subarray(0, length), before.length);
    this.disk.files.set(name, after);
  }

  #takeRoom(bytes: number): void {
    const { freeBytes } = this.disk;
    if (freeBytes === undefined) return;
    if (bytes > freeBytes) throw new StoreFull("no room");
    this.disk.freeBytes = freeBytes - bytes;
  }

  #watch(name: string, bytes: Uint8Array): void {
    const tile = parseTilePath(name);
    const isImmutable =
      tile?.width === TILE_WIDTH || name.endsWith(".zst") || name.endsWith(".json");
    if (!isImmutable) return;
    const first = this.disk.immutable.get(name);
    if (first === undefined) this.disk.immutable.set(name, Uint8Array.from(bytes));
    else if (!bytesEqual(first, bytes)) this.disk.violations.push(`${name} was changed`);
  }
}
