/**
 * Receipts (C2SP tlog-proof): everything needed to show, offline, that an entry is in the log. The entry itself is
 * not part of it; whoever was answered has it.
 *
 *     c2sp.org/tlog-proof@v1
 *     index 73894
 *     gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
 *     B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
 *
 *     audit.example.com/log
 *     109482
 *     sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=
 *
 *     — audit.example.com/log hI2DJw…
 *     — witness1.example mJirIklj…
 */
import { fromBase64, toBase64 } from "../kernel/bytes.ts";
import { parseDecimal } from "./checkpoint.ts";
import { HASH_BYTES, leafHash, verifyInclusion } from "./merkle.ts";
import type { Hash } from "./merkle.ts";
import { MAX_NOTE_LENGTH } from "./note.ts";
import { verifyCheckpoint } from "./witness-policy.ts";
import type { Policy, VerifiedCheckpoint } from "./witness-policy.ts";

/** The extension C2SP gives such files. */
export const RECEIPT_EXTENSION = ".tlog-proof";
export const RECEIPT_HEADER = "c2sp.org/tlog-proof@v1";

/** No tree of at most 2^64 leaves has a longer inclusion proof. */
export const MAX_INCLUSION_PROOF = 64;

/** A receipt that does not parse, or does not show what it should. */
export class ReceiptError extends Error {
  override readonly name = "ReceiptError";
}

export interface Receipt {
  /** The entry's position in the log, from 0. */
  readonly index: number;
  /** Inclusion proof (RFC 6962 section 2.1.1), leaf's sibling first. */
  readonly proof: readonly Hash[];
  /** The signed note, verbatim, with whatever cosignatures it has. */
  readonly checkpoint: string;
  /** Opaque, and vouched for by nobody. */
  readonly extra?: Uint8Array;
}

export interface ReceiptClaim {
  readonly receipt: Receipt;
  /** The exact bytes of the entry: the event's line without its newline. */
  readonly leaf: Uint8Array;
  readonly policy: Policy;
}

export function formatReceipt(receipt: Receipt): string {
  const { index, proof, checkpoint, extra } = receipt;
  const lines = [RECEIPT_HEADER];
  if (extra !== undefined) lines.push(`extra ${toBase64(extra)}`);
  lines.push(`index ${index}`, ...proof.map(toBase64), "", checkpoint);
  return lines.join("\n");
}

/** Parses a receipt strictly: any text it takes is the one `formatReceipt` makes of it. Throws ReceiptError. */
export function parseReceipt(text: string): Receipt {
  if (text.length > MAX_NOTE_LENGTH) fail(`a receipt is at most ${MAX_NOTE_LENGTH} characters`);
  // The first empty line: the checkpoint after it has another, between its text and its signatures.
  const end = text.indexOf("\n\n");
  if (end < 0) fail("a receipt has an empty line before its checkpoint");
  const lines = text.slice(0, end).split("\n");
  if (lines.shift() !== RECEIPT_HEADER) fail(`a receipt's first line is "${RECEIPT_HEADER}"`);
  const extra = lines[0]?.startsWith("extra ") ? parseExtra(lines.shift() ?? "") : undefined;
  const index = parseIndex(lines.shift() ?? "");
  if (lines.length > MAX_INCLUSION_PROOF) fail(`a proof has at most ${MAX_INCLUSION_PROOF} lines`);
  const proof = lines.map((line, i) => parseHash(line, i + 1));
  return { index, proof, checkpoint: text.slice(end + 2), ...(extra && { extra }) };
}

/**
 * Checks that the leaf is the log's entry at the receipt's index, by a checkpoint the policy believes. Throws
 * ReceiptError when the proof fails, NoteError when the checkpoint is not believed.
 */
export function verifyReceipt(claim: ReceiptClaim): VerifiedCheckpoint {
  const { receipt, leaf, policy } = claim;
  const checkpoint = verifyCheckpoint(receipt.checkpoint, policy);
  if (receipt.index >= checkpoint.size) {
    fail(`entry ${receipt.index} is beyond the checkpoint's ${checkpoint.size} entries`);
  }
  const included = verifyInclusion({
    index: receipt.index,
    size: checkpoint.size,
    leaf: leafHash(leaf),
    proof: receipt.proof,
    root: checkpoint.root,
  });
  if (!included) fail(`the event is not entry ${receipt.index} of the log, or was changed`);
  return checkpoint;
}

function parseExtra(line: string): Uint8Array {
  return fromBase64(line.slice("extra ".length)) ?? fail("a receipt's extra line is base64");
}

function parseIndex(line: string): number {
  const index = line.startsWith("index ") ? parseDecimal(line.slice("index ".length)) : undefined;
  return index ?? fail('a receipt has a line "index <decimal>" before its proof');
}

function parseHash(line: string, position: number): Hash {
  const bytes = fromBase64(line);
  return bytes?.length === HASH_BYTES ? bytes : fail(`hash ${position} is not 32 bytes in base64`);
}

function fail(message: string): never {
  throw new ReceiptError(message);
}
