/**
 * Lines to the end of a file, which is opened anew where it has been moved away (a rotation of logs) or taken away.
 * Acknowledged means durable: confirmed by fdatasync, and where the file is new, by that of its folder.
 */
import { constants } from "node:fs";
import { lstat, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { Message } from "../../entry.ts";
import { DeliveryFault } from "../../fault.ts";
import type { Handed, Link } from "../../sink.ts";
import type { FileSettings } from "./config.ts";
import { fileFault } from "./retry.ts";

/**
 * Never through a symbolic link at the end of the path: it may lead anywhere by now. Without waiting: a pipe that
 * nobody reads would keep us.
 */
const FLAGS =
  constants.O_WRONLY |
  constants.O_APPEND |
  constants.O_CREAT |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK;
const MODE = 0o640;

export class FileLink implements Link {
  readonly #path: string;
  #file: FileHandle | undefined;
  /** A line that was cut off by a failure has been ended. */
  #isWhole = false;
  /** The folder may not have the file's name for good. */
  #isNamed = false;
  #hasUnconfirmed = false;

  constructor({ path }: FileSettings) {
    this.#path = path;
  }

  async send(messages: readonly Message[]): Promise<Handed> {
    try {
      const file = await this.#opened();
      this.#hasUnconfirmed = true;
      await file.appendFile(Buffer.concat(messages.map(({ bytes }) => bytes)));
      return { isAcknowledged: false, rejected: [] };
    } catch (error) {
      this.#isWhole = false;
      throw fileFault(error);
    }
  }

  async confirm(): Promise<void> {
    try {
      await (await this.#opened()).datasync();
      if (!this.#isNamed) await syncFolder(this.#path);
      this.#isNamed = true;
      this.#hasUnconfirmed = false;
    } catch (error) {
      throw fileFault(error);
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#isWhole = false;
    this.#isNamed = false;
    this.#hasUnconfirmed = false;
    await file?.close().catch(() => undefined);
  }

  async #opened(): Promise<FileHandle> {
    if (this.#file) await this.#leaveIfMoved(this.#file);
    this.#file ??= await openFile(this.#path);
    if (!this.#isWhole) await endLine(this.#file, this.#path);
    this.#isWhole = true;
    return this.#file;
  }

  /** What stands in a file that was moved away is safe there; what stood in one that is no more is to be said again. */
  async #leaveIfMoved(file: FileHandle): Promise<void> {
    const [held, there] = await Promise.all([
      file.stat(),
      lstat(this.#path).catch(() => undefined),
    ]);
    if (held.ino === there?.ino && held.dev === there.dev) return;
    if (held.nlink === 0 && this.#hasUnconfirmed) {
      throw new DeliveryFault("unavailable", "the file was removed while it was written");
    }
    await file.datasync();
    await this.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, FLAGS, MODE);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new DeliveryFault("denied", "what is there is no file");
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A write that broke off leaves part of a line: it is ended, so that the next one begins on a line of its own. */
async function endLine(file: FileHandle, path: string): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const reader = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { buffer } = await reader.read(Buffer.alloc(1), 0, 1, size - 1);
    if (buffer[0] !== 0x0a) await file.appendFile("\n");
  } finally {
    await reader.close();
  }
}
