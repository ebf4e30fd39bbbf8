/**
 * What goes out next: entries from a place in the ledger on, those of them that the destination gets, encoded. Holds
 * one read of the ledger at a time, whatever the backlog.
 */
import type { EntryRun } from "../ledger/segments.ts";
import type { Entry, Message } from "./entry.ts";
import { DeliveryFault } from "./fault.ts";
import type { Select } from "./selected.ts";
import type { BatchLimits, Encode, Rejection } from "./sink.ts";

/** Most entries that are looked at for one parcel: a filter that finds nothing lets others have their turn. */
export const MAX_LOOKED_AT = 2_000;

export interface Parcel {
  readonly messages: readonly Message[];
  /** What the sink has no words for. */
  readonly unsaid: readonly Rejection[];
  /** Everything before this index has been looked at. */
  readonly next: number;
}

/** Reads at least one entry from there on, which there is. */
export type ReadRun = (from: number) => Promise<EntryRun>;

export class Packer {
  readonly #read: ReadRun;
  readonly #select: Select;
  readonly #encode: Encode;
  #run: EntryRun = { first: 0, lines: [] };
  readonly #ids = new Map<number, string>();

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
    this.#ids.clear();
    const messages: Message[] = [];
    const unsaid: Rejection[] = [];
    let bytes = 0;
    let next = from;
    for (; next < first + lines.length && next - from < MAX_LOOKED_AT; next += 1) {
      const entry = this.#select(next, lines[next - first] ?? EMPTY);
      if (!entry || isLeftOut(next)) continue;
      if (messages.length >= limits.maxEvents) break;
      const message = this.#encoded(entry, unsaid);
      if (!message) continue;
      if (messages.length > 0 && bytes + message.bytes.length > limits.maxBytes) break;
      messages.push(message);
      bytes += message.bytes.length;
    }
    return { messages, unsaid, next };
  }

  /** The id of an event of the entries that were looked at last; empty when it cannot be told. */
  idAt(index: number): string {
    return this.#ids.get(index) ?? "";
  }

  async #runFrom(from: number): Promise<EntryRun> {
    const { first, lines } = this.#run;
    if (from < first || from >= first + lines.length) this.#run = await this.#read(from);
    return this.#run;
  }

  #encoded(entry: Entry, unsaid: Rejection[]): Message | undefined {
    const { index, event } = entry;
    this.#ids.set(index, event.id);
    try {
      return { index, id: event.id, bytes: this.#encode(entry) };
    } catch (error) {
      if (!(error instanceof DeliveryFault)) throw error;
      unsaid.push({ index, reason: error.message });
      return undefined;
    }
  }
}

const EMPTY = new Uint8Array();
