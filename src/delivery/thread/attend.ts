/** The couriers' side of their thread: does what it is asked, reads the ledger by asking for it, and reports. */
import type { MessagePort } from "node:worker_threads";
import { systemClock, type Millis } from "../../kernel/clock.ts";
import { invariant, Outage, Refusal } from "../../kernel/errors.ts";
import type { EntryRun } from "../../ledger/segments.ts";
import { splitLines } from "../../ledger/segment.ts";
import { Couriers, type CouriersPorts, type Tested } from "../couriers.ts";
import type { Order, Present, Request, Word } from "./messages.ts";
import { ReportBox } from "./report-box.ts";
import { sharedRuns } from "./shared-runs.ts";

export type AttendPorts = Pick<
  CouriersPorts,
  "installation" | "vocabulary" | "isReachable" | "options"
>;

/** Couriers for whoever is at the other end of the port, until it asks them to stop. */
export function attend(port: MessagePort, ports: AttendPorts): void {
  const attendant = new Attendant(port, ports);
  port.on("message", (order: Order) => attendant.take(order));
}

interface Awaited {
  readonly resolve: (run: EntryRun) => void;
  readonly reject: (error: Outage) => void;
}

class Attendant {
  readonly #port: MessagePort;
  readonly #couriers: Couriers;
  readonly #reports: ReportBox;
  readonly #reads = new Map<number, Awaited>();
  #nextRead = 0;
  #behindMs: Millis = 0;

  constructor(port: MessagePort, ports: AttendPorts) {
    this.#port = port;
    this.#reports = new ReportBox((reports) => this.#say({ kind: "reports", reports }));
    this.#couriers = new Couriers(0, {
      ...ports,
      read: sharedRuns((from) => this.#read(from)),
      report: (report) => this.#reports.put(report),
      now: () => systemClock.now() - this.#behindMs,
    });
  }

  take(order: Order): void {
    switch (order.kind) {
      case "asked":
        this.#know(order.now);
        void this.#do(order.id, order.request);
        return;
      case "grown":
        return this.#know(order.now);
      case "run":
        return this.#readDone(order.id, ({ resolve }) =>
          resolve({ first: order.first, lines: splitLines(order.bytes) }),
        );
      case "unreadable":
        return this.#readDone(order.id, ({ reject }) =>
          reject(new Outage("the ledger cannot be read")),
        );
    }
  }

  async #do(id: number, request: Request): Promise<void> {
    try {
      const tested = await this.#done(request);
      this.#reports.flush();
      this.#say({ kind: "answer", id, tested });
    } catch (error) {
      if (!(error instanceof Refusal)) {
        return this.#say({ kind: "failed", id, error: withoutCause(error) });
      }
      const { code, message, details } = error;
      this.#say({ kind: "refused", id, refusal: { code, message, details } });
    }
  }

  async #done(request: Request): Promise<Tested | null> {
    if (request.kind === "test") return this.#couriers.test(request.definition);
    if (request.kind === "stop") {
      await this.#couriers.stop();
      return null;
    }
    const { definitions, known } = request;
    await this.#couriers.set(definitions, known);
    this.#reports.keep(new Set(definitions.map(({ id }) => id)));
    return null;
  }

  #know({ size, behindMs }: Present): void {
    this.#behindMs = behindMs;
    this.#couriers.grown(size);
  }

  #read(from: number): Promise<EntryRun> {
    const id = this.#nextRead++;
    return new Promise((resolve, reject) => {
      this.#reads.set(id, { resolve, reject });
      this.#say({ kind: "read", id, from });
    });
  }

  #readDone(id: number, settle: (awaited: Awaited) => void): void {
    const awaited = this.#reads.get(id);
    invariant(awaited !== undefined, "a run answers a read");
    this.#reads.delete(id);
    settle(awaited);
  }

  #say(word: Word): void {
    this.#port.postMessage(word, []);
  }
}

/** What caused it may be something that does not cross over. */
function withoutCause(error: unknown): Error {
  const { name, message, stack = "" } = error instanceof Error ? error : new Error(typeof error);
  return Object.assign(new Error(message), { name, stack });
}
