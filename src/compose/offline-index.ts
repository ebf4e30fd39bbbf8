/** The search index of a data folder with no server running: opened, made anew, closed. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { OfflineIndex } from "../cli/index.ts";
import { Outage } from "../kernel/errors.ts";
import { Indexer } from "../search/indexer.ts";
import { DuckDbEventIndex } from "../storage/duckdb/event-index.ts";
import { openDataFolder } from "./data-folder.ts";
import { openLedger } from "./open-ledger.ts";

/** Takes the ledger's lock: while a server has it this is an Outage, and while this has it no server starts. */
export async function openOfflineIndex(
  path: string,
  say: (line: string) => void,
): Promise<OfflineIndex> {
  // Opening makes what is missing; a mistyped path must not become an installation.
  if (!existsSync(join(path, "keys", "log.key"))) {
    throw new Outage(`${path} is no data folder of a server`);
  }
  const folder = openDataFolder(resolve(path));
  await using open = new AsyncDisposableStack();
  const opening = await openLedger(folder, {
    logName: null,
    knownEntries: 0,
    log: ({ message }) => say(message),
    say,
  });
  open.defer(() => opening.close());
  const { ledger } = opening;
  const index = await DuckDbEventIndex.open(folder.index);
  open.defer(() => index.close());
  const indexer = await Indexer.start(index, ledger);
  open.defer(() => indexer.stop());
  const opened = open.move();
  return {
    async rebuild(onProgress) {
      await indexer.rebuild(({ indexed, size }) => onProgress(indexed, size));
      await index.settle();
      return { size: ledger.size };
    },
    close: () => opened.disposeAsync(),
  };
}
