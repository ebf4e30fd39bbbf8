/**
 * What `delivery.ts` measures, in a process of its own: either a ledger of so many believable events and its delivery,
 * or what `keytrail serve` runs, with a file of destinations or without.
 *
 *   node bench/delivery-server.ts fill DATA EVENTS
 *   node bench/delivery-server.ts drain DATA PORT
 *   node bench/delivery-server.ts serve DATA [DESTINATIONS]      speaks with its parent by messages
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../src/compose/server.ts";
import { readServeConfig } from "../src/config.ts";
import { Delivery } from "../src/delivery/delivery.ts";
import { ThreadCrew } from "../src/delivery/thread/thread-crew.ts";
import { systemClock } from "../src/kernel/clock.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { Ed25519Signer } from "../src/ledger/note.ts";
import { FileHeadLock } from "../src/storage/files/head-lock.ts";
import { FileLedgerStore } from "../src/storage/files/ledger-store.ts";
import { tellCpu } from "./cpu.ts";
import { EventGenerator } from "./generate-events.ts";

/** The parent of `serve`. */
export interface Ready {
  readonly url: string;
  readonly apiKey: string;
}

/** The parent of `drain`. */
export interface Drained {
  readonly events: number;
  readonly seconds: number;
  /** Resident, once a second. */
  readonly residentMb: readonly number[];
  readonly deliveredCount: number;
}

const FILL_BATCH = 5_000;
const ACCOUNT_MS = Date.UTC(2026, 7, 1);

const [mode = "", data = "", last = ""] = process.argv.slice(2);
switch (mode) {
  case "fill":
    await fill(Number(last));
    break;
  case "drain":
    await drain(Number(last));
    break;
  default:
    await serve(last);
}

async function openLedger(): Promise<Ledger> {
  const store = await FileLedgerStore.open(join(data, "ledger"));
  const lock = await FileHeadLock.open(join(data, "head"));
  return Ledger.open({ store, lock, signer: signerOf(join(data, "key")) });
}

/** The same for whoever fills the ledger and whoever drains it. */
function signerOf(file: string): Ed25519Signer {
  if (existsSync(file)) return Ed25519Signer.fromPrivate(readFileSync(file, "utf8"));
  const signer = Ed25519Signer.generate("bench/log");
  writeFileSync(file, signer.toPrivate(), { mode: 0o600 });
  return signer;
}

async function fill(events: number): Promise<void> {
  const ledger = await openLedger();
  const generator = new EventGenerator({ seed: 1, from: ACCOUNT_MS, stepMs: 100 });
  for (let first = 0; first < events; first += FILL_BATCH) {
    const length = Math.min(FILL_BATCH, events - first);
    await ledger.appendBatch(Array.from({ length }, () => generator.next()));
  }
  await ledger.publish();
  await ledger.close();
}

async function drain(port: number): Promise<void> {
  const ledger = await openLedger();
  const startedAt = performance.now();
  const residentMb: number[] = [];
  const sample = (): void => void residentMb.push(process.memoryUsage.rss() / 2 ** 20);
  const timer = setInterval(sample, 1_000);
  const whole = Promise.withResolvers<number>();
  const delivery = await Delivery.start({
    source: ledger,
    progress: { load: async () => new Map(), save: async () => {}, forget: async () => {} },
    crew: (report) =>
      new ThreadCrew({
        start: {
          file: new URL("../src/compose/delivery-thread.ts", import.meta.url),
          given: {
            installation: { logName: "bench/log", version: "1.0.0" },
            destinationAddresses: [],
          },
        },
        source: ledger,
        behindMs: () => 0,
        report: (one) => {
          report(one);
          const { acknowledged, deliveredCount } = one.progress;
          if (acknowledged === ledger.size) whole.resolve(deliveredCount);
        },
        onDeath: (error) => whole.reject(error),
        onTrouble: (error) => whole.reject(error),
      }),
    definitions: async () => [
      {
        id: "pinned:siem",
        name: "siem",
        sink: { kind: "syslog", host: "127.0.0.1", port, transport: "tcp" } as never,
        credentials: {},
        selection: { account: null, includesOperators: true, filter: "", routing: null },
        isPaused: false,
        isPinned: true,
        maxBacklog: null,
        start: { id: "begun", index: 0 },
      },
    ],
    tell: async () => undefined,
    onTrouble: (error) => whole.reject(error),
    now: () => systemClock.now(),
  });
  const deliveredCount = await whole.promise;
  const seconds = (performance.now() - startedAt) / 1_000;
  clearInterval(timer);
  sample();
  await delivery.stop();
  const events = ledger.size;
  await ledger.close();
  process.send?.({ events, seconds, residentMb, deliveredCount } satisfies Drained);
}

async function serve(destinations: string): Promise<void> {
  const args = ["--data", data, "--port", "0"];
  if (destinations !== "") args.push("--destinations", destinations);
  const keytrail = await startServer(readServeConfig(args, {}), { say: () => undefined });
  const bootstrap = JSON.parse(readFileSync(join(data, "bootstrap.json"), "utf8")) as {
    readonly api_key: string;
  };
  tellCpu();
  process.on("SIGTERM", () => {
    void keytrail.stop().then(() => process.exit(0));
  });
  process.send?.({ url: keytrail.url, apiKey: bootstrap.api_key } satisfies Ready);
}
