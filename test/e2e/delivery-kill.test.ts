/**
 * Delivery on real processes: a server that is killed while it delivers, and receivers that are killed and frozen while
 * they receive. Every event arrives, first arrivals come in the order of the log, and what the server keeps as
 * acknowledged has arrived.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Progress } from "../../src/delivery/progress.ts";
import { LineReceiver } from "../support/line-receiver.ts";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "./running-server.ts";

const ROUNDS = 4;
const CALLERS = 8;
const ARRIVAL_TIMEOUT_MS = 120_000;

let folder: string;
let data: string;
let server: RunningServer | undefined;
let receivers: Readonly<Record<"pinned:stream" | "pinned:requests", LineReceiver>>;

beforeEach(async () => {
  folder = temporaryFolder();
  data = join(folder, "data");
  receivers = {
    "pinned:stream": await LineReceiver.start("tcp", join(folder, "stream.jsonl")),
    "pinned:requests": await LineReceiver.start("http", join(folder, "requests.jsonl")),
  };
  const shared = { kind: "json", host: "127.0.0.1", form: "entry" };
  const destinations = [
    {
      name: "stream",
      settings: { ...shared, transport: "tcp", port: receivers["pinned:stream"].port },
      from: "beginning",
    },
    {
      name: "requests",
      settings: {
        ...shared,
        transport: "http",
        port: receivers["pinned:requests"].port,
        batch: "ndjson",
      },
      from: "beginning",
    },
  ];
  // JSON is YAML.
  writeFileSync(join(folder, "destinations.yaml"), JSON.stringify({ destinations }), {
    mode: 0o600,
  });
});

afterEach(async () => {
  await server?.kill();
  await Promise.all(Object.values(receivers).map((receiver) => receiver.kill()));
  removeFolder(folder);
});

async function start(): Promise<RunningServer> {
  server = await RunningServer.start(data, ["--destinations", join(folder, "destinations.yaml")]);
  return server;
}

/** Events, until the server is gone or enough is enough. */
async function load(url: string, token: string, enough: AbortSignal): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  for (let made = 0; ; made += 1) {
    if (enough.aborted) return made;
    try {
      const response = await fetch(`${url}/api/v2/secrets?limit=1`, { headers });
      await response.arrayBuffer();
      expect(response.status).toBe(200);
    } catch (error) {
      if (error instanceof TypeError) return made;
      throw error;
    }
  }
}

/** The log as anybody can read it: lines of JSON, each an entry. */
function logged(): readonly string[] {
  const segments = join(data, "ledger", "segments");
  return readdirSync(segments)
    .filter((name) => name.endsWith(".ndjson"))
    .toSorted()
    .flatMap((name) => readFileSync(join(segments, name), "utf8").split("\n").slice(0, -1));
}

/** As the state has it, by destination. */
function kept(): ReadonlyMap<string, Progress> {
  const state = new DatabaseSync(join(data, "state", "state.db"), { readOnly: true });
  try {
    const rows = state.prepare("SELECT destination, document FROM delivery_progress").all();
    return new Map(
      rows.map((row) => [
        String(row["destination"]),
        JSON.parse(String(row["document"])) as Progress,
      ]),
    );
  } finally {
    state.close();
  }
}

/** What is kept as acknowledged has arrived: the cursor is never ahead. */
function expectCursorsBehind(): void {
  const log = logged();
  const progress = kept();
  for (const [id, receiver] of Object.entries(receivers)) {
    const arrived = new Set(receiver.lines);
    const { acknowledged = 0, setAsideCount = 0 } = progress.get(id) ?? {};
    const missing = log.slice(0, acknowledged).filter((line) => !arrived.has(line));
    expect({ id, acknowledged, missing, setAsideCount }).toEqual({
      id,
      acknowledged,
      missing: [],
      setAsideCount: 0,
    });
  }
}

/** Resolves once every entry of the log has arrived everywhere. */
async function arrivedEverywhere(): Promise<void> {
  const signal = AbortSignal.timeout(ARRIVAL_TIMEOUT_MS);
  const isThere = (): boolean => {
    const log = logged();
    return Object.values(receivers).every((receiver) => {
      const arrived = new Set(receiver.lines);
      return log.every((line) => arrived.has(line));
    });
  };
  while (!isThere()) {
    if (signal.aborted) throw new Error(`not everything has arrived:\n${server?.printed()}`);
    await wait(250);
  }
}

/** No line but the log's, and each for the first time after those before it. */
function expectOrder(): void {
  const log = logged();
  for (const receiver of Object.values(receivers)) {
    const firsts = [...new Set(receiver.lines)];
    expect(firsts).toEqual(log.slice(0, firsts.length));
  }
}

describe("delivery", () => {
  it("loses nothing when the server is killed over and over while it delivers", async () => {
    let apiKey = "";
    let made = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { url, bootstrap } = await start();
      apiKey ||= bootstrap.api_key;
      const token = await tokenOf(url, apiKey);
      const forever = new AbortController().signal;
      const callers = Array.from({ length: CALLERS }, () => load(url, token, forever));
      // Never at the same moment; once late enough that a stream has been asked, and its word kept.
      await wait((round === 1 ? 8_000 : 500) + Math.random() * 2_500);
      await server?.kill();
      made += (await Promise.all(callers)).reduce((sum, one) => sum + one, 0);
      expectCursorsBehind();
    }
    expect(made).toBeGreaterThan(ROUNDS * CALLERS);
    expect([...kept().values()].every(({ acknowledged }) => acknowledged > 0)).toBe(true);
    await start();
    await arrivedEverywhere();
    expect(await server?.stop()).toBe(0);
    expectOrder();
    expectCursorsBehind();
  }, 240_000);

  it("loses nothing when receivers are killed and frozen while they receive", async () => {
    const { url, bootstrap } = await start();
    const token = await tokenOf(url, bootstrap.api_key);
    const enough = new AbortController();
    const callers = Array.from({ length: CALLERS }, () => load(url, token, enough.signal));
    for (let round = 0; round < 3; round += 1) {
      for (const receiver of Object.values(receivers)) {
        await wait(300 + Math.random() * 700);
        await receiver.kill();
        await wait(Math.random() * 500);
        await receiver.start();
        await wait(300 + Math.random() * 700);
        receiver.freeze();
        await wait(Math.random() * 1_000);
        receiver.thaw();
      }
    }
    enough.abort();
    const made = (await Promise.all(callers)).reduce((sum, one) => sum + one, 0);
    expect(made).toBeGreaterThan(CALLERS);
    await arrivedEverywhere();
    expect(await server?.stop()).toBe(0);
    expectOrder();
    expectCursorsBehind();
  }, 240_000);
});
