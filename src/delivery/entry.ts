/** What is delivered: an entry of the ledger, and the message that a sink makes of it. */
import type { AuditEvent } from "../audit/event.ts";

export interface Entry {
  /** Its index in the ledger. */
  readonly index: number;
  /** Its exact bytes there. */
  readonly line: Uint8Array;
  readonly event: AuditEvent;
}

/** Encoded, as the sink's transport takes it: a frame, a datagram, an object of a batch. */
export interface Message {
  readonly index: number;
  /** The event's id: receivers tell repetitions by it. */
  readonly id: string;
  readonly bytes: Uint8Array;
}
