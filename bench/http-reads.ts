/**
 * Recorded reads of a secret against constant answers of the same length by the same process on the same framework, at
 * 64 connections and on real files. They alternate; the figures are ratios of their medians:
 *
 * - to `constant`, the framework's own: what all of Keytrail leaves of what HTTP alone can do on this machine;
 * - to `exchange`, the same server's to a caller it has authenticated, with the same headers: what locating, authorising,
 *   opening and durably recording leave of that.
 *
 * Beside them, what does not depend on who else uses the machine: the main thread's processor time for each.
 *
 *   node bench/http-reads.ts [--rounds 5] [--seconds 5] [--connections 64] [--profile DIR]
 *     [--only reads|exchange|constant]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Load } from "./http-load.ts";
import type { Ready } from "./http-reads-server.ts";
import { drive as driveLoad, median, show, type Round } from "./rounds.ts";

export const TARGET_RATIO = 0.5;

const WARM_UP_S = 2;

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    profile: { type: "string" },
    only: { type: "string" },
  },
});

async function main(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "keytrail-bench-"));
  const { profile } = options;
  const server = fork(join(import.meta.dirname, "http-reads-server.ts"), [data], {
    execArgv: profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
  });
  try {
    const [ready] = (await once(server, "message")) as [Ready];
    const token = await login(ready);
    const get = (url: string): Load => ({
      method: "GET",
      url,
      headers: { Authorization: `Bearer ${token}` },
      body: "",
    });
    const seconds = Number(options.seconds);
    const loads = {
      constant: get(ready.constantUrl),
      exchange: get(ready.exchangeUrl),
      reads: get(await makeSecret(ready.url, token)),
    };
    const drive = (load: Load, forSeconds: number): Promise<Round> =>
      driveLoad(server, load, { connections: options.connections, seconds: forSeconds });
    const wanted = (["constant", "exchange", "reads"] as const).filter(
      (name) => name === (options.only ?? name),
    );
    for (const name of wanted) await drive(loads[name], WARM_UP_S);

    const rounds: Record<keyof typeof loads, Round[]> = { constant: [], exchange: [], reads: [] };
    for (let round = 1; round <= Number(options.rounds); round++) {
      for (const name of wanted) {
        const seen = await drive(loads[name], seconds);
        rounds[name].push(seen);
        console.log(`round ${round}: ${name} ${show(seen)}`);
      }
    }
    const entries = await meanOf(ready.url, "keytrail_ledger_group_entries");
    const appendS = await meanOf(ready.url, "keytrail_ledger_append_duration_seconds");
    console.log(`one sync: ${entries.toFixed(1)} entries, ${(appendS * 1_000).toFixed(2)} ms`);
    if (wanted.length === 3) report(rounds);
  } finally {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
}

function report(
  rounds: Readonly<Record<"constant" | "exchange" | "reads", readonly Round[]>>,
): void {
  const rateOf = (seen: readonly Round[]): number => median(seen.map(({ rate }) => rate));
  const usOf = (seen: readonly Round[]): string =>
    median(seen.map(({ mainThreadUsPerAnswer }) => mainThreadUsPerAnswer)).toFixed(1);
  for (const [name, seen] of Object.entries(rounds)) {
    console.log(
      `median ${name}: ${rateOf(seen).toFixed(0)}/s, main thread ${usOf(seen)} us an answer`,
    );
  }
  for (const base of ["constant", "exchange"] as const) {
    const ratio = rateOf(rounds.reads) / rateOf(rounds[base]);
    const verdict = ratio >= TARGET_RATIO ? "holds" : "MISSES";
    console.log(`reads to ${base}: ${ratio.toFixed(2)}, ${verdict} ${TARGET_RATIO}`);
    if (ratio < TARGET_RATIO) process.exitCode = 1;
  }
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

/** Of one of the server's own histograms, over all that was recorded. */
async function meanOf(url: string, histogram: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const [sum = 0, count = 1] = ["sum", "count"].map((part) =>
    Number(new RegExp(`^${histogram}_${part} (.+)$`, "m").exec(text)?.[1]),
  );
  return sum / count;
}

await main();
