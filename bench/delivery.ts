/**
 * The delivery of the trail to a receiver of syslog over TCP, in a process of its own, which checks what it gets:
 *
 * - drain: how fast a ledger of so many events reaches it, and how much memory that takes;
 * - latency: from the answer to a recorded read to its event's arrival, at a steady rate, through a whole server;
 * - cost: recorded reads a second with that destination and without any, in turns.
 *
 * Exits with 1 when what is to hold is missed.
 *
 *   node bench/delivery.ts [--events 200000] [--seconds 20] [--rate 1000] [--rounds 5] [--connections 64]
 *     [--only drain|latency|cost] [--profile DIR]
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Asked, Listening, Seen, Times } from "./delivery-receiver.ts";
import type { Drained, Ready } from "./delivery-server.ts";
import { drive, median, show, type Round } from "./rounds.ts";

const MIN_EVENTS_PER_SECOND = 20_000;
/** Once the thread stands and its code is warm: after a quarter of the time. */
const MAX_GROWTH_MB = 64;
const MAX_P99_MS = 250;
const WARM_UP_S = 3;
/** For the last events to arrive. */
const ARRIVAL_MS = 3_000;
/** Requests of the steady load are sent in groups, this far apart. */
const TICK_MS = 10;

const { values: options } = parseArgs({
  options: {
    events: { type: "string", default: "200000" },
    seconds: { type: "string", default: "20" },
    rate: { type: "string", default: "1000" },
    rounds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    only: { type: "string" },
    profile: { type: "string" },
  },
});

const folder = mkdtempSync(join(tmpdir(), "keytrail-delivery-"));
/** By a child that has just been made: its first message. */
async function told<T>(child: ChildProcess): Promise<T> {
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`);
  });
  const [message] = (await Promise.race([once(child, "message"), exited])) as [T];
  return message;
}

async function asked<T>(child: ChildProcess, question: Asked): Promise<T> {
  const answer = told<T>(child);
  child.send(question);
  return answer;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}

function here(name: string): string {
  return join(import.meta.dirname, name);
}

async function withReceiver<T>(
  use: (receiver: ChildProcess, port: number) => Promise<T>,
): Promise<T> {
  const receiver = fork(here("delivery-receiver.ts"));
  try {
    const { port } = await told<Listening>(receiver);
    return await use(receiver, port);
  } finally {
    await ended(receiver);
  }
}

function hold(what: string, holds: boolean): void {
  console.log(`${what}: ${holds ? "holds" : "MISSES"}`);
  if (!holds) process.exitCode = 1;
}

async function drain(): Promise<void> {
  const data = join(folder, "drain");
  const filling = fork(here("delivery-server.ts"), ["fill", data, options.events]);
  await once(filling, "exit");
  await withReceiver(async (receiver, port) => {
    const { profile } = options;
    const execArgv = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
    const child = fork(here("delivery-server.ts"), ["drain", data, String(port)], { execArgv });
    const { events, seconds, residentMb } = await told<Drained>(child);
    const seen = await asked<Seen>(receiver, "seen");
    const rate = events / seconds;
    const warm = residentMb.slice(residentMb.length >> 2);
    const growth = Math.max(...warm) - (warm[0] ?? 0);
    const repeated = seen.frames - seen.events;
    console.log(
      `drain: ${events} events, ${(seen.bytes / 2 ** 20).toFixed(0)} MB in ${seconds.toFixed(1)} s, ` +
        `${rate.toFixed(0)} events/s, ${repeated} repeated`,
    );
    console.log(`resident, MB: ${residentMb.map((mb) => mb.toFixed(0)).join(" ")}`);
    const isWhole = seen.events === events && seen.outOfOrder === 0 && seen.malformed === 0;
    hold(`each event has arrived, in order`, isWhole);
    hold(`${MIN_EVENTS_PER_SECOND} events/s`, rate >= MIN_EVENTS_PER_SECOND);
    hold(
      `memory grows by ${growth.toFixed(0)} MB, at most ${MAX_GROWTH_MB}`,
      growth <= MAX_GROWTH_MB,
    );
  });
}

function destinationsFile(port: number): string {
  const path = join(folder, "destinations.yaml");
  const settings = `{ kind: syslog, host: 127.0.0.1, port: ${port}, transport: tcp }`;
  writeFileSync(path, `destinations:\n  - name: siem\n    settings: ${settings}\n`, {
    mode: 0o600,
  });
  return path;
}

interface Server {
  readonly child: ChildProcess;
  /** At which a secret is read. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function serving(name: string, destinations: string): Promise<Server> {
  const child = fork(here("delivery-server.ts"), ["serve", join(folder, name), destinations]);
  const { url, apiKey } = await told<Ready>(child);
  const grant = "urn:ibm:params:oauth:grant-type:apikey";
  const body = new URLSearchParams({ grant_type: grant, apikey: apiKey });
  const login = await fetch(`${url}/identity/token`, { method: "POST", body });
  const { access_token: token } = (await login.json()) as { readonly access_token: string };
  const headers = { Authorization: `Bearer ${token}` };
  const made = await fetch(`${url}/api/v2/secrets`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ name: "db-prod", secret_type: "arbitrary", payload: "x".repeat(64) }),
  });
  const { id } = (await made.json()) as { readonly id: string };
  return { child, headers, url: `${url}/api/v2/secrets/${id}` };
}

async function latency(): Promise<void> {
  await withReceiver(async (receiver, port) => {
    const server = await serving("latency", destinationsFile(port));
    try {
      await answered(server, WARM_UP_S);
      await wait(ARRIVAL_MS);
      await asked<Seen>(receiver, "forget");
      const answers = await answered(server, Number(options.seconds));
      await wait(ARRIVAL_MS);
      const arrivals = await asked<Times>(receiver, "times");
      const missing = [...answers.keys()].filter((id) => arrivals[id] === undefined).length;
      const lags = [...answers]
        .flatMap(([id, at]) => (arrivals[id] === undefined ? [] : [arrivals[id] - at]))
        .toSorted((a, b) => a - b);
      const [p50, p99, most] = [0.5, 0.99, 1].map(
        (share) => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))] ?? Infinity,
      ) as [number, number, number];
      const rate = answers.size / Number(options.seconds);
      console.log(
        `latency at ${rate.toFixed(0)} reads/s: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ` +
          `most ${most.toFixed(0)} ms`,
      );
      hold(`${answers.size} answers, ${missing} of whose events have not arrived`, missing === 0);
      hold(`p99 within ${MAX_P99_MS} ms`, p99 <= MAX_P99_MS);
    } finally {
      await ended(server.child);
    }
  });
}

/** When each answer was here, by the id of its event. */
async function answered({ url, headers }: Server, seconds: number): Promise<Map<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number(options.connections) });
  const answers = new Map<string, number>();
  const read = (): Promise<void> =>
    new Promise((resolve, reject) => {
      get(url, { agent, headers }, (response) => {
        response.resume();
        response.on("end", () => {
          const id = response.headers["keytrail-event"];
          if (response.statusCode === 200) {
            answers.set(String(id), performance.timeOrigin + performance.now());
          }
          resolve();
        });
      }).on("error", reject);
    });
  const startedAt = performance.now();
  const reads: Promise<void>[] = [];
  for (let elapsed = 0; elapsed < seconds * 1_000; elapsed = performance.now() - startedAt) {
    const due = (elapsed / 1_000) * Number(options.rate);
    while (reads.length < due) reads.push(read());
    await wait(TICK_MS);
  }
  await Promise.all(reads);
  agent.destroy();
  return answers;
}

async function cost(): Promise<void> {
  await withReceiver(async (_receiver, port) => {
    const servers = {
      without: await serving("without", ""),
      with: await serving("with", destinationsFile(port)),
    };
    const rounds: Record<keyof typeof servers, Round[]> = { without: [], with: [] };
    const names = ["without", "with"] as const;
    const { connections } = options;
    const driven = ({ child, url, headers }: Server, seconds: number): Promise<Round> =>
      drive(child, { method: "GET", url, headers, body: "" }, { connections, seconds });
    try {
      for (const name of names) await driven(servers[name], WARM_UP_S);
      for (let round = 1; round <= Number(options.rounds); round += 1) {
        for (const name of names) {
          const seen = await driven(servers[name], Math.max(3, Number(options.seconds) / 4));
          rounds[name].push(seen);
          console.log(`round ${round}: ${name} ${show(seen)}`);
          await wait(ARRIVAL_MS);
        }
      }
    } finally {
      for (const name of names) await ended(servers[name].child);
    }
    const rateOf = (name: keyof typeof rounds): number =>
      median(rounds[name].map(({ rate }) => rate));
    const usOf = (name: keyof typeof rounds): string =>
      median(rounds[name].map(({ mainThreadUsPerAnswer }) => mainThreadUsPerAnswer)).toFixed(1);
    const ratio = rateOf("with") / rateOf("without");
    console.log(
      `reads/s without ${rateOf("without").toFixed(0)} (main thread ${usOf("without")} us), ` +
        `with ${rateOf("with").toFixed(0)} (${usOf("with")} us): ${ratio.toFixed(2)}`,
    );
  });
}

try {
  for (const [name, part] of Object.entries({ drain, latency, cost })) {
    if (name === (options.only ?? name)) await part();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
