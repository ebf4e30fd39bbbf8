/**
 * The ledger in a folder:
 *
 *     <folder>/checkpoint   segments/…   tile/…    the ledger's files, by their names
 *     <folder>/.reserve                            room given up when the disk is full
 *     <folder>/.lock                               held by the process that has the ledger open
 *
 * Folders have mode 0700, files 0600. A file is replaced by writing a temporary one, syncing it, renaming it and
 * syncing the folder, so that a crash leaves the old or the new.
 */
import {
  chmod,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  truncate,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { Outage } from "../../kernel/errors.ts";
import { StoreFull } from "../../ledger/store.ts";
import type {
  EndWrite,
  LedgerFiles,
  LedgerStore,
  PutOptions,
  StoredFile,
} from "../../ledger/store.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { ProcessLock } from "./process-lock.ts";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Set aside for the events of changes that were already made when the disk filled up. */
const RESERVE_BYTES = 16 * 1024 * 1024;
/** The reserve is made again only when this much is free, so that it does not take the last of the room. */
const FREE_FOR_RESERVE_BYTES = 2 * RESERVE_BYTES;
const RESERVE_FILE = ".reserve";
const LOCK_FILE = ".lock";
const TEMPORARY_SUFFIX = ".tmp";

/** Reads a ledger's folder, whether or not a process has it open; changes nothing. */
export class LedgerFolder implements LedgerFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(folder: string): Promise<readonly StoredFile[]> {
    const path = join(this.#folder, folder);
    const entries = await orUndefined(readdir(path, { withFileTypes: true }));
    const files = (entries ?? []).filter((entry) => entry.isFile());
    const listed = await Promise.all(
      files.map(async ({ name }) => {
        const { size } = await stat(join(path, name));
        return { name: `${folder}/${name}`, sizeBytes: size };
      }),
    );
    return listed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async read(
    name: string,
    range?: { readonly offset: number; readonly length: number },
  ): Promise<Uint8Array | undefined> {
    const file = await orUndefined(open(join(this.#folder, name), "r"));
    if (file === undefined) return undefined;
    try {
      const { offset, length } = range ?? { offset: 0, length: (await file.stat()).size };
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    } finally {
      await file.close();
    }
  }
}

export class FileLedgerStore extends LedgerFolder implements LedgerStore {
  readonly #folder: string;
  readonly #lock: ProcessLock;
  // Apart from each other, so that an append never waits behind a tile.
  readonly #appender = new LedgerWriter();
  readonly #putter = new LedgerWriter();
  #nextTemporary = 0;

  private constructor(folder: string, lock: ProcessLock) {
    super(folder);
    this.#folder = folder;
    this.#lock = lock;
  }

  /**
   * Creates the folder when there is none, and takes it for this process; the system gives it back when the process
   * ends, however that comes about. Throws an Outage when another process has the ledger open.
   */
  static async open(folder: string): Promise<FileLedgerStore> {
    await mkdir(join(folder, "segments"), { recursive: true, mode: FOLDER_MODE });
    await chmod(folder, FOLDER_MODE);
    const lock = ProcessLock.take(join(folder, LOCK_FILE));
    await removeTemporaries(folder);
    return new FileLedgerStore(folder, lock);
  }

  put(name: string, bytes: Uint8Array, { durable }: PutOptions): Promise<void> {
    const path = join(this.#folder, name);
    const temporary = `${path}.${this.#nextTemporary++}${TEMPORARY_SUFFIX}`;
    return this.#putter.put({ path, temporary, bytes, isDurable: durable });
  }

  async putParts(name: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const path = join(this.#folder, name);
    const temporary = `${path}.${this.#nextTemporary++}${TEMPORARY_SUFFIX}`;
    try {
      await writeParts(temporary, parts);
      await rename(temporary, path);
      await sync(dirname(path));
    } catch (error) {
      await rm(temporary, { force: true });
      if (error instanceof Outage) throw error;
      const isFull = codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT";
      if (isFull) throw new StoreFull(`no room for ${name}`, { cause: error });
      throw new Outage(`${name} was not written`, { cause: error });
    }
  }

  async remove(name: string): Promise<void> {
    const path = join(this.#folder, name);
    await rm(path, { force: true });
    // A folder of partial tiles goes with its last one; while it has others, it stays.
    if (dirname(path).endsWith(".p")) await rmdir(dirname(path)).catch(() => undefined);
  }

  append(writes: readonly EndWrite[]): Promise<void> {
    return this.#appender.append(
      writes.map(({ name, offset, bytes }) => ({ path: join(this.#folder, name), offset, bytes })),
    );
  }

  async truncate(name: string, sizeBytes: number): Promise<void> {
    const path = join(this.#folder, name);
    await truncate(path, sizeBytes);
    await sync(path);
    await sync(dirname(path));
  }

  async releaseReserve(): Promise<boolean> {
    const path = join(this.#folder, RESERVE_FILE);
    const wasHeld = (await orUndefined(stat(path))) !== undefined;
    await rm(path, { force: true });
    return wasHeld;
  }

  async holdReserve(): Promise<boolean> {
    const held = await orUndefined(stat(join(this.#folder, RESERVE_FILE)));
    if (held?.size === RESERVE_BYTES) return true;
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < FREE_FOR_RESERVE_BYTES) return false;
    try {
      // Written and not merely sized: a file of holes takes no room, and so keeps none.
      await this.put(RESERVE_FILE, new Uint8Array(RESERVE_BYTES), { durable: true });
      return true;
    } catch (error) {
      if (error instanceof StoreFull) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#appender.close(), this.#putter.close()]);
    this.#lock.release();
  }
}

/** Writes a new file, durably, but for its name. */
async function writeParts(path: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, "wx", FILE_MODE);
  try {
    for await (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What a crash left between writing a temporary file and renaming it. */
async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (name.endsWith(TEMPORARY_SUFFIX)) await rm(join(folder, name), { force: true });
  }
}

/** Makes a file, or the entries of a folder, durable. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
