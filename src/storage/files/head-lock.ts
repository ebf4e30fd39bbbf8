/**
 * The last signed head, in a file of its own folder apart from the ledger's data. Back up the data as often as you
 * like; never restore this file from a backup: it is what notices that the data has been.
 */
import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Outage } from "../../kernel/errors.ts";
import { HeadConflict } from "../../ledger/store.ts";
import type { HeadLock } from "../../ledger/store.ts";
import { replacePrivateFile } from "./private-file.ts";

export const HEAD_FILE = "head.json";
const FOLDER_MODE = 0o700;

/**
 * Compares and swaps within one process; the ledger store's process lock, which must be held, keeps others away. A
 * swap is a synced temporary file renamed over the old one: a crash leaves the old head or the new.
 */
export class FileHeadLock implements HeadLock {
  readonly #folder: string;
  #swapping: Promise<void> = Promise.resolve();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<FileHeadLock> {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    await chmod(folder, FOLDER_MODE);
    return new FileHeadLock(folder);
  }

  async load(): Promise<string | undefined> {
    try {
      return await readFile(join(this.#folder, HEAD_FILE), "utf8");
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
      throw new Outage("the last signed head could not be read", { cause });
    }
  }

  compareAndSwap(expected: string | undefined, next: string): Promise<void> {
    const swapped = this.#swapping.then(() => this.#swap(expected, next));
    this.#swapping = swapped.catch(() => undefined);
    return swapped;
  }

  async #swap(expected: string | undefined, next: string): Promise<void> {
    if ((await this.load()) !== expected) {
      throw new HeadConflict("the last signed head is not the one this process signed");
    }
    try {
      await replacePrivateFile(join(this.#folder, HEAD_FILE), next);
    } catch (cause) {
      throw new Outage("the signed head could not be kept", { cause });
    }
  }
}
