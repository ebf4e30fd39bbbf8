/**
 * Audited encryption and decryption by DSV's wire (authenticated, authorised, the key's material looked up, the event
 * durable in the log before the answer) over HTTP and on real files, at 64 connections. They alternate; the figures are
 * medians. To hold: 3,000 a second each.
 *
 *   node bench/encryption.ts [--rounds 5] [--seconds 5] [--connections 64] [--bytes 64] [--profile DIR]
 *     [--only encrypt|decrypt]
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

const TARGET_PER_SECOND = 3_000;
const WARM_UP_S = 2;
const KEY = "bench/key";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    bytes: { type: "string", default: "64" },
    profile: { type: "string" },
    only: { type: "string" },
  },
});

const ACTS = ["encrypt", "decrypt"] as const;
type Act = (typeof ACTS)[number];

async function main(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "keytrail-bench-"));
  const { profile } = options;
  const server = fork(join(import.meta.dirname, "http-reads-server.ts"), [data], {
    execArgv: profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
  });
  try {
    const [ready] = (await once(server, "message")) as [Ready];
    const loads = await loadsOn(ready);
    const wanted = ACTS.filter((act) => act === (options.only ?? act));
    const rounds: Record<Act, Round[]> = { encrypt: [], decrypt: [] };
    for (let round = 0; round <= Number(options.rounds); round++) {
      for (const act of wanted) {
        const seconds = round === 0 ? WARM_UP_S : Number(options.seconds);
        const asked = { connections: options.connections, seconds };
        const seen = await driveLoad(server, loads[act], asked);
        if (round === 0) continue;
        rounds[act].push(seen);
        console.log(`round ${round}: ${act} ${show(seen)}`);
      }
    }
    for (const act of wanted) report(act, rounds[act]);
  } finally {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
}

function report(act: Act, seen: readonly Round[]): void {
  const rate = median(seen.map((round) => round.rate));
  const us = median(seen.map(({ mainThreadUsPerAnswer }) => mainThreadUsPerAnswer));
  const isMet = rate >= TARGET_PER_SECOND && seen.every(({ failed }) => failed === 0);
  const verdict = isMet ? "holds" : "MISSES";
  console.log(
    `median ${act}: ${rate.toFixed(0)}/s, main thread ${us.toFixed(1)} us an answer, ${verdict} ${TARGET_PER_SECOND}/s`,
  );
  if (!isMet) process.exitCode = 1;
}

/** The same data each time: whoever drives must not be what is measured. */
async function loadsOn({ url, apiKey }: Ready): Promise<Readonly<Record<Act, Load>>> {
  const grant = "urn:ibm:params:oauth:grant-type:apikey";
  const form = new URLSearchParams({ grant_type: grant, apikey: apiKey });
  const login = await fetch(`${url}/identity/token`, { method: "POST", body: form });
  const { access_token: token } = (await login.json()) as { readonly access_token: string };
  const headers = { Authorization: token, "Content-Type": "application/json" };
  const load = (act: Act, body: object): Load => ({
    method: "POST",
    url: `${url}/v1/crypto/${act}`,
    headers,
    body: JSON.stringify({ path: KEY, version: "", ...body }),
  });
  await fetch(`${url}/v1/crypto/key/${KEY}`, { method: "POST", headers });
  const encrypt = load("encrypt", { plaintext: "x".repeat(Number(options.bytes)) });
  const answer = await fetch(encrypt.url, { method: "POST", headers, body: encrypt.body });
  const { ciphertext } = (await answer.json()) as { readonly ciphertext: string };
  return { encrypt, decrypt: load("decrypt", { ciphertext }) };
}

await main();
