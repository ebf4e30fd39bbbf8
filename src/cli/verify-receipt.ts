/** Verifying one receipt: that an event somebody holds is in the log. */
import { NoteError } from "../ledger/note.ts";
import { ReceiptError, parseReceipt, verifyReceipt } from "../ledger/receipt.ts";
import { policyOfLog, withLog } from "../ledger/witness-policy.ts";
import type { Policy, VerifiedCheckpoint } from "../ledger/witness-policy.ts";
import { EXIT, UsageError, printable } from "./command.ts";
import type { CommandIo } from "./command.ts";
import type { Trust } from "./evidence/check.ts";
import { headJson, witnessedLine } from "./head.ts";
import { readNamed } from "./read-file.ts";

const NEWLINE = 0x0a;

export interface ReceiptToVerify {
  readonly receipt: string;
  /** A file with the event's exact line. */
  readonly event: string | undefined;
  readonly trust: Trust;
  readonly isJson: boolean;
}

/** Prints the result and resolves to the exit code. */
export async function verifyReceiptFile(asked: ReceiptToVerify, io: CommandIo): Promise<number> {
  const { trust, event } = asked;
  if (event === undefined) {
    throw new UsageError("give --event FILE: a receipt does not hold the event it is for");
  }
  const policy = receiptPolicyOf(trust);
  if (policy === undefined) {
    throw new UsageError("give --log-key or --policy: a receipt names no key to be believed");
  }
  const leaf = withoutNewline(await readNamed(event));
  const text = Buffer.from(await readNamed(asked.receipt)).toString("utf8");
  const found = checkReceipt({ text, leaf, policy, trust });
  if (typeof found === "string") {
    const json = { verified: false, problems: [{ file: asked.receipt, message: found }] };
    say(io, asked.isJson ? json : [`${asked.receipt}: DOES NOT VERIFY`, `  ${found}`]);
    return EXIT.failed;
  }
  const { index, head } = found;
  say(
    io,
    asked.isJson
      ? { verified: true, index, log: headJson(head) }
      : [
          `${asked.receipt}: verified, ${event} is entry ${index} of ${head.origin}`,
          witnessedLine(head.witnessedBy),
        ],
  );
  return EXIT.ok;
}

/** A receipt as text, for an entry's exact bytes, and what of the log is known already. */
export interface ReceiptClaim {
  readonly text: string;
  readonly leaf: Uint8Array;
  readonly policy: Policy;
  readonly trust: Trust;
}

/** What the receipt shows, or why it shows nothing. */
export function checkReceipt(
  claim: ReceiptClaim,
): { readonly index: number; readonly head: VerifiedCheckpoint } | string {
  const { text, leaf, policy, trust } = claim;
  try {
    const receipt = parseReceipt(text);
    const head = verifyReceipt({ receipt, leaf, policy });
    if (trust.logVkey !== undefined && head.logVkey !== trust.logVkey) {
      return "its checkpoint is signed by another log of the policy than the one given";
    }
    return { index: receipt.index, head };
  } catch (error) {
    if (error instanceof ReceiptError || error instanceof NoteError) return error.message;
    throw error;
  }
}

/** By whose signatures a receipt is believed; undefined when nothing is known of the log. */
export function receiptPolicyOf({ policy, logVkey }: Trust): Policy | undefined {
  if (logVkey === undefined) return policy;
  return policy === undefined ? policyOfLog(logVkey) : withLog(policy, logVkey);
}

/** Editors and shells add one; the entry has none. */
function withoutNewline(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
}

function say(io: CommandIo, result: object | readonly string[]): void {
  const text = Array.isArray(result) ? result.map(printable).join("\n") : JSON.stringify(result);
  io.stdout.write(`${text}\n`);
}
