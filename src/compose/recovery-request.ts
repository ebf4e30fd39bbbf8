/** The request to recover an administrator: a file in the data folder, written offline and answered by the next start. */
import { existsSync } from "node:fs";
import { open, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { systemClock, toRfc3339 } from "../kernel/clock.ts";
import { Outage } from "../kernel/errors.ts";
import { randomId } from "../kernel/ids.ts";
import { FileLedgerStore } from "../storage/files/ledger-store.ts";
import { replacePrivateFile } from "../storage/files/private-file.ts";
import { openDataFolder, type DataFolder } from "./data-folder.ts";

const shape = z.strictObject({
  request: z.uuid(),
  requestedAt: z.iso.datetime(),
  email: z.string().optional(),
});

export type RecoveryRequest = z.output<typeof shape>;

/**
 * Writes the request, durable when it resolves. Throws an Outage while a server has the data folder, or when it is none.
 * A request that was made before is replaced under its own id: what a start may already have done for it is found again.
 */
export async function requestRecovery(path: string, email: string | undefined): Promise<void> {
  // Opening makes what is missing; a mistyped path must not become an installation.
  if (!existsSync(join(path, "state", "state.db"))) {
    throw new Outage(`${path} is no data folder of a server`);
  }
  const folder = openDataFolder(resolve(path));
  // Held while the file is written: no server is starting, which might answer half of this.
  const held = await FileLedgerStore.open(folder.ledger);
  try {
    const before = await readRequest(folder).catch(() => undefined);
    const request: RecoveryRequest = {
      request: before?.request ?? randomId(),
      requestedAt: toRfc3339(systemClock.now()),
      ...(email === undefined ? {} : { email }),
    };
    await replacePrivateFile(folder.recovery, `${JSON.stringify(request, null, 2)}\n`);
  } finally {
    await held.close();
  }
}

/** Undefined when nobody asks. Throws an Outage for a file that is no request, as nobody but us writes one. */
export async function readRequest(folder: DataFolder): Promise<RecoveryRequest | undefined> {
  if (!existsSync(folder.recovery)) return undefined;
  const text = await readFile(folder.recovery, "utf8");
  const parsed = shape.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const advice = 'remove it, and run "keytrail recover-administrator" again';
  throw new Outage(`${folder.recovery} is no request to recover an administrator: ${advice}`);
}

/** It has been answered. A crash before this is durable has the next start answer it again. */
export async function removeRequest(folder: DataFolder): Promise<void> {
  await rm(folder.recovery, { force: true });
  const parent = await open(folder.root, "r");
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
