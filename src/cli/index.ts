/** `keytrail index`: makes the search index anew from the ledger. */
import { parseArgs } from "node:util";
import { Outage } from "../kernel/errors.ts";
import { CommandError, EXIT, UsageError } from "./command.ts";
import type { Command } from "./command.ts";
import { Progress } from "./progress.ts";

/** A data folder's ledger and index, opened with no server running. */
export interface OfflineIndex {
  /** Throws the index away and fills it again; told how far it is, in entries. */
  rebuild(onProgress: (indexed: number, size: number) => void): Promise<{ readonly size: number }>;
  close(): Promise<void>;
}

/**
 * Rejects with an Outage when the folder is in use, is no data folder, or its ledger does not verify. What opening
 * the ledger finds, a torn tail that it cuts above all, is said.
 */
export type OpenOfflineIndex = (
  dataFolder: string,
  say: (line: string) => void,
) => Promise<OfflineIndex>;

const USAGE = `Usage: keytrail index rebuild [--data DIR] [--json]

Throws the search index away and makes it anew from the ledger. Nothing is lost: the index holds nothing
that the ledger does not. The server must not be running, since it has the ledger and the index open;
it would notice a broken index by itself, and rebuild it while it works.

Options:
  --data DIR           the data folder (or KEYTRAIL_DATA; ./data)
  --json               the result as JSON
  --help               this text

Examples:
  keytrail index rebuild
  keytrail index rebuild --data /var/lib/keytrail
`;

export function indexCommand(open: OpenOfflineIndex): Command {
  return {
    name: "index",
    summary: "make the search index anew from the ledger",
    usage: USAGE,
    async run(args, io) {
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options: { data: { type: "string" }, json: { type: "boolean", default: false } },
      });
      if (positionals.length !== 1 || positionals[0] !== "rebuild") {
        throw new UsageError("say what to do: rebuild");
      }
      const folder = values.data ?? io.env["KEYTRAIL_DATA"] ?? "./data";
      const progress = new Progress(io, "indexing");
      const say = (line: string): void => void io.stderr.write(`${line}\n`);
      const index = await open(folder, say).catch((error: unknown) => {
        throw error instanceof Outage ? notOpened(error) : error;
      });
      try {
        const { size } = await index.rebuild((done, total) => progress.update(done, total));
        progress.end();
        const sentence = `The index of ${folder} has ${size} ${size === 1 ? "entry" : "entries"} now.\n`;
        io.stdout.write(
          values.json ? `${JSON.stringify({ data: folder, entries: size })}\n` : sentence,
        );
        return EXIT.ok;
      } catch (error) {
        throw new CommandError(
          EXIT.unavailable,
          `the index could not be made: ${error instanceof Error ? error.message : String(error)}`,
          "The ledger is untouched. Once the cause is gone, run it again, or start the server, which does the same.",
        );
      } finally {
        progress.end();
        await index.close();
      }
    },
  };
}

function notOpened(error: Outage): CommandError {
  const hint =
    "If the server is running on this folder, stop it first; it mends a broken index by itself as well.";
  return new CommandError(EXIT.unavailable, error.message, hint);
}
