/** `keytrail exposure`: who has received a secret's value, proven by the ledger. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { EventReceipt, Exposed, Exposure } from "../client/answers.ts";
import type { KeytrailClient } from "../client/keytrail-client.ts";
import { fromBase64, utf8 } from "../kernel/bytes.ts";
import { formatReceipt } from "../ledger/receipt.ts";
import { CLIENT_OPTIONS, CLIENT_USAGE, clientFor, explainClientError } from "./client-options.ts";
import {
  CommandError,
  EXIT,
  printable,
  UsageError,
  type Command,
  type CommandIo,
} from "./command.ts";
import { describeExposure } from "./format-exposure.ts";
import { momentOf } from "./moment.ts";
import { Progress } from "./progress.ts";
import { terminalOf } from "./terminal.ts";
import { readTrust, TRUST_OPTIONS } from "./trust.ts";
import { checkReceipt, receiptPolicyOf, type ReceiptClaim } from "./verify-receipt.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const USAGE = `Usage: keytrail exposure SECRET [options]

The question after an incident: who has actually received this value, when, from where, and which of them
are still there. Every number comes from the ledger, and the answer says whether it is whole: each event on
the secret bears its number, and none may be missing. Works for secrets that have been deleted since, too.
A reading that was refused is no exposure. Whoever brought the value is listed apart.

SECRET is the id of a secret, or its CRN.

Options:
  --version ID         of this version's value only
  --since TIME         from then on: 2h, 7d, 2026-11-01 or 2026-11-01T09:00:00Z
  --receipts DIR       keep each event with its receipt in DIR, and check them all offline;
                       needs --log-key or --policy
  --log-key VKEY       the log's key as you know it
  --policy FILE        witnesses that must have cosigned (C2SP tlog-policy)
  --json               the answer as JSON
${CLIENT_USAGE}  --help               this text

Exit status: 0 when the answer is whole (and every receipt verifies), 1 when it is not, 2 when it was called
wrongly, 3 when there is no answer. It takes the role Auditor or Operator.

Examples:
  keytrail exposure 6ebf8b8d-1c5e-4d0c-8f0a-1f6d2a7e9b10 --since 30d
  keytrail exposure 6ebf8b8d-1c5e-4d0c-8f0a-1f6d2a7e9b10 --json | jq -r '.received[].name'
  keytrail exposure 6ebf8b8d-1c5e-4d0c-8f0a-1f6d2a7e9b10 --receipts proof --log-key "$(cat log.vkey)"
`;

export const exposureCommand: Command = {
  name: "exposure",
  summary: "who has received a secret's value, with receipts",
  usage: USAGE,
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...CLIENT_OPTIONS,
      ...TRUST_OPTIONS,
      version: { type: "string" },
      since: { type: "string" },
      receipts: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [given, ...rest] = positionals;
  const secret = given?.split(":").at(-1) ?? "";
  if (!UUID.test(secret) || rest.length > 0) throw new UsageError("say which secret: its id");
  const trust = await readTrust(values);
  const policy = receiptPolicyOf(trust);
  if (values.receipts !== undefined && policy === undefined) {
    throw new UsageError("--receipts needs --log-key or --policy: by which key are they believed?");
  }
  const asked = { secret, version: values.version, since: momentOf(values.since) };
  const client = await clientFor(values, io);
  try {
    const found = await client.exposure(asked);
    const text = values.json
      ? `${JSON.stringify(found)}\n`
      : describeExposure(found, terminalOf(io));
    io.stdout.write(text);
    if (values.receipts !== undefined && policy !== undefined) {
      await keepReceipts(found, { client, io, folder: values.receipts, known: { policy, trust } });
    }
    return verdict(found, io);
  } catch (error) {
    throw explainClientError(error, client);
  }
}

function verdict({ complete, cut_at: cutAt }: Exposure, { stderr }: CommandIo): number {
  if (complete.complete) return EXIT.ok;
  const { events, counter } = complete;
  const why =
    cutAt === null
      ? `${events} events were found, numbers ${complete.first} to ${complete.last}, of ${counter} that the ledger has counted`
      : `there is more than one answer looks at: ask again with --since ${cutAt}`;
  stderr.write(`NOT WHOLE: ${printable(why)}.\n`);
  return EXIT.failed;
}

interface Keeping {
  readonly client: KeytrailClient;
  readonly io: CommandIo;
  readonly folder: string;
  readonly known: Pick<ReceiptClaim, "policy" | "trust">;
}

/**
 * Writes `INDEX.json`, the event's exact line, and `INDEX.tlog-proof` for each event that is listed; throws a CommandError
 * for the first that does not verify, or that is of another event than the one asked for.
 */
async function keepReceipts(found: Exposure, keeping: Keeping): Promise<void> {
  const { client, io, folder, known } = keeping;
  const disclosing = [...found.received, ...found.supplied];
  const events = disclosing.flatMap((one: Exposed) => one.events);
  await mkdir(folder, { recursive: true });
  const progress = new Progress(io, "receipts");
  let kept = 0;
  try {
    for (const { id, index } of events) {
      io.signal.throwIfAborted();
      const receipt = await client.eventReceipt(id);
      const text = textOf(receipt);
      const checked = checkReceipt({ text, leaf: utf8(receipt.leaf), ...known });
      const problem = typeof checked === "string" ? checked : otherEvent(receipt, { id, index });
      await writeFile(join(folder, `${index}.json`), receipt.leaf);
      await writeFile(join(folder, `${index}.tlog-proof`), text);
      if (problem !== undefined) {
        const hint = "Keep what was written, and ask who runs the server.";
        throw new CommandError(
          EXIT.failed,
          `the receipt of entry ${index} does not verify: ${problem}`,
          hint,
        );
      }
      progress.update((kept += 1), events.length);
    }
  } finally {
    progress.end();
  }
  const all = disclosing.reduce((sum, { count }) => sum + count, 0);
  const rest = all === kept ? "" : `; ${all - kept} more are counted and not listed`;
  io.stderr.write(`${kept} receipts verified and kept in ${folder}${rest}.\n`);
}

function otherEvent(
  { leaf, index }: EventReceipt,
  asked: { readonly id: string; readonly index: number },
): string | undefined {
  const { id } = JSON.parse(leaf) as { readonly id?: unknown };
  return id === asked.id && index === asked.index
    ? undefined
    : "it is the receipt of another event";
}

function textOf({ index, proof, checkpoint }: EventReceipt): string {
  const hashes = proof.map((hash) => fromBase64(hash) ?? new Uint8Array());
  return formatReceipt({ index, proof: hashes, checkpoint });
}
