/** `keytrail verify`: checks a whole log, a piece of evidence, one receipt or a proof of delivery, offline and without trusting anyone. */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Transport } from "../client/transport.ts";
import { FilesSource } from "../ledger/files-source.ts";
import { ed25519Verifier } from "../ledger/note.ts";
import { KeyError } from "../ledger/vkey.ts";
import { COSIGNED_FILE } from "../ledger/witness-client.ts";
import { RECEIPT_EXTENSION, RECEIPT_HEADER } from "../ledger/receipt.ts";
import type { LedgerFiles } from "../ledger/store.ts";
import type { LedgerSource } from "../ledger/verify.ts";
import { serverFor } from "./client-options.ts";
import { EXIT, UsageError } from "./command.ts";
import type { Command, CommandIo } from "./command.ts";
import { readEvidence } from "./evidence/archive.ts";
import { checkEvidence } from "./evidence/check.ts";
import type { Trust } from "./evidence/check.ts";
import { FILE } from "./evidence/layout.ts";
import { describeEvidence, evidenceJson } from "./evidence/report.ts";
import { HttpSource } from "./http-source.ts";
import { readIfThere } from "./read-file.ts";
import { Progress } from "./progress.ts";
import { TRUST_OPTIONS, readTrust } from "./trust.ts";
import { DELIVERY_EXTENSION, DELIVERY_LINE, verifyDeliveryFile } from "./verify-delivery.ts";
import type { DeliveryToVerify } from "./verify-delivery.ts";
import { verifyLog } from "./verify-log.ts";
import type { LogToVerify } from "./verify-log.ts";
import { verifyReceiptFile } from "./verify-receipt.ts";

const LEDGER_FOLDER = "ledger";
/** The head lock, which lies beside the ledger it guards. */
const HEAD_FILE = join("ledger-head", "head.json");
const SEGMENTS_FOLDER = "segments";
/** Where tar says what it is. */
const TAR_MAGIC = { offset: 257, text: "ustar" } as const;

const USAGE = `Usage: keytrail verify TARGET [options]

Derives everything again and compares: each entry's hash, each tile, the signed head, the witnesses'
cosignatures, and that no history leaves a gap. Needs no server, and trusts only the key you give it.

TARGET is one of
  a data folder        all of the server's trail, or a copy of it (<data> or <data>/ledger)
  a URL                a running server's log; reading its entries takes an API key
  evidence             what "keytrail export" wrote, as .tar or folder
  a receipt            a .tlog-proof, with --event FILE holding the event's exact line
  a proof of delivery  what "keytrail destinations proof" wrote, if need be with --against the log

Options:
  --log-key VKEY       the log's key as you know it. A data folder and evidence bring a key of their
                       own, which proves only that they agree with themselves
  --policy FILE        logs and witnesses you trust, and how many must have cosigned (C2SP tlog-policy)
  --event FILE         the event that a receipt is for
  --against LOG        a data folder, a copy of one, or a URL: whether it begins with the entries that
                       a proof of delivery is of
  --api-key KEY        for a URL: an API key that may read the whole trail (better: KEYTRAIL_API_KEY)
  --data DIR           for a URL: take the API key from DIR/bootstrap.json
  --json               the result as one line of JSON
  --help               this text

Exit code: 0 it verifies, 1 it does not and the first thing that fails is named, 2 wrong use,
3 it could not be read, or was interrupted.

Examples:
  keytrail verify ./data
  keytrail verify evidence.tar --log-key "audit.example.com/log+33d7b496+AeHTu4Q3hEIM..."
  keytrail verify https://keytrail.example.com --policy policy.txt
  keytrail verify read.tlog-proof --event event.json --log-key "$(cat log.vkey)"
  keytrail verify siem.delivery --log-key "$(cat log.vkey)" --against ./data
`;

/** The command; `openFiles` gives the files of a ledger's folder for reading, whoever else has it open. */
export function verifyCommand(openFiles: (folder: string) => LedgerFiles): Command {
  return {
    name: "verify",
    summary: "check a data folder, a server's log, evidence, a receipt or a proof of delivery",
    usage: USAGE,
    run: (args, io) => new Verifying(args, io, openFiles).run(),
  };
}

function parseOptions(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "api-key": { type: "string" },
      data: { type: "string" },
      ...TRUST_OPTIONS,
      event: { type: "string" },
      against: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
}

class Verifying {
  readonly #target: string;
  readonly #values: ReturnType<typeof parseOptions>["values"];
  readonly #io: CommandIo;
  readonly #openFiles: (folder: string) => LedgerFiles;

  constructor(args: readonly string[], io: CommandIo, openFiles: (folder: string) => LedgerFiles) {
    const { values, positionals } = parseOptions(args);
    const [target, ...more] = positionals;
    if (target === undefined) throw new UsageError("say what to verify: a folder, a file or a URL");
    if (more.length > 0) throw new UsageError(`one thing at a time: ${more.join(" ")} is too much`);
    this.#target = target;
    this.#values = values;
    this.#io = io;
    this.#openFiles = openFiles;
  }

  async run(): Promise<number> {
    const trust = await readTrust(this.#values);
    const kind = await kindOf(this.#target);
    if (this.#values.event !== undefined && kind !== "receipt") {
      throw new UsageError("--event goes with a receipt, a .tlog-proof file");
    }
    if (this.#values.against !== undefined && kind !== "delivery") {
      throw new UsageError("--against goes with a proof of delivery");
    }
    switch (kind) {
      case "url":
        return this.#url(trust);
      case "data":
        return this.#ledger(join(this.#target, LEDGER_FOLDER), trust, await this.#headRecord());
      case "ledger":
        return this.#ledger(this.#target, trust, undefined);
      case "evidence":
        return this.#evidence(trust);
      case "receipt": {
        const { event, json: isJson } = this.#values;
        return verifyReceiptFile({ receipt: this.#target, event, trust, isJson }, this.#io);
      }
      case "delivery": {
        const log = await this.#against();
        const asked = { proof: this.#target, trust, log, isJson: this.#values.json };
        return verifyDeliveryFile(asked, this.#io);
      }
    }
  }

  async #url(trust: Trust): Promise<number> {
    const logVkey = keyIn(trust);
    if (logVkey === undefined) {
      throw new UsageError("give --log-key: a server's own word for its key would prove nothing");
    }
    const source = await this.#httpSource(this.#target);
    const { policy } = trust;
    const nothingKept = { keyOrigin: undefined, cosigned: undefined, headRecord: undefined };
    return this.#log(source, { logVkey, policy, ...nothingKept });
  }

  async #httpSource(url: string): Promise<LedgerSource> {
    return new HttpSource(new Transport(await serverFor({ ...this.#values, url }, this.#io)));
  }

  /** The log that a proof of delivery is held against. */
  async #against(): Promise<DeliveryToVerify["log"]> {
    const { against: name } = this.#values;
    if (name === undefined) return undefined;
    const kind = await kindOf(name);
    if (kind === "url") return { name, source: await this.#httpSource(name) };
    if (kind !== "data" && kind !== "ledger") {
      throw new UsageError("--against is a whole log: a data folder, a copy of one, or a URL");
    }
    const folder = kind === "data" ? join(name, LEDGER_FOLDER) : name;
    return { name, source: await FilesSource.open(this.#openFiles(folder)) };
  }

  async #ledger(folder: string, trust: Trust, headRecord: string | undefined): Promise<number> {
    const given = keyIn(trust);
    const own = await readIfThere(join(folder, FILE.logKey));
    const logVkey = given ?? (own && keyOfFile(own, join(folder, FILE.logKey)));
    if (logVkey === undefined) {
      throw new UsageError(`there is no ${FILE.logKey} in ${folder}: give the key with --log-key`);
    }
    const source = await FilesSource.open(this.#openFiles(folder));
    const keyOrigin =
      given === undefined
        ? `taken from ${folder}/${FILE.logKey}: compare it with one known from elsewhere, or give that with --log-key`
        : undefined;
    const { policy } = trust;
    const cosigned = policy && (await readTextIfThere(join(folder, COSIGNED_FILE)));
    return this.#log(source, { logVkey, keyOrigin, policy, cosigned, headRecord });
  }

  #log(
    source: LedgerSource,
    key: Omit<LogToVerify, "name" | "source" | "isJson">,
  ): Promise<number> {
    const isJson = this.#values.json;
    return verifyLog({ name: this.#target, source, isJson, ...key }, this.#io);
  }

  async #headRecord(): Promise<string | undefined> {
    return readTextIfThere(join(this.#target, HEAD_FILE));
  }

  async #evidence(trust: Trust): Promise<number> {
    const { files, problems } = await readEvidence(this.#target);
    const progress = new Progress(this.#io, "verifying");
    const checked = checkEvidence(files, trust, (done, of) => progress.update(done, of));
    progress.end();
    const report = { ...checked, problems: [...problems, ...checked.problems] };
    this.#io.stdout.write(
      this.#values.json
        ? `${JSON.stringify(evidenceJson(report))}\n`
        : describeEvidence(report, this.#target),
    );
    return report.problems.length === 0 ? EXIT.ok : EXIT.failed;
  }
}

async function readTextIfThere(path: string): Promise<string | undefined> {
  const bytes = await readIfThere(path);
  return bytes && Buffer.from(bytes).toString("utf8");
}

type TargetKind = "url" | "data" | "ledger" | "evidence" | "receipt" | "delivery";

async function kindOf(target: string): Promise<TargetKind> {
  if (/^https?:\/\//i.test(target)) return "url";
  const found = await stat(target).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) throw new UsageError(`${target} does not exist`);
  const kind = found.isDirectory() ? kindOfFolder(await readdir(target)) : await kindOfFile(target);
  if (kind === undefined) {
    throw new UsageError(
      `${target} is no data folder, no evidence and no receipt, nor a proof of delivery`,
    );
  }
  return kind;
}

function kindOfFolder(names: readonly string[]): TargetKind | undefined {
  if (names.includes(LEDGER_FOLDER)) return "data";
  if (names.includes(SEGMENTS_FOLDER)) return "ledger";
  // Whatever was taken out of it: evidence that lost a file is still evidence, that does not verify.
  return names.some((name) => name === FILE.sums || name === FILE.events) ? "evidence" : undefined;
}

/** By name first: a file that was changed must be called changed, not something else. */
async function kindOfFile(path: string): Promise<TargetKind | undefined> {
  if (path.endsWith(RECEIPT_EXTENSION)) return "receipt";
  if (path.endsWith(".tar")) return "evidence";
  if (path.endsWith(DELIVERY_EXTENSION)) return "delivery";
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(512), position: 0 });
    const { offset, text } = TAR_MAGIC;
    if (buffer.toString("latin1", offset, offset + text.length) === text) return "evidence";
    const start = buffer.toString("latin1");
    if (start.includes(DELIVERY_LINE)) return "delivery";
    return start.startsWith(RECEIPT_HEADER) ? "receipt" : undefined;
  } finally {
    await file.close();
  }
}

/** The key that a folder brings. Throws a UsageError when it is none: the caller has to know a better one. */
function keyOfFile(bytes: Uint8Array, path: string): string {
  const logVkey = Buffer.from(bytes).toString("utf8").trim();
  try {
    ed25519Verifier(logVkey);
    return logVkey;
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new UsageError(`${path}: ${error.message}: give the key with --log-key`);
  }
}

/** The one log that the caller trusts, if there is exactly one. */
function keyIn({ logVkey, policy }: Trust): string | undefined {
  return logVkey ?? (policy?.logs.length === 1 ? policy.logs[0]?.vkey : undefined);
}
