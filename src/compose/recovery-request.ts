/** The request to recover an administrator: a file in the data folder, written offline and answered by the next start. */
import { constants, existsSync, lstatSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { systemClock, toRfc3339 } from "../kernel/clock.ts";
import { Outage } from "../kernel/errors.ts";
import { randomId } from "../kernel/ids.ts";
import { FileLedgerStore } from "../storage/files/ledger-store.ts";
import { replacePrivateFile } from "../storage/files/private-file.ts";
import { openDataFolder, type DataFolder } from "./data-folder.ts";

/** Of a file's mode: its group, or everybody. */
const OTHERS_MAY_WRITE = 0o022;

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

/**
 * Undefined when nobody asks. Throws an Outage for a file that is no request, as nobody but us writes one, and for one
 * that somebody else may have written: the folder may have been open to others before a start closed it.
 */
export async function readRequest(folder: DataFolder): Promise<RecoveryRequest | undefined> {
  const text = await ownText(folder.recovery);
  if (text === undefined) return undefined;
  const parsed = shape.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw notOurs(folder.recovery, "is no request to recover an administrator");
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

/** The text of a file that nobody but the server's own user, or root, can have written; undefined where there is none. */
async function ownText(path: string): Promise<string | undefined> {
  if (!lstatSync(path, { throwIfNoEntry: false })) return undefined;
  const { O_RDONLY, O_NOFOLLOW } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW).catch((cause: unknown) => {
    throw notOurs(path, "cannot be read", cause);
  });
  try {
    const stats = await file.stat();
    const isOwn = stats.uid === process.getuid?.() || stats.uid === 0;
    if (!isOwn || !stats.isFile() || (stats.mode & OTHERS_MAY_WRITE) !== 0) {
      throw notOurs(path, "may have been written by somebody else");
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function notOurs(path: string, what: string, cause?: unknown): Outage {
  const advice =
    'remove it, and run "keytrail recover-administrator" again, as the user that the server runs as';
  return new Outage(`${path} ${what}: ${advice}`, { cause });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
