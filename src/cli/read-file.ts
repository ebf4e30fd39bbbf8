/** Files that callers name or leave out. */
import { readFile } from "node:fs/promises";
import { UsageError } from "./command.ts";

export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** A file the caller named. Throws a UsageError when there is none. */
export async function readNamed(path: string): Promise<Uint8Array> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) throw new UsageError(`${path} does not exist`);
  return bytes;
}
