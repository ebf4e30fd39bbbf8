/**
 * Required destinations on a real server: while one is further behind than it may be, nothing is done in its account but
 * what it takes to put that right; and once it has caught up, everything is again.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineReceiver } from "../support/line-receiver.ts";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

const MAX_BACKLOG = 1_000;
const TIMEOUT_MS = 60_000;

let folder: string;
let server: RunningServer;
let receiver: LineReceiver;
let token: string;

beforeEach(async () => {
  folder = temporaryFolder();
  receiver = await LineReceiver.start("tcp", join(folder, "received.jsonl"));
});
afterEach(async () => {
  await server.kill();
  await receiver.kill();
  removeFolder(folder);
});

async function start(options: readonly string[]): Promise<void> {
  server = await RunningServer.start(join(folder, "data"), options);
  token = await tokenOf(server.url, server.bootstrap.api_key);
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function call(method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : (JSON.parse(text) as unknown) };
}

const settings = () => ({
  kind: "json",
  transport: "tcp",
  host: "127.0.0.1",
  port: receiver.port,
  form: "entry",
});

/** Reads until they are refused, or more than could ever be waiting has been read. */
async function readUntilRefused(): Promise<number> {
  for (let done = 0; done < 5 * MAX_BACKLOG; done += 8) {
    const calls = Array.from({ length: 8 }, () => call("GET", "/api/v2/secrets?limit=1"));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    if (statuses.includes(503)) return done;
  }
  throw new Error("nothing was ever refused");
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  while (!(await isSo())) {
    if (signal.aborted) throw new Error(`never: ${what}\n${server.printed()}`);
    await wait(100);
  }
}

/** The delivery hears of a change in the moment after it has been answered. */
const answered = (wanted: number): Promise<void> =>
  until(`a read is answered with ${wanted}`, async () => {
    const { status } = await call("GET", "/api/v2/secrets?limit=1");
    return status === wanted;
  });

const SECRET = { name: "not-made", secret_type: "arbitrary", payload: "p" };

/** In the form that each wire has for a service that is out of order. */
async function expectRefused(): Promise<void> {
  const ibm = await call("POST", "/api/v2/secrets", SECRET);
  expect(ibm).toMatchObject({ status: 503, body: { errors: [{ code: expect.any(String) }] } });
  const dsv = await call("GET", "/v1/roles");
  expect(dsv).toMatchObject({ status: 503, body: { code: 503, message: expect.any(String) } });
  const iam = await call("GET", "/v2/groups?account_id=x");
  expect(iam.status).toBe(503);
}

interface Logged {
  readonly line: string;
  readonly operation: string;
  readonly account: string;
}

/** The log as anybody can read it: lines of JSON, each an entry. */
function logged(): readonly Logged[] {
  const segments = join(folder, "data", "ledger", "segments");
  return readdirSync(segments)
    .filter((name) => name.endsWith(".ndjson"))
    .toSorted()
    .flatMap((name) => readFileSync(join(segments, name), "utf8").split("\n").slice(0, -1))
    .map((line) => ({ ...(JSON.parse(line) as Logged), line }));
}

/** The account's events from the one on that is named: the backlog and more, each for the first time in its place. */
function expectNothingLost(first: string): void {
  const { account_id: account } = server.bootstrap;
  const log = logged();
  const begin = log.findIndex(({ operation }) => operation === first);
  const due = log
    .slice(begin)
    .filter((entry) => entry.account === account)
    .map(({ line }) => line);
  const isTheirs = new Set(due);
  const arrived = [...new Set(receiver.lines)].filter((line) => isTheirs.has(line));
  expect(arrived.length).toBeGreaterThanOrEqual(MAX_BACKLOG);
  expect(arrived).toEqual(due.slice(0, arrived.length));
}

describe("a required destination of an account", () => {
  it("stops the account while it is too far behind, and lets it go on when it has caught up", async () => {
    await start(["--destination-addresses", "127.0.0.1"]);
    const created = await call("POST", "/trail/v1/destinations", {
      name: "siem",
      settings: settings(),
      required: { max_backlog: MAX_BACKLOG },
    });
    expect(created.status).toBe(201);
    await receiver.kill();

    await readUntilRefused();
    await expectRefused();

    // To see what is the matter, and to put it right.
    expect((await call("GET", "/trail/v1/destinations")).status).toBe(200);
    token = await tokenOf(server.url, server.bootstrap.api_key);
    expect((await call("GET", "/trail/v1/events?limit=1")).status).toBe(200);
    expect(await call("GET", "/trail/v1/destinations/siem")).toMatchObject({
      status: 200,
      body: { status: { lag: expect.any(Number) } },
    });
    expect(await call("POST", "/trail/v1/destinations/siem/test")).toMatchObject({
      body: { is_reached: false },
    });
    // Others are not stopped by it.
    expect(await call("GET", "/readyz")).toMatchObject({
      status: 200,
      body: { delivery: { overdue: 1 } },
    });

    await receiver.start();
    await answered(200);
    const { body } = await call("GET", "/api/v2/secrets");
    expect(body).toMatchObject({ total_count: 0 });
    await until("everything has arrived", async () => {
      const state = (await call("GET", "/trail/v1/destinations/siem")).body;
      return (state as { status: { lag: number } }).status.lag < MAX_BACKLOG / 2;
    });
    expectNothingLost("destination.create");
  }, 120_000);

  it("stops nobody any more once it is not required, and once it is gone", async () => {
    await start(["--destination-addresses", "127.0.0.1"]);
    const terms = { settings: settings(), required: { max_backlog: MAX_BACKLOG } };
    await call("POST", "/trail/v1/destinations", { name: "siem", ...terms });
    await receiver.kill();
    await readUntilRefused();
    const path = "/trail/v1/destinations/siem";
    expect((await call("PATCH", path, { required: null })).status).toBe(200);
    await answered(200);
    expect((await call("PATCH", path, { required: { max_backlog: MAX_BACKLOG } })).status).toBe(
      200,
    );
    await answered(503);
    expect((await call("DELETE", path)).status).toBe(204);
    await answered(200);
  }, 120_000);
});

describe("a required destination that the operator has pinned", () => {
  it("stops everybody, as the readiness of the server says, until it has caught up", async () => {
    const pinned = { name: "siem", settings: settings(), required: { max_backlog: MAX_BACKLOG } };
    const file = join(folder, "destinations.yaml");
    writeFileSync(file, JSON.stringify({ destinations: [pinned] }), { mode: 0o600 });
    await start(["--destinations", file]);
    expect(await call("GET", "/readyz")).toMatchObject({ status: 200 });
    await receiver.kill();
    await readUntilRefused();
    await expectRefused();
    const anonymous = await fetch(`${server.url}/`, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "secretsmanager.ListSecrets",
      },
      body: "{}",
    });
    expect(anonymous.status).toBe(503);
    expect(await anonymous.json()).toMatchObject({ __type: expect.any(String) });
    expect(await call("GET", "/readyz")).toMatchObject({
      status: 503,
      body: { status: "not ready", delivery: { overdue: 1 } },
    });
    expect((await call("PATCH", "/trail/v1/destinations/pinned:siem", {})).status).toBe(412);
    await receiver.start();
    await until("it has caught up", async () => (await call("GET", "/readyz")).status === 200);
    expect((await call("GET", "/api/v2/secrets?limit=1")).status).toBe(200);
    expectNothingLost("secret.list");
  }, 120_000);
});
