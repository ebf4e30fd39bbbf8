/**
 * What AWS's signatures cost: from the headers of a request to its caller, by a key that has been seen before and by one
 * that has not, over SQLite on disk. To hold: 60 µs for the first of these. Ends with 1 when that is missed.
 *
 *   node bench/signatures.ts [--rounds 7]
 */
import { parseArgs } from "node:util";
import type { FastifyRequest } from "fastify";
import { SignedAuthentication } from "../src/app/identity/authenticate-signed.ts";
import { AwsServer } from "../src/http/dialects/aws/testing/aws-server.ts";
import { authenticateSignature } from "../src/http/dialects/aws/signature.ts";
import { median } from "./rounds.ts";

const MAX_KNOWN_KEY_US = 60;
const RUNS = 5_000;

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "7" } } });

const server = await AwsServer.open();
const { state, clock, capabilities } = server.app;
const ports = { state, clock, vault: capabilities.vault };

const body = JSON.stringify({ SecretId: "prod/db", VersionStage: "AWSCURRENT" });
const large = JSON.stringify({ SecretId: "prod/db", SecretString: "x".repeat(60_000) });
const requests = {
  small: await requestOf("GetSecretValue", body),
  large: await requestOf("PutSecretValue", large),
};

async function requestOf(action: string, members: string): Promise<() => FastifyRequest> {
  const call = { service: "secretsmanager", action, members: JSON.parse(members) as object };
  const { headers, payload } = await server.signed(call);
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  // What of a request is looked at; a new one each time, as nothing is remembered of a request.
  return () =>
    ({ method: "POST", raw: { url: "/" }, headers: lower, body: Buffer.from(payload) }) as never;
}

async function measure(
  name: string,
  maxUs: number,
  work: () => Promise<{ readonly kind: string }>,
): Promise<void> {
  const figures: number[] = [];
  for (let round = 0; round <= Number(options.rounds); round++) {
    const startedMs = performance.now();
    for (let run = 0; run < RUNS; run++) {
      if ((await work()).kind !== "identity") throw new Error("the caller was not known");
    }
    // The first round warms up.
    if (round > 0) figures.push(((performance.now() - startedMs) * 1_000) / RUNS);
  }
  const us = median(figures);
  const isMissed = us > maxUs;
  if (isMissed) process.exitCode = 1;
  console.log(
    `${name.padEnd(48)} ${us.toFixed(1).padStart(8)} µs${isMissed ? `  missed: ${maxUs} µs` : ""}`,
  );
}

const authenticate = authenticateSignature(new SignedAuthentication(ports), clock);
await measure("a key that is known, a small body", MAX_KNOWN_KEY_US, () =>
  authenticate(requests.small(), "secretsmanager"),
);
await measure("a key that is known, a body of 60 KB", Infinity, () =>
  authenticate(requests.large(), "secretsmanager"),
);
await measure("a key that has not been seen", Infinity, () =>
  authenticateSignature(new SignedAuthentication(ports), clock)(requests.small(), "secretsmanager"),
);
await server.close();
