/**
 * Lines to the end of a file, which is opened anew where it has been moved away (a rotation of logs) or taken away.
 * Acknowledged means durable: confirmed by fdatasync.
 */
import { constants } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import type { Message } from "../../entry.ts";
import type { Handed, Link } from "../../sink.ts";
import type { FileSettings } from "./config.ts";
import { fileFault } from "./retry.ts";

/** Never through a symbolic link at the end of the path: it may lead anywhere by now. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
const MODE = 0o640;

export class FileLink implements Link {
  readonly #path: string;
  #file: FileHandle | undefined;
  /** A line that was cut off by a failure has been ended. */
  #isWhole = false;

  constructor({ path }: FileSettings) {
    this.#path = path;
  }

  async send(messages: readonly Message[]): Promise<Handed> {
    try {
      const file = await this.#opened();
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
    } catch (error) {
      throw fileFault(error);
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#isWhole = false;
    await file?.close().catch(() => undefined);
  }

  async #opened(): Promise<FileHandle> {
    if (this.#file && (await this.#isMoved(this.#file))) {
      await this.#file.datasync();
      await this.close();
    }
    this.#file ??= await open(this.#path, FLAGS, MODE);
    if (!this.#isWhole) await endLine(this.#file, this.#path);
    this.#isWhole = true;
    return this.#file;
  }

  async #isMoved(file: FileHandle): Promise<boolean> {
    const [held, there] = await Promise.all([file.stat(), stat(this.#path).catch(() => undefined)]);
    return held.ino !== there?.ino || held.dev !== there.dev;
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
