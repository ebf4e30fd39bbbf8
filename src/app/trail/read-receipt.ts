/**
 * Gives the receipt of an event: the proof that it is an entry of the log. Whoever may read the event may have it, and
 * so may whoever the event says did it: it proves what they were answered.
 */
import { parseEvent } from "../../audit/event.ts";
import type { Receipt } from "../../ledger/receipt.ts";
import type { Caller } from "../call.ts";
import { readOperation } from "../operation.ts";
import { noSuchEvent } from "./read-event.ts";
import { matcherOf, type TrailEntry } from "./trail-reader.ts";
import { visiblePlan } from "./visibility.ts";
import { trailLocation } from "./whole-trail.ts";

export interface ReadReceiptInput {
  readonly id: string;
}

export interface ReadReceipt {
  readonly index: number;
  /** Entries that the receipt's checkpoint covers. */
  readonly size: number;
  readonly receipt: Receipt;
  /** The entry itself: what the receipt is about. */
  readonly line: Uint8Array;
}

export const readReceipt = readOperation<ReadReceiptInput, TrailEntry | undefined, ReadReceipt>({
  name: "receipt.read",
  async locate({ id }, { call, caller, capabilities }) {
    const location = trailLocation(call, { kind: "event", id });
    // Nobody without an identity is told how long it takes to find something.
    if (caller.kind === "anonymous") return { ...location, subject: undefined };
    const subject = await capabilities.trail.find(id);
    if (subject === undefined || !isOwn(subject, caller)) return { ...location, subject };
    return { ...location, resource: null, subject };
  },
  async run(_input, { resource, subject }, { parts, capabilities }) {
    const mayHave = resource === null ? () => true : matcherOf(visiblePlan(parts()));
    if (subject === undefined || !mayHave(subject)) throw noSuchEvent();
    const { size, ...receipt } = await capabilities.trail.receipt(subject.index);
    return { index: subject.index, size, receipt, line: subject.line };
  },
});

function isOwn({ line }: TrailEntry, caller: Caller): boolean {
  return caller.kind === "identity" && parseEvent(line).initiator.id === caller.id;
}
