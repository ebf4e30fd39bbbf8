/** A verified head of a log, said to a person or to a program, alike in every command. */
import { toBase64 } from "../kernel/bytes.ts";
import type { VerifiedCheckpoint, WitnessedBy } from "../ledger/witness-policy.ts";
import { printable } from "./command.ts";

export function witnessedLine(witnessedBy: readonly WitnessedBy[]): string {
  if (witnessedBy.length === 0) return "witnessed  by nobody you named (--policy)";
  const by = witnessedBy.map(
    ({ name, time }) => `${name} at ${new Date(time * 1000).toISOString()}`,
  );
  return `witnessed  by ${printable(by.join(", "))}`;
}

export function headJson(head: VerifiedCheckpoint): object {
  return {
    origin: head.origin,
    size: head.size,
    root: toBase64(head.root),
    vkey: head.logVkey,
    witnessed_by: head.witnessedBy,
  };
}
