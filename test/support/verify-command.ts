/** The verifier as the command line has it, and what its tests do to files. */
import { readFile, writeFile } from "node:fs/promises";
import { verifyCommand } from "../../src/cli/verify.ts";
import { LedgerFolder } from "../../src/storage/files/ledger-store.ts";

export const verify = verifyCommand((folder) => new LedgerFolder(folder));

/** 700 events: two full tiles and a partial one. */
export const SKETCHES = Array.from({ length: 700 }, (_, i) => ({
  target: `secret-${i % 9}`,
  initiator: `user-${i % 4}`,
}));

export async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, "utf8")));
}
