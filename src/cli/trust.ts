/** What the caller of a command already knows of the log: `--log-key` and `--policy`. */
import { ed25519Verifier } from "../ledger/note.ts";
import { KeyError } from "../ledger/vkey.ts";
import { PolicyError, parsePolicy } from "../ledger/witness-policy.ts";
import { UsageError } from "./command.ts";
import { readNamed } from "./read-file.ts";
import type { Trust } from "./evidence/check.ts";

/** For parseArgs. */
export const TRUST_OPTIONS = {
  "log-key": { type: "string" },
  policy: { type: "string" },
} as const;

/** Throws a UsageError when the key or the file is none. */
export async function readTrust(values: {
  readonly "log-key"?: string | undefined;
  readonly policy?: string | undefined;
}): Promise<Trust> {
  const logVkey = values["log-key"]?.trim();
  try {
    if (logVkey !== undefined) ed25519Verifier(logVkey);
    if (values.policy === undefined) return logVkey === undefined ? {} : { logVkey };
    const policy = parsePolicy(Buffer.from(await readNamed(values.policy)).toString("utf8"));
    return logVkey === undefined ? { policy } : { logVkey, policy };
  } catch (error) {
    if (error instanceof KeyError) throw new UsageError(`--log-key: ${error.message}`);
    if (error instanceof PolicyError) throw new UsageError(`${values.policy}: ${error.message}`);
    throw error;
  }
}
