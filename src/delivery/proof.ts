/**
 * A proof of delivery: a checkpoint (C2SP tlog-checkpoint) of the log as it was where a destination has come to, with
 * lines that say so. Whoever trusts the log's key can say: this receiver had everything up to here, and what that is.
 *
 *     audit.example.com/log
 *     4711
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *     delivered-to 0198c5f2-… siem
 *     delivered-from 17
 *     delivered-selection 5d41402abc4b2a76
 *     delivered-events 4402
 *     delivered-set-aside 0
 *     delivered-at 2026-11-21T09:31:07.000Z
 *
 *     — audit.example.com/log Az3grlgt…
 *
 * Each entry from `delivered-from` up to the checkpoint's size, exclusive, was acknowledged by the receiver, is among
 * those that were set aside, or is none that the selection gives it.
 */
import { toRfc3339, type Millis } from "../kernel/clock.ts";
import type { Progress } from "./progress.ts";

export interface DeliveryStatement {
  readonly id: string;
  readonly name: string;
  readonly since: number;
  readonly fingerprint: string;
  readonly deliveredCount: number;
  readonly setAsideCount: number;
  readonly at: string;
}

export function statementOf(
  { id, name }: { readonly id: string; readonly name: string },
  { since, fingerprint, deliveredCount, setAsideCount }: Progress,
  now: Millis,
): readonly string[] {
  return [
    `delivered-to ${id} ${name}`,
    `delivered-from ${since}`,
    `delivered-selection ${fingerprint}`,
    `delivered-events ${deliveredCount}`,
    `delivered-set-aside ${setAsideCount}`,
    `delivered-at ${toRfc3339(now)}`,
  ];
}

/** From the lines of a checkpoint behind its root; undefined when they are no statement of this form. */
export function readStatement(lines: readonly string[]): DeliveryStatement | undefined {
  const said = new Map(
    lines.map((line): [string, string] => {
      const at = line.indexOf(" ");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const [id = "", ...name] = (said.get("delivered-to") ?? "").split(" ");
  const [since, deliveredCount, setAsideCount] = NUMBERS.map((key) => {
    const text = said.get(key) ?? "";
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  });
  const fingerprint = said.get("delivered-selection");
  const at = said.get("delivered-at");
  if (id === "" || since === undefined || fingerprint === undefined || at === undefined)
    return undefined;
  if (deliveredCount === undefined || setAsideCount === undefined) return undefined;
  return { id, name: name.join(" "), since, fingerprint, deliveredCount, setAsideCount, at };
}

const NUMBERS = ["delivered-from", "delivered-events", "delivered-set-aside"] as const;
