/**
 * What goes out next: entries from a place in the ledger on, those of them that the destination gets, encoded. Holds
 * one read of the ledger at a time, whatever the backlog.
 */
import type { EntryRun } from "../ledger/segments.ts";
import type { Entry, Message } from "./entry.ts";
import { DeliveryFault } from "./fault.ts";
import type { Select } from "./selected.ts";
import type { BatchLimits, Encode } from "./sink.ts";

/** Most entries that are looked at for one parcel: a filter that finds nothing lets others have their turn. */
export const MAX_LOOKED_AT = 2_000;

export interface Parcel {
  readonly messages: readonly Message[];
  /** What the sink has no words for. */
  readonly unsaid: readonly Unsaid[];
  /** What the sink broke on: of one event the event is at fault, of all of them the sink. */
  readonly broken: readonly Unsaid[];
  /** Everything before this index has been looked at. */
  readonly next: number;
}

export interface Unsaid {
  readonly index: number;
  /** The event's. */
  readonly id: string;
  readonly reason: string;
}

/** Reads at least one entry from there on, which there is. */
export type ReadRun = (from: number) => Promise<EntryRun>;

export class Packer {
  readonly #read: ReadRun;
  readonly #select: Select;
  readonly #encode: Encode;
  #run: EntryRun = { first: 0, lines: [] };

  constructor(ports: { readonly read: ReadRun; readonly select: Select; readonly encode: Encode }) {
    this.#read = ports.read;
    this.#select = ports.select;
    this.#encode = ports.encode;
  }

  /** From `from` on, one message at least if the first selected one is longer than the limits allow. */
  async pack(
    from: number,
    limits: BatchLimits,
    isLeftOut: (index: number) => boolean,
  ): Promise<Parcel> {
    const { first, lines } = await this.#runFrom(from);
    const messages: Message[] = [];
    const [unsaid, broken]: [Unsaid[], Unsaid[]] = [[], []];
    let bytes = 0;
    let next = from;
    for (; next < first + lines.length && next - from < MAX_LOOKED_AT; next += 1) {
      if (messages.length >= limits.maxEvents) break;
      const entry = this.#select(next, lines[next - first] ?? EMPTY);
      if (!entry || isLeftOut(next)) continue;
      const encoded = this.#encoded(entry);
      if (isMessage(encoded)) {
        if (bytes + encoded.bytes.length > limits.maxBytes && messages.length > 0) break;
        messages.push(encoded);
        bytes += encoded.bytes.length;
      } else if (encoded.isBroken) broken.push(encoded);
      else unsaid.push(encoded);
    }
    return { messages, unsaid, broken, next };
  }

  /** The last message of those entries, of which no more than MAX_LOOKED_AT are looked at. */
  async lastBetween(
    from: number,
    to: number,
    isLeftOut: (index: number) => boolean,
  ): Promise<Message | undefined> {
    let last: Message | undefined;
    for (let at = Math.max(from, to - MAX_LOOKED_AT); at < to;) {
      const { messages, next } = await this.pack(at, ONE_READ, isLeftOut);
      last = messages.findLast(({ index }) => index < to) ?? last;
      at = next;
    }
    return last;
  }

  async #runFrom(from: number): Promise<EntryRun> {
    const { first, lines } = this.#run;
    if (from < first || from >= first + lines.length) this.#run = await this.#read(from);
    return this.#run;
  }

  #encoded(entry: Entry): Message | (Unsaid & { readonly isBroken: boolean }) {
    const { index, event } = entry;
    try {
      return { index, id: event.id, bytes: this.#encode(entry) };
    } catch (error) {
      const isBroken = !(error instanceof DeliveryFault);
      const reason = isBroken ? "it cannot be put into the form" : error.message;
      return { index, id: event.id, reason, isBroken };
    }
  }
}

const EMPTY = new Uint8Array();
const ONE_READ: BatchLimits = { maxEvents: MAX_LOOKED_AT, maxBytes: 8 * 1024 * 1024 };

function isMessage(encoded: Message | Unsaid): encoded is Message {
  return "bytes" in encoded;
}
