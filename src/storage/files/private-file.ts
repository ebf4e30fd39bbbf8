/** Files that their owner alone may read, replaced whole. */
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

export const PRIVATE_FILE_MODE = 0o600;

/**
 * Puts a text in the file's place. Durable when it resolves; a crash leaves what was there or the new text, never a
 * part of it: the text is written beside its place, synced, moved there, and the move is synced with its folder.
 */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, "w", PRIVATE_FILE_MODE);
  try {
    // A draft of an earlier crash may have been left with other rights.
    await file.chmod(PRIVATE_FILE_MODE);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
