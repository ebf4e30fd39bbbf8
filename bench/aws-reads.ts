/**
 * Audited `GetSecretValue` by AWS's wire (signed, authorised, opened, durable in the log before it is answered) against a
 * constant answer of the same length to the very same request, by the same process on the same framework, at 64
 * connections and on real files. They alternate; the figure is the ratio of their medians. To hold: 0.4.
 *
 *   node bench/aws-reads.ts [--rounds 5] [--seconds 5] [--connections 64] [--profile DIR] [--only reads|constant]
 */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "../src/http/dialects/aws/testing/sha256.ts";
import type { Ready } from "./aws-reads-server.ts";
import type { Load } from "./http-load.ts";
import { drive as driveLoad, median, show, type Round } from "./rounds.ts";

const TARGET_RATIO = 0.4;
const WARM_UP_S = 2;
const REGION = "us-east-1";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    profile: { type: "string" },
    only: { type: "string" },
  },
});

interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

async function main(): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), "keytrail-bench-"));
  const { profile } = options;
  const server = fork(join(import.meta.dirname, "aws-reads-server.ts"), [data], {
    execArgv: profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`],
  });
  try {
    const [ready] = (await once(server, "message")) as [Ready];
    const key = accessKey(ready);
    await makeSecret(ready.url, key);
    const urls = { constant: ready.constantUrl, reads: ready.url };
    const wanted = (["constant", "reads"] as const).filter(
      (name) => name === (options.only ?? name),
    );
    const rounds: Record<keyof typeof urls, Round[]> = { constant: [], reads: [] };
    for (let round = 0; round <= Number(options.rounds); round++) {
      for (const name of wanted) {
        const seconds = round === 0 ? WARM_UP_S : Number(options.seconds);
        // Signed anew each time: a signature is good for five minutes.
        const load = await signedLoad(urls[name], key);
        const seen = await driveLoad(server, load, { connections: options.connections, seconds });
        if (round === 0) continue;
        rounds[name].push(seen);
        console.log(`round ${round}: ${name} ${show(seen)}`);
      }
    }
    report(rounds);
  } finally {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
}

function report(rounds: Readonly<Record<"constant" | "reads", readonly Round[]>>): void {
  const rates = new Map<string, number>();
  for (const [name, seen] of Object.entries(rounds)) {
    if (seen.length === 0) continue;
    rates.set(name, median(seen.map(({ rate }) => rate)));
    const us = median(seen.map(({ mainThreadUsPerAnswer }) => mainThreadUsPerAnswer));
    console.log(
      `median ${name}: ${rates.get(name)?.toFixed(0)}/s, main thread ${us.toFixed(1)} us an answer`,
    );
  }
  const [constant, reads] = [rates.get("constant"), rates.get("reads")];
  if (constant === undefined || reads === undefined) return;
  const ratio = reads / constant;
  const verdict = ratio >= TARGET_RATIO ? "holds" : "MISSES";
  console.log(`reads to constant: ${ratio.toFixed(2)}, ${verdict} ${TARGET_RATIO}`);
  if (ratio < TARGET_RATIO) process.exitCode = 1;
}

/** By the command that the README shows. */
function accessKey({ url, apiKey }: Ready): AccessKey {
  const command = join(import.meta.dirname, "..", "keytrail");
  const output = execFileSync(command, ["access-keys", "create", "--json"], {
    encoding: "utf8",
    env: { ...process.env, KEYTRAIL_URL: url, KEYTRAIL_API_KEY: apiKey },
  });
  const made = JSON.parse(output) as Readonly<Record<string, string>>;
  const { access_key_id: accessKeyId = "", secret_access_key: secretAccessKey = "" } = made;
  return { accessKeyId, secretAccessKey };
}

async function makeSecret(endpoint: string, credentials: AccessKey): Promise<void> {
  const client = new SecretsManagerClient({ endpoint, region: REGION, credentials });
  await client.send(new CreateSecretCommand({ Name: "prod/db", SecretString: "x".repeat(64) }));
  client.destroy();
}

/** The request as AWS's SDK would send it. */
async function signedLoad(url: string, credentials: AccessKey): Promise<Load> {
  const { host, hostname } = new URL(url);
  const body = JSON.stringify({ SecretId: "prod/db" });
  const signer = new SignatureV4({
    service: "secretsmanager",
    region: REGION,
    credentials,
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: "POST",
    protocol: "http:",
    hostname,
    path: "/",
    headers: {
      host,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "secretsmanager.GetSecretValue",
      "amz-sdk-invocation-id": "0b5571f7-21e6-42b7-91c5-3f5ac9793a46",
      "amz-sdk-request": "attempt=1; max=3",
    },
    body,
  });
  const { host: _host, ...rest } = headers;
  return { method: "POST", url, headers: rest, body };
}

await main();
