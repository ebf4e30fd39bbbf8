/** Verifying a whole log: every entry, every tile, the signed head, the witnesses, and that no count leaves a gap. */
import { bytesEqual, toBase64 } from "../kernel/bytes.ts";
import { openCheckpoint } from "../ledger/checkpoint.ts";
import type { TreeHead } from "../ledger/checkpoint.ts";
import { decodeHeadRecord } from "../ledger/head-record.ts";
import { NoteError } from "../ledger/note.ts";
import { treeRoot } from "../ledger/merkle.ts";
import { TileHashReader } from "../ledger/tile.ts";
import type { TileId } from "../ledger/tile.ts";
import { verifyLedger } from "../ledger/verify.ts";
import type { LedgerSource, Verification } from "../ledger/verify.ts";
import { policyOfLog, verifyCheckpoint, withLog } from "../ledger/witness-policy.ts";
import type { Policy, VerifiedCheckpoint, WitnessedBy } from "../ledger/witness-policy.ts";
import { CommandError, EXIT, printable } from "./command.ts";
import type { CommandIo } from "./command.ts";
import { WholeHistories } from "./evidence/histories.ts";
import { headJson, witnessedLine } from "./head.ts";
import { Progress } from "./progress.ts";

/** Faults of the counts that are listed. A gap is told once: counting goes on from the number after it. */
const MAX_COUNT_FAULTS = 20;

export interface LogToVerify {
  /** What the caller named, for the output. */
  readonly name: string;
  readonly source: LedgerSource;
  readonly logVkey: string;
  /** Where the key came from, in words, unless the caller gave it. */
  readonly keyOrigin: string | undefined;
  readonly policy: Policy | undefined;
  /** The newest checkpoint that witnesses have cosigned, kept beside the log's own newest one. */
  readonly cosigned: string | undefined;
  /** What the head lock beside the ledger holds, read before the checkpoint, which must not be older. */
  readonly headRecord: string | undefined;
  readonly isJson: boolean;
}

type Inspect = NonNullable<LedgerSource["inspect"]>;

interface Problem {
  readonly kind: string;
  readonly message: string;
  readonly index?: number | undefined;
  readonly file?: string | undefined;
}

interface LogReport extends LogToVerify {
  readonly verification: Verification;
  readonly problems: readonly Problem[];
  readonly witnessedBy: readonly WitnessedBy[];
}

/** Prints the report and resolves to the exit code. */
export async function verifyLog(log: LogToVerify, io: CommandIo): Promise<number> {
  const progress = new Progress(io, "verifying");
  const counted = new CountedSource(log.source);
  const verification = await verifyLedger(counted, {
    vkey: log.logVkey,
    onProgress: ({ doneEntries, totalEntries }) => progress.update(doneEntries, totalEntries),
    signal: io.signal,
  })
    .catch((error: unknown) => {
      throw io.signal.aborted ? interrupted() : error;
    })
    .finally(() => progress.end());
  const policy = log.policy ? withLog(log.policy, log.logVkey) : policyOfLog(log.logVkey);
  const found = verification.problems.map(({ sentence, ...rest }) => ({
    ...rest,
    message: sentence,
  }));
  const { problems, witnessedBy } = await witnesses(verification, log, policy);
  const rolledBack = rollback(verification, log);
  // Over entries that are not the log's, counts mean nothing.
  const faults = found.length > 0 ? [] : counted.faults;
  const report = {
    ...log,
    verification,
    witnessedBy,
    problems: [...rolledBack, ...found, ...problems, ...faults],
  };
  io.stdout.write(log.isJson ? `${JSON.stringify(logJson(report))}\n` : describeLog(report));
  return report.problems.length === 0 ? EXIT.ok : EXIT.failed;
}

function interrupted(): CommandError {
  return new CommandError(
    EXIT.unavailable,
    "interrupted: what was not yet looked at may or may not be in order",
    "Run it again for an answer; it changes nothing.",
  );
}

/** Passes a source on, and counts its entries in their order, whatever the order they are read in. */
class CountedSource implements LedgerSource {
  readonly faults: Problem[] = [];
  readonly #source: LedgerSource;
  readonly #histories = new WholeHistories();
  /** Read before its turn, by first index. No more than verification reads ahead. */
  readonly #waiting = new Map<number, readonly Uint8Array[]>();
  #next = 0;
  /** Behind entries that are missing or damaged nothing is counted. */
  #isBroken = false;

  constructor(source: LedgerSource) {
    this.#source = source;
  }

  checkpoint(): Promise<string | undefined> {
    return this.#source.checkpoint();
  }

  tile(tile: TileId): Promise<Uint8Array | undefined> {
    return this.#source.tile(tile);
  }

  async inspect(...args: Parameters<Inspect>): Promise<Awaited<ReturnType<Inspect>>> {
    return (await this.#source.inspect?.(...args)) ?? { problems: [], unproven: 0 };
  }

  async entries(first: number, count: number): Promise<readonly Uint8Array[] | undefined> {
    let lines: readonly Uint8Array[] | undefined;
    try {
      lines = await this.#source.entries(first, count);
      return lines;
    } finally {
      if (lines?.length === count) this.#arrived(first, lines);
      else this.#isBroken = true;
    }
  }

  #arrived(first: number, lines: readonly Uint8Array[]): void {
    if (this.#isBroken) return this.#waiting.clear();
    this.#waiting.set(first, lines);
    for (let ready = this.#take(); ready !== undefined; ready = this.#take()) this.#count(ready);
  }

  #take(): readonly Uint8Array[] | undefined {
    const lines = this.#waiting.get(this.#next);
    this.#waiting.delete(this.#next);
    return lines;
  }

  #count(lines: readonly Uint8Array[]): void {
    for (const line of lines) {
      const fault = this.#histories.take(line);
      if (fault !== undefined && this.faults.length < MAX_COUNT_FAULTS) {
        const message = `entry ${this.#next}: ${fault}`;
        this.faults.push({ kind: "incomplete-history", message, index: this.#next });
      }
      this.#next += 1;
    }
  }
}

/** Whether the ledger is older than a head that the log is known to have signed. */
function rollback({ checkpointSize }: Verification, log: LogToVerify): readonly Problem[] {
  if (log.headRecord === undefined) return [];
  const signed = signedBefore(log.headRecord, log.logVkey);
  if (signed === undefined) {
    const message = "the record of the last signed head is not one that this log has signed";
    return [{ kind: "altered-head", message }];
  }
  if (checkpointSize >= signed.size) return [];
  const message =
    `the checkpoint is of ${checkpointSize} entries, but this log has signed one of ${signed.size}: ` +
    "these files were replaced by older ones";
  return [{ kind: "rolled-back-checkpoint", message }];
}

/**
 * The older of the two heads that the lock remembers: the published checkpoint may be one step behind it. Undefined
 * when either is not one that the log has signed.
 */
function signedBefore(headRecord: string, logVkey: string): TreeHead | undefined {
  const record = decodeHeadRecord(headRecord);
  if (record === undefined) return undefined;
  try {
    const current = openCheckpoint(record.current, logVkey);
    return record.previous === null ? current : openCheckpoint(record.previous, logVkey);
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}

interface Witnessed {
  readonly problems: readonly Problem[];
  readonly witnessedBy: readonly WitnessedBy[];
}

/** The head itself may be too new to be cosigned: then the cosigned one before it counts, if it is of this history. */
async function witnesses(
  { checkpoint, problems: found }: Verification,
  { source, cosigned }: LogToVerify,
  policy: Policy,
): Promise<Witnessed> {
  const isRefused = found.some(({ kind }) => kind === "altered-checkpoint");
  if (checkpoint === undefined || isRefused) return { problems: [], witnessedBy: [] };
  const head = believed(checkpoint.text, policy);
  if (typeof head !== "string") {
    if (cosigned === undefined || head.witnessedBy.length > 0)
      return { problems: [], witnessedBy: head.witnessedBy };
  } else if (cosigned === undefined) {
    return unbelieved(`the checkpoint is not one to believe: ${head}`);
  }
  const earlier = believed(cosigned, policy);
  if (typeof earlier === "string")
    return unbelieved(`the cosigned checkpoint is not one to believe: ${earlier}`);
  if (found.length > 0) return { problems: [], witnessedBy: earlier.witnessedBy };
  const fork = await forkFrom(earlier, checkpoint.size, source);
  return { problems: fork === undefined ? [] : [fork], witnessedBy: earlier.witnessedBy };
}

/** The checkpoint with who cosigned it, or why the policy does not believe it. */
function believed(text: string, policy: Policy): VerifiedCheckpoint | string {
  try {
    return verifyCheckpoint(text, policy);
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    return error.message;
  }
}

function unbelieved(message: string): Witnessed {
  return { problems: [{ kind: "unbelieved-checkpoint", message }], witnessedBy: [] };
}

/** Whether what the witnesses cosigned is an earlier state of the very tree that has been verified. */
async function forkFrom(
  earlier: VerifiedCheckpoint,
  size: number,
  source: LedgerSource,
): Promise<Problem | undefined> {
  if (earlier.size > size) {
    const message = `witnesses have cosigned ${earlier.size} entries of this log, and there are ${size}`;
    return { kind: "rolled-back-checkpoint", message };
  }
  const tiles = new TileHashReader(earlier.size, async (tile) => {
    const bytes = await source.tile(tile);
    return bytes ?? new Uint8Array(0);
  });
  if (bytesEqual(await treeRoot(tiles, earlier.size), earlier.root)) return undefined;
  const message = `witnesses have cosigned another history: the first ${earlier.size} entries are not those`;
  return { kind: "forked-history", message };
}

function describeLog(report: LogReport): string {
  const { name, verification, problems, witnessedBy, logVkey, keyOrigin } = report;
  const { checkpoint, checkpointSize, unproven } = verification;
  const lines =
    problems.length > 0
      ? [
          `${printable(name)}: DOES NOT VERIFY`,
          ...problems.map(({ kind, message }) => `  ${printable(message)} (${kind})`),
        ]
      : [`${printable(name)}: verified, ${verification.entries} entries`];
  if (checkpoint !== undefined) {
    lines.push(
      `log        ${printable(checkpoint.origin)}, signed head of ${checkpointSize} entries`,
    );
  }
  lines.push(`key        ${printable(logVkey)}`);
  if (keyOrigin !== undefined) lines.push(`           ${printable(keyOrigin)}`);
  lines.push(witnessedLine(witnessedBy));
  if (unproven > 0) lines.push(`unproven   ${unproven} newer entries are not under the head yet`);
  if (problems.length === 0) {
    lines.push(
      "complete   every event is numbered without a gap, on its target and by its initiator",
    );
  }
  return `${lines.join("\n")}\n`;
}

function logJson({ verification, problems, witnessedBy, logVkey, keyOrigin }: LogReport): object {
  const { checkpoint, entries, root, unproven } = verification;
  return {
    verified: problems.length === 0,
    problems,
    entries,
    unproven,
    log: checkpoint && headJson({ ...checkpoint, logVkey, witnessedBy }),
    computed_root: toBase64(root),
    key_source: keyOrigin === undefined ? "given" : "folder",
  };
}
