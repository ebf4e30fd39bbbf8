/**
 * A thread that writes: entries with one write and one fdatasync a group, and whole files. Everything is synchronous,
 * because nothing else runs here: waiting for the disk costs no hop through the thread pool and keeps nobody waiting.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { parentPort } from "node:worker_threads";
import type { AppendTask, PathWrite, PutTask, WriteAnswer, WriteTask } from "./ledger-writer.ts";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The file appended to last; entries go to one for a long time. */
let open: { readonly path: string; readonly fd: number } | undefined;

parentPort?.on("message", (task: WriteTask) => {
  const outcome = task.kind === "append" ? appendAll(task) : put(task);
  const answer: WriteAnswer = { id: task.id, ...outcome };
  parentPort?.postMessage(answer, []);
});

type Outcome = Omit<WriteAnswer, "id">;

function appendAll({ writes }: AppendTask): Outcome {
  const begun: PathWrite[] = [];
  try {
    for (const write of writes) {
      const fd = fileFor(write.path);
      const { size } = fstatSync(fd);
      if (size !== write.offset) {
        throw new Error(`${write.path} has ${size} bytes, not ${write.offset}`);
      }
      begun.push(write);
      writeAll(fd, write.bytes);
      fdatasyncSync(fd);
    }
    return {};
  } catch (error) {
    const { full, failed } = outcomeOf(error);
    // Nothing of a group that found no room may remain; if taking it back fails, the file is in doubt.
    if (full !== undefined && takeBack(begun)) return { full };
    return { failed: full ?? failed ?? "unknown" };
  }
}

function put({ path, temporary, bytes, isDurable }: PutTask): Outcome {
  try {
    const fd = createFile(temporary);
    try {
      writeAll(fd, bytes);
      if (isDurable) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    if (isDurable) syncFolder(dirname(path));
    return {};
  } catch (error) {
    rmSync(temporary, { force: true });
    return outcomeOf(error);
  }
}

function createFile(path: string): number {
  try {
    return openSync(path, "wx", FILE_MODE);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
    return openSync(path, "wx", FILE_MODE);
  }
}

function fileFor(path: string): number {
  if (open?.path === path) return open.fd;
  closeOpen();
  const fd = openSync(path, "a", FILE_MODE);
  open = { path, fd };
  // A new file survives a loss of power only once its folder's entry does.
  syncFolder(dirname(path));
  return fd;
}

function closeOpen(): void {
  if (open !== undefined) closeSync(open.fd);
  open = undefined;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(fd, bytes, written, bytes.length - written);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Last write first, each durable before the next: a crash in between leaves a beginning of the group. */
function takeBack(begun: readonly PathWrite[]): boolean {
  try {
    for (const { path, offset } of begun.toReversed()) {
      if (offset === 0) {
        removeBegun(path);
        continue;
      }
      const fd = fileFor(path);
      ftruncateSync(fd, offset);
      fdatasyncSync(fd);
    }
    return true;
  } catch {
    return false;
  }
}

/** A file that the group began: left behind empty, it would stand for entries that were never written. */
function removeBegun(path: string): void {
  closeOpen();
  rmSync(path, { force: true });
  syncFolder(dirname(path));
}

function outcomeOf(error: unknown): Outcome {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return code === "ENOSPC" || code === "EDQUOT" ? { full: message } : { failed: message };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
