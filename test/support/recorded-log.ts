/** A real ledger in a data folder, with events that are counted as the trail counts them, and its export over HTTP. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toBase64, utf8 } from "../../src/kernel/bytes.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Ed25519Signer } from "../../src/ledger/note.ts";
import { FileHeadLock } from "../../src/storage/files/head-lock.ts";
import { FileLedgerStore } from "../../src/storage/files/ledger-store.ts";
import type { Handler } from "./serve.ts";

export interface EventSketch {
  readonly target?: string;
  readonly initiator?: string;
  readonly operation?: string;
  readonly requestData?: object;
  readonly responseData?: object;
  /** Instead of the counts the trail would give. */
  readonly counters?: { readonly target: number | null; readonly initiator: number | null };
}

export class RecordedLog {
  readonly dir: string;
  readonly ledger: Ledger;
  readonly lines: string[] = [];
  #made = 0;
  readonly #counts = new Map<string, number>();

  private constructor(dir: string, ledger: Ledger) {
    this.dir = dir;
    this.ledger = ledger;
  }

  static async open(dir: string, signer = Ed25519Signer.generate("log.example/recorded")) {
    const store = await FileLedgerStore.open(join(dir, "ledger"));
    const lock = await FileHeadLock.open(join(dir, "ledger-head"));
    const ledger = await Ledger.open({ store, lock, signer });
    await writeFile(join(dir, "ledger", "log.vkey"), `${signer.vkey}\n`);
    return new RecordedLog(dir, ledger);
  }

  get vkey(): string {
    return this.ledger.vkey;
  }

  async record(sketch: EventSketch = {}): Promise<number> {
    const line = this.#line(sketch);
    const index = await this.ledger.append(utf8(line));
    this.lines[index] = line;
    return index;
  }

  async recordMany(sketches: readonly EventSketch[]): Promise<void> {
    const lines = sketches.map((sketch) => this.#line(sketch));
    const first = await this.ledger.appendBatch(lines.map((line) => utf8(line)));
    for (const [i, line] of lines.entries()) this.lines[first + i] = line;
  }

  close(): Promise<void> {
    return this.ledger.close();
  }

  /** The native API's export, of the entries that `matches` chooses. */
  exportHandler(matches: (line: string) => boolean, counted = true): Handler {
    return async (request, response) => {
      const { searchParams } = new URL(request.url ?? "/", "http://localhost");
      const size = this.ledger.size;
      const indexes = [...this.lines.keys()].filter((i) => matches(this.lines[i] ?? ""));
      const stated = { exportedCount: indexes.length, size, counts: this.#countsOf(indexes) };
      const recorded = await this.record({
        operation: "event.export",
        target: "trail",
        initiator: "auditor",
        requestData: Object.fromEntries(searchParams),
        responseData: counted ? stated : {},
      });
      const head = await this.ledger.publish();
      const entry = async (index: number) => ({
        index,
        line: this.lines[index],
        proof: (await this.ledger.inclusionProof(index, head.size)).map(toBase64),
      });
      const send = (value: object) => response.write(`${JSON.stringify(value)}\n`);
      const query = searchParams.get("query");
      const about = { checkpoint: head.text, log_vkey: this.vkey, query, events: indexes.length };
      send({ kind: "header", ...about });
      for (const index of indexes) send(await entry(index));
      send({ kind: "footer", events: indexes.length, export_event: await entry(recorded) });
      response.end();
    };
  }

  #line(sketch: EventSketch): string {
    const { target = "secret-1", initiator = "alice", operation = "secret.read" } = sketch;
    const counters = sketch.counters ?? {
      target: this.#count(`targets/${target}`),
      initiator: this.#count(`initiators/${initiator}`),
    };
    return JSON.stringify({
      id: `event-${this.#made++}`,
      eventTime: "2026-11-21T09:31:07.412Z",
      operation,
      outcome: "success",
      initiator: { id: initiator, name: initiator },
      target: { id: target, name: target },
      requestData: sketch.requestData ?? {},
      responseData: sketch.responseData ?? {},
      counters,
    });
  }

  #count(key: string): number | null {
    if (key.endsWith("/")) return null;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }

  #countsOf(indexes: readonly number[]) {
    const counts: Record<string, Record<string, number>> = { targets: {}, initiators: {} };
    for (const index of indexes) {
      const { target, initiator } = JSON.parse(this.lines[index] ?? "{}");
      for (const key of [`targets/${target.id}`, `initiators/${initiator.id}`]) {
        const [part = "", id = ""] = key.split("/");
        const total = this.#counts.get(key);
        if (total !== undefined) counts[part] = { ...counts[part], [id]: total };
      }
    }
    return { ...counts, partial: false };
  }
}
