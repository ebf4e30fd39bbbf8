/** Where everything of an installation lies, and that nobody else of the machine may read it. */
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { replacePrivateFile } from "../storage/files/private-file.ts";

export const FOLDER_MODE = 0o700;

export interface DataFolder {
  readonly root: string;
  /** Segments, tiles, checkpoint and the log's public key: what an auditor copies. */
  readonly ledger: string;
  /** The last signed head. Never restored from a backup. */
  readonly head: string;
  readonly state: string;
  readonly counters: string;
  readonly index: string;
  /** The log's signing key, the token key, the root key, the TLS key. */
  readonly keys: string;
  readonly bootstrap: string;
  /** A request to recover an administrator, while there is one. */
  readonly recovery: string;
}

export function openDataFolder(path: string): DataFolder {
  // The databases make their own files: whatever this process makes from here on is its owner's alone.
  process.umask(0o077);
  const folder: DataFolder = {
    root: path,
    ledger: join(path, "ledger"),
    head: join(path, "ledger-head"),
    state: join(path, "state", "state.db"),
    counters: join(path, "state", "counters.db"),
    index: join(path, "index"),
    keys: join(path, "keys"),
    bootstrap: join(path, "bootstrap.json"),
    recovery: join(path, "recover-administrator.json"),
  };
  for (const part of [
    path,
    folder.ledger,
    folder.head,
    folder.index,
    folder.keys,
    join(path, "state"),
  ]) {
    mkdirSync(part, { recursive: true, mode: FOLDER_MODE });
    // A folder that was there before keeps its mode, and is tightened.
    chmodSync(part, FOLDER_MODE);
  }
  return folder;
}

/** Reads a file, or has it made and keeps it: whole or not at all, readable by its owner alone. */
export async function readOrMake(path: string, make: () => string): Promise<string> {
  if (existsSync(path)) return readFileSync(path, "utf8");
  const text = make();
  await replacePrivateFile(path, text);
  return text;
}
