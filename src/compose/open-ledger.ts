/** Opens the installation's log: its key, its files, and what it has to say while it recovers. */
import { hostname } from "node:os";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LedgerCorruption, RESTORE } from "../ledger/corruption.ts";
import { Ledger, type LedgerReport } from "../ledger/ledger.ts";
import { Ed25519Signer } from "../ledger/note.ts";
import { Outage } from "../kernel/errors.ts";
import { FileHeadLock, HEAD_FILE } from "../storage/files/head-lock.ts";
import { FileLedgerStore } from "../storage/files/ledger-store.ts";
import { replacePrivateFile } from "../storage/files/private-file.ts";
import { readOrMake, type DataFolder } from "./data-folder.ts";
import type { WriteLog } from "./log.ts";

export interface OpenedLedger {
  readonly ledger: Ledger;
  /** Bytes of a torn tail that were cut: a line that was being written when the machine stopped. */
  readonly cutBytes: number;
  /** Settles when the log takes nothing more until a restart. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

export interface LedgerConfig {
  /** How many entries the counters have seen: a log with fewer is not the one they counted. */
  readonly knownEntries: number;
  readonly logName: string | null;
  readonly log: WriteLog;
  readonly say: (line: string) => void;
}

/** Throws a LedgerCorruption when what is there is not a whole log, or not all of what there was. */
export async function openLedger(folder: DataFolder, config: LedgerConfig): Promise<OpenedLedger> {
  const store = await FileLedgerStore.open(folder.ledger);
  const failed = Promise.withResolvers<Error>();
  let cutBytes = 0;
  try {
    const signer = await logSigner(folder, config);
    const ledger = await Ledger.open({
      store,
      lock: await FileHeadLock.open(folder.head),
      signer,
      report: (report) => {
        if (report.kind === "torn-tail-cut") cutBytes += report.cutBytes;
        if (report.kind === "status" && report.status === "stopped") {
          failed.resolve(new Outage("the ledger cannot be written", { cause: report.reason }));
        }
        tell(report, config);
      },
    });
    if (ledger.size < config.knownEntries) {
      const sentence = `the ledger has ${ledger.size} entries, and ${config.knownEntries} have been counted. ${RESTORE}`;
      throw new LedgerCorruption("missing-entries", sentence);
    }
    // The key's public half lies with the log, for whoever copies that.
    await replacePrivateFile(join(folder.ledger, "log.vkey"), `${signer.vkey}\n`);
    return {
      ledger,
      cutBytes,
      failed: failed.promise,
      close: async () => {
        await ledger.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * The log's key, made once, together with the log. A key without its log, or a log without its key, is a loss to be
 * told of: signing on would begin a second history under the same name, or put another key in the verifiers' hands.
 */
async function logSigner(folder: DataFolder, config: LedgerConfig): Promise<Ed25519Signer> {
  const path = join(folder.keys, "log.key");
  const hasHead = existsSync(join(folder.head, HEAD_FILE));
  if (!hasHead && config.knownEntries > 0) {
    const sentence = `the ledger and the record of its last signed head are gone, and ${config.knownEntries} entries have been counted. Bring both back.`;
    throw new LedgerCorruption("missing-head", sentence);
  }
  if (hasHead && !existsSync(path)) {
    throw new Outage(`the key of this log is gone: bring ${path} back, it alone can sign for it`);
  }
  const text = await readOrMake(path, () => {
    const name = config.logName ?? `${hostname()}/keytrail-${randomBytes(4).toString("hex")}`;
    return `${Ed25519Signer.generate(name).toPrivate()}\n`;
  });
  return Ed25519Signer.fromPrivate(text.trim());
}

/** Progress goes to whoever watches; what an operator has to know of goes to the log. */
function tell(report: LedgerReport, { log, say }: LedgerConfig): void {
  switch (report.kind) {
    case "checking":
      say(`Checking the ledger: ${report.doneEntries} of ${report.totalEntries} entries`);
      return;
    case "torn-tail-cut":
      say(
        `A line that was being written when the server last ended was cut: ${report.cutBytes} bytes at index ` +
          `${report.atIndex} of ${report.file}. It had not been answered.`,
      );
      return;
    case "tile-rebuilt":
      log({ level: "info", message: `A tile was rebuilt from its entries: ${report.file}` });
      return;
    case "checkpoint-restored":
      log({ level: "info", message: `The checkpoint was published again at size ${report.size}.` });
      return;
    case "status":
      log({ level: "error", message: `The ledger is ${report.status}.`, error: report.reason });
      return;
    case "publish-failed":
      log({ level: "error", message: "A checkpoint could not be published.", error: report.error });
      return;
    case "sealed":
      log({
        level: "info",
        message: `Segment ${report.first} is sealed: ${report.sizeBytes} bytes.`,
      });
      return;
    case "seal-failed":
      log({
        level: "warn",
        message: `Segment ${report.first} is not sealed yet.`,
        error: report.error,
      });
      return;
  }
}
