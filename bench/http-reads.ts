/**
 * Recorded reads of a secret against a constant answer of the same length by the same process on the same framework,
 * at 64 connections and on real files. The two alternate; the figure is the ratio of their medians: what authorising,
 * opening and durably recording leave of what HTTP alone can do on this machine. Beside it, what does not depend on
 * who else uses the machine: the main thread's processor time for each.
 *
 *   node bench/http-reads.ts [--rounds 5] [--seconds 5] [--connections 64] [--profile DIR]
 */
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { CpuUsed, Ready } from "./http-reads-server.ts";

export const TARGET_RATIO = 0.5;

const ROOT = join(import.meta.dirname, "..");
/** Load from one thread would be the limit of the constant before the server is. */
const LOAD_THREADS = 2;
const WARM_UP_S = 2;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    profile: { type: "string" },
  },
});

interface Load {
  readonly url: string;
  readonly token: string;
}

interface Round {
  /** Answers with 2xx a second. */
  readonly rate: number;
  readonly p99Ms: number;
  readonly failed: number;
  readonly mainThreadUsPerAnswer: number;
}

async function main(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "keytrail-bench-"));
  const { profile } = options;
  const server = fork(join(import.meta.dirname, "http-reads-server.ts"), [data], {
    execArgv: profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
  });
  try {
    const [ready] = (await once(server, "message")) as [Ready];
    const token = await login(ready);
    const constant: Load = { url: ready.constantUrl, token };
    const secret: Load = { url: await makeSecret(ready.url, token), token };
    const seconds = Number(options.seconds);
    for (const load of [constant, secret]) await drive(server, load, WARM_UP_S);

    const constants: Round[] = [];
    const reads: Round[] = [];
    for (let round = 1; round <= Number(options.rounds); round++) {
      const one = await drive(server, constant, seconds);
      const other = await drive(server, secret, seconds);
      constants.push(one);
      reads.push(other);
      console.log(`round ${round}: constant ${show(one)}; recorded reads ${show(other)}`);
    }
    report(constants, reads);
  } finally {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
}

function report(constants: readonly Round[], reads: readonly Round[]): void {
  const rates = [constants, reads].map((rounds) => median(rounds.map(({ rate }) => rate)));
  const [base = 0, rate = 0] = rates;
  const [baseUs = 0, readUs = 0] = [constants, reads].map((rounds) =>
    median(rounds.map(({ mainThreadUsPerAnswer }) => mainThreadUsPerAnswer)),
  );
  const ratio = rate / base;
  console.log(`medians: constant ${base.toFixed(0)}/s, recorded reads ${rate.toFixed(0)}/s`);
  console.log(`main thread: ${baseUs.toFixed(1)} us a constant, ${readUs.toFixed(1)} us a read`);
  const verdict = ratio >= TARGET_RATIO ? "holds" : "MISSES";
  console.log(`ratio ${ratio.toFixed(2)}: ${verdict} the target of ${TARGET_RATIO}`);
  if (ratio < TARGET_RATIO) process.exitCode = 1;
}

async function login({ url, apiKey }: Ready): Promise<string> {
  const grant = "urn:ibm:params:oauth:grant-type:apikey";
  const body = new URLSearchParams({ grant_type: grant, apikey: apiKey });
  const response = await fetch(`${url}/identity/token`, { method: "POST", body });
  return ((await response.json()) as { readonly access_token: string }).access_token;
}

/** The URL at which the secret is read. */
async function makeSecret(url: string, token: string): Promise<string> {
  const response = await fetch(`${url}/api/v2/secrets`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "db-prod", secret_type: "arbitrary", payload: "x".repeat(64) }),
  });
  const { id } = (await response.json()) as { readonly id: string };
  return `${url}/api/v2/secrets/${id}`;
}

/** Drives from a process of its own, so that the load shares no thread with anything measured. */
async function drive(server: ChildProcess, load: Load, seconds: number): Promise<Round> {
  const before = await mainThreadUs(server);
  const args = ["-c", options.connections, "-d", String(seconds), "-w", String(LOAD_THREADS)];
  args.push("--json", "--no-progress", "-H", `Authorization=Bearer ${load.token}`, load.url);
  const cannon = spawn(join(ROOT, "node_modules", ".bin", "autocannon"), args, {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let json = "";
  for await (const chunk of cannon.stdout) json += String(chunk);
  const seen = JSON.parse(json) as {
    readonly "2xx": number;
    readonly non2xx: number;
    readonly errors: number;
    readonly duration: number;
    readonly latency: { readonly p99: number };
  };
  return {
    rate: seen["2xx"] / seen.duration,
    p99Ms: seen.latency.p99,
    failed: seen.non2xx + seen.errors,
    mainThreadUsPerAnswer: ((await mainThreadUs(server)) - before) / seen["2xx"],
  };
}

async function mainThreadUs(server: ChildProcess): Promise<number> {
  const answered = once(server, "message") as Promise<[CpuUsed]>;
  server.send("cpu");
  const [{ mainThreadUs: used }] = await answered;
  return used;
}

function show({ rate, p99Ms, failed }: Round): string {
  const failures = failed > 0 ? `, ${failed} FAILED` : "";
  return `${rate.toFixed(0)}/s (p99 ${p99Ms} ms${failures})`;
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

await main();
