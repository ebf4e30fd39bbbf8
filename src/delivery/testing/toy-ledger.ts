/** A ledger in memory whose events differ in what destinations select by. */
import type { EntrySource } from "../../ledger/entry-source.ts";
import type { EntryRun } from "../../ledger/segments.ts";
import { utf8 } from "../../kernel/bytes.ts";

export interface ToyEvent {
  readonly account: string;
  readonly region: string;
  readonly correlationId: string;
}

export const PLAIN: ToyEvent = { account: "acct1", region: "us-south", correlationId: "plain" };

/** The id of the event at an index of a toy ledger. */
export function toyId(index: number): string {
  return `01a1fbb4-5cee-7000-a968-${index.toString(16).padStart(12, "0")}`;
}

export function toyLine(index: number, event: Partial<ToyEvent> = {}): Uint8Array {
  const { account, region, correlationId } = { ...PLAIN, ...event };
  return utf8(
    JSON.stringify({
      id: toyId(index),
      eventTime: "2026-11-21T09:31:07.412Z",
      operation: "secret.read",
      action: "secrets-manager.secret.read",
      outcome: "success",
      severity: "normal",
      message: "Secrets Manager: read secret db-prod",
      reason: { reasonCode: 200, reasonType: "OK" },
      initiator: { id: "IBMid-1", name: "ada", typeURI: "service/security/account/user" },
      target: { id: "crn:v1:…", name: "db-prod", typeURI: "secrets-manager/secret" },
      requestData: {},
      responseData: {},
      correlationId,
      requestId: `req-${index}`,
      account,
      region,
      counters: { target: index + 1, initiator: index + 1 },
    }),
  );
}

export class ToyLedger implements EntrySource {
  readonly #lines: Uint8Array[] = [];
  readonly #listeners = new Set<() => void>();
  /** Most entries of one run. */
  runEntries = 7;
  /** Thrown by the next reads. */
  fault: Error | undefined;
  reads = 0;

  get size(): number {
    return this.#lines.length;
  }

  grow(events: readonly Partial<ToyEvent>[]): void {
    for (const event of events) this.#lines.push(toyLine(this.#lines.length, event));
    for (const listener of this.#listeners) listener();
  }

  /** As after a copy was put back. */
  shrink(size: number): void {
    this.#lines.length = size;
  }

  readonly run = async (from: number): Promise<EntryRun> => {
    this.reads += 1;
    await Promise.resolve();
    if (this.fault) throw this.fault;
    if (from >= this.size) throw new Error("there is no such entry");
    return { first: from, lines: this.#lines.slice(from, from + this.runEntries) };
  };

  async *read(from: number, to: number): AsyncIterable<EntryRun> {
    for (let at = from; at < to;) {
      const { first, lines } = await this.run(at);
      yield { first, lines: lines.slice(0, to - at) };
      at += lines.length;
    }
  }

  onAppended(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
