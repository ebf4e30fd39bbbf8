/** A running server as AWS's own clients see it: an endpoint, a region, an access key. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { keytrail, tokenOf, type RunningServer } from "../e2e/running-server.ts";

/** Of the commands of the seeds. */
export const REGION = "us-east-1";

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A key of the account's owner, which makes every call one of AWS's root; by the command that the README shows. */
export async function ownersKey({ url, bootstrap }: RunningServer): Promise<AccessKey> {
  const ran = await keytrail(["access-keys", "create", "--url", url, "--json"], {
    KEYTRAIL_API_KEY: bootstrap.api_key,
  });
  if (ran.code !== 0) throw new Error(ran.stderr);
  const made = JSON.parse(ran.stdout) as Readonly<Record<string, string>>;
  const { access_key_id: accessKeyId = "", secret_access_key: secretAccessKey = "" } = made;
  return { accessKeyId, secretAccessKey };
}

/** What a client of the JavaScript SDK is made with. */
export function clientOptions({ url }: RunningServer, key: AccessKey, region = REGION) {
  return { endpoint: url, region, credentials: key, maxAttempts: 1 };
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of this machine's own configuration: what is set here is all that a command knows. */
export function environmentOf(key: AccessKey): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: "/nonexistent",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_DEFAULT_REGION: REGION,
    AWS_PAGER: "",
  };
}

export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Debian's own, which has what Debian packages, before any other of this machine. */
export function debian(command: string): string {
  const own = `/usr/bin/${command}`;
  return existsSync(own) ? own : command;
}

/** Every event that a query finds, the newest first; in the native form. */
export async function eventsOf(
  { url, bootstrap }: RunningServer,
  query: string,
  vocabulary = "ibm",
): Promise<readonly Record<string, unknown>[]> {
  const token = await tokenOf(url, bootstrap.api_key);
  const found = new URL(`${url}/trail/v1/events`);
  found.search = String(new URLSearchParams({ query, limit: "200", vocabulary }));
  const response = await fetch(found, { headers: { Authorization: `Bearer ${token}` } });
  const body = (await response.json()) as {
    readonly events: readonly { readonly event: Record<string, unknown> }[];
  };
  if (response.status !== 200) throw new Error(JSON.stringify(body));
  return body.events.map(({ event }) => event);
}
