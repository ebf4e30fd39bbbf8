/**
 * The thread that writes entries: one write and one fdatasync a group, both synchronous. Nothing else runs here, so
 * waiting for the disk costs no hop through the thread pool and keeps nobody else waiting.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { parentPort } from "node:worker_threads";
import type { AppendAnswer, AppendTask, PathWrite } from "./ledger-writer.ts";

const FILE_MODE = 0o600;

/** The file written last; entries go to one for a long time. */
let open: { readonly path: string; readonly fd: number } | undefined;

parentPort?.on("message", ({ id, writes }: AppendTask) => {
  const answer: AppendAnswer = { id, ...appendAll(writes) };
  parentPort?.postMessage(answer, []);
});

function appendAll(writes: readonly PathWrite[]): Omit<AppendAnswer, "id"> {
  const begun: PathWrite[] = [];
  try {
    for (const write of writes) {
      const fd = fileFor(write.path);
      const { size } = fstatSync(fd);
      if (size !== write.offset) {
        throw new Error(`${write.path} has ${size} bytes, not ${write.offset}`);
      }
      begun.push(write);
      writeAll(fd, write);
      fdatasyncSync(fd);
    }
    return {};
  } catch (error) {
    const code = codeOf(error);
    const message = error instanceof Error ? error.message : String(error);
    // Nothing of a group that found no room may remain; if taking it back fails, the file is in doubt.
    return isNoRoom(code) && takeBack(begun) ? { full: message } : { failed: message };
  }
}

function fileFor(path: string): number {
  if (open?.path === path) return open.fd;
  if (open !== undefined) closeSync(open.fd);
  open = undefined;
  const fd = openSync(path, "a", FILE_MODE);
  open = { path, fd };
  // A new file survives a loss of power only once its folder's entry does.
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  return fd;
}

function writeAll(fd: number, { bytes }: PathWrite): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(fd, bytes, written, bytes.length - written);
  }
}

function takeBack(begun: readonly PathWrite[]): boolean {
  try {
    for (const { path, offset } of begun.toReversed()) {
      const fd = fileFor(path);
      ftruncateSync(fd, offset);
      fdatasyncSync(fd);
    }
    return true;
  } catch {
    return false;
  }
}

function isNoRoom(code: string | undefined): boolean {
  return code === "ENOSPC" || code === "EDQUOT";
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
