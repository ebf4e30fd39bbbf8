/** Verifying a proof of delivery: what a log states of a receiver, and whether the log still has those entries. */
import { bytesEqual } from "../kernel/bytes.ts";
import { readStatement, type DeliveryStatement } from "../delivery/proof.ts";
import { extensionsOf } from "../ledger/checkpoint.ts";
import { consistencyProof, EMPTY_ROOT, verifyConsistency } from "../ledger/merkle.ts";
import { NoteError, parseNote } from "../ledger/note.ts";
import { TileHashReader } from "../ledger/tile.ts";
import type { LedgerSource } from "../ledger/verify.ts";
import { policyOfLog, verifyCheckpoint } from "../ledger/witness-policy.ts";
import type { Policy, VerifiedCheckpoint } from "../ledger/witness-policy.ts";
import { EXIT, UsageError, printable } from "./command.ts";
import type { CommandIo } from "./command.ts";
import type { Trust } from "./evidence/check.ts";
import { headJson } from "./head.ts";
import { readNamed } from "./read-file.ts";

export const DELIVERY_EXTENSION = ".delivery";
/** What the lines behind a checkpoint's root begin with, where they are a statement of delivery. */
export const DELIVERY_LINE = "\ndelivered-to ";

export interface DeliveryToVerify {
  readonly proof: string;
  readonly trust: Trust;
  /** The log itself, or a copy of it, with what it is called. */
  readonly log: { readonly name: string; readonly source: LedgerSource } | undefined;
  readonly isJson: boolean;
}

interface Checked {
  readonly head: VerifiedCheckpoint;
  readonly statement: DeliveryStatement;
  /** Entries of the log that it was held against. */
  readonly logSize: number | undefined;
}

/** Prints what the proof states and resolves to the exit code. */
export async function verifyDeliveryFile(asked: DeliveryToVerify, io: CommandIo): Promise<number> {
  const policy = logsOf(asked.trust);
  const text = Buffer.from(await readNamed(asked.proof)).toString("utf8");
  const found = await checked(text, policy, asked);
  if (typeof found === "string") {
    const json = { verified: false, problems: [{ file: asked.proof, message: found }] };
    say(io, asked.isJson ? json : [`${asked.proof}: DOES NOT VERIFY`, `  ${found}`]);
    return EXIT.failed;
  }
  say(io, asked.isJson ? jsonOf(found, asked) : linesOf(found, asked));
  return EXIT.ok;
}

/** Proofs are signed by the log alone: witnesses cosign what it publishes, and of that these are a part. */
function logsOf({ logVkey, policy }: Trust): Policy {
  if (logVkey !== undefined) return policyOfLog(logVkey);
  if (policy && policy.logs.length > 0) return { ...policy, witnesses: [], quorum: undefined };
  throw new UsageError("give --log-key, or a --policy with logs: a proof names no key to believe");
}

/** What it shows, or why it shows nothing. */
async function checked(
  text: string,
  policy: Policy,
  { log }: DeliveryToVerify,
): Promise<Checked | string> {
  try {
    const head = verifyCheckpoint(text, policy);
    const statement = readStatement(extensionsOf(parseNote(text).text));
    if (!statement) return "it is a checkpoint, and states nothing of a delivery";
    if (statement.since > head.size) return "it states a delivery of what was not in the log";
    if (log === undefined) return { head, statement, logSize: undefined };
    const compared = await compare(head, log);
    return typeof compared === "string" ? compared : { head, statement, ...compared };
  } catch (error) {
    if (error instanceof NoteError) return error.message;
    throw error;
  }
}

/** Held against a newer head by a proof of consistency (RFC 6962, section 2.1.2): tiles need not be believed for it. */
async function compare(
  { size, root, logVkey }: VerifiedCheckpoint,
  { name, source }: NonNullable<DeliveryToVerify["log"]>,
): Promise<{ readonly logSize: number } | string> {
  const text = await source.checkpoint();
  if (text === undefined) return `${name} has no checkpoint`;
  const newest = verifyCheckpoint(text, policyOfLog(logVkey));
  if (newest.size < size) {
    return `${name} has ${newest.size} entries, the proof is of ${size}: it is older, or entries are gone`;
  }
  if (size === 0) {
    return bytesEqual(root, EMPTY_ROOT)
      ? { logSize: newest.size }
      : "its root is not an empty log's";
  }
  const tiles = new TileHashReader(newest.size, async (tile) => {
    const bytes = await source.tile(tile);
    return bytes ?? new Uint8Array(0);
  });
  const proof = await consistencyProof(tiles, size, newest.size).catch((error: unknown) => {
    if (error instanceof RangeError) return undefined;
    throw error;
  });
  if (!proof) return `tiles of ${name} are missing or cut short: it does not verify itself`;
  const newer = { size2: newest.size, root2: newest.root };
  if (verifyConsistency({ size1: size, root1: root, ...newer, proof })) {
    return { logSize: newest.size };
  }
  return `the first ${size} entries of ${name} are not those that were delivered`;
}

function linesOf({ head, statement, logSize }: Checked, asked: DeliveryToVerify): string[] {
  const { id, name, since, deliveredCount, setAsideCount, at, fingerprint } = statement;
  const entries =
    since === head.size ? "nothing yet" : `everything from entry ${since} up to ${head.size - 1}`;
  return [
    `${asked.proof}: verified`,
    `log        ${head.origin}, its first ${head.size} entries`,
    `key        ${head.logVkey}`,
    `receiver   ${name}, ${id}`,
    `has        ${entries}, of what it is sent (selection ${fingerprint})`,
    `           ${deliveredCount} events acknowledged, ${setAsideCount} set aside, as of ${at}`,
    logSize === undefined
      ? "unchecked  whether the log still has these entries: --against the log"
      : `agrees     with ${asked.log?.name ?? ""}, whose ${logSize} entries begin with these`,
  ];
}

function jsonOf({ head, statement, logSize }: Checked, { log }: DeliveryToVerify): object {
  return {
    verified: true,
    problems: [],
    log: headJson(head),
    delivery: {
      id: statement.id,
      name: statement.name,
      from: statement.since,
      through: head.size,
      selection: statement.fingerprint,
      events: statement.deliveredCount,
      set_aside: statement.setAsideCount,
      at: statement.at,
    },
    against: log && { name: log.name, size: logSize },
  };
}

function say(io: CommandIo, result: object | readonly string[]): void {
  const text = Array.isArray(result) ? result.map(printable).join("\n") : JSON.stringify(result);
  io.stdout.write(`${text}\n`);
}
