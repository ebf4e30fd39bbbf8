import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tokenOf } from "../../test/e2e/running-server.ts";
import { bodyOf, serve, type Served } from "../../test/support/serve.ts";
import type { AuditEvent } from "../audit/event.ts";
import type { RunningServer } from "../cli/serve.ts";
import { readServeConfig } from "../config.ts";
import { startServer } from "./server.ts";

const ROOT_KEY = Buffer.alloc(32, 7).toString("base64");
const PATIENCE = { timeout: 20_000, interval: 50 };

let folder: string;
let server: RunningServer | undefined;
let said: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-delivery-"));
  said = [];
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(folder, { recursive: true });
});

async function start(destinations: readonly object[], rootKey = ROOT_KEY): Promise<RunningServer> {
  const file = join(folder, "destinations.yaml");
  writeFileSync(file, JSON.stringify({ destinations }), { mode: 0o600 });
  const data = join(folder, "data");
  const loopback = ["--destination-addresses", "127.0.0.1"];
  const args = ["--data", data, "--port", "0", "--destinations", file, ...loopback];
  const config = readServeConfig(args, { KEYTRAIL_ROOT_KEY: rootKey });
  server = await startServer(config, { say: (line) => said.push(line) });
  return server;
}

const toFile = (path: string) => ({
  name: "siem",
  settings: { kind: "file", path },
  from: "beginning",
});

function logged(): readonly AuditEvent[] {
  const segments = join(folder, "data", "ledger", "segments");
  return readdirSync(segments)
    .filter((name) => name.endsWith(".ndjson"))
    .toSorted()
    .flatMap((name) => readFileSync(join(segments, name), "utf8").split("\n").slice(0, -1))
    .map((line) => JSON.parse(line) as AuditEvent);
}

const told = (operation: string): AuditEvent | undefined =>
  logged().findLast((event) => event.operation === operation);

async function metrics(): Promise<readonly string[]> {
  const response = await fetch(`${server?.url}/metrics`);
  const lines = (await response.text()).split("\n");
  return lines.filter((line) => line.startsWith("keytrail_delivery_"));
}

describe("a destination of the operator's that gets nothing", () => {
  it("is told of in the trail, the log, the metrics and the readiness; and so is its end", async () => {
    const path = join(folder, "mail", "secret-path.jsonl");
    await start([toFile(path)]);
    await vi.waitFor(() => expect(told("destination.fail")).toBeDefined(), PATIENCE);
    expect(told("destination.fail")).toMatchObject({
      outcome: "failure",
      severity: "critical",
      reason: { reasonCode: 503 },
      account: "operator",
      target: { id: expect.stringMatching(/destination:pinned:siem$/), name: "siem" },
      requestData: { name: "siem", kind: "file", acknowledged: 0, waiting: expect.any(Number) },
    });
    const labels = '{destination="pinned:siem",kind="file"}';
    expect(await metrics()).toEqual(
      expect.arrayContaining([
        "keytrail_delivery_thread_deaths_total 0",
        `keytrail_delivery_failing${labels} 1`,
        `keytrail_delivery_acknowledged_entries${labels} 0`,
        `keytrail_delivery_delivered_total${labels} 0`,
      ]),
    );
    const ready = await fetch(`${server?.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { delivery: { failing: 1, overdue: 0 } },
    ]);

    mkdirSync(join(folder, "mail"));
    await vi.waitFor(() => expect(told("destination.recover")).toBeDefined(), PATIENCE);
    expect(told("destination.recover")).toMatchObject({
      outcome: "success",
      requestData: { name: "siem", kind: "file" },
    });
    await vi.waitFor(async () => {
      expect(await metrics()).toContain(`keytrail_delivery_failing${labels} 0`);
      const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
      expect(lines.map((line) => JSON.parse(line) as AuditEvent)).toEqual(logged());
    }, PATIENCE);
    const words = said.filter((line) => line.includes("pinned:siem"));
    expect(words).toHaveLength(2);
    expect(`${words.join()}${JSON.stringify(logged())}`).not.toContain("secret-path");
  });

  it("is told of once, also when the server starts again meanwhile", async () => {
    const path = join(folder, "mail", "events.jsonl");
    await start([toFile(path)]);
    await vi.waitFor(() => expect(told("destination.fail")).toBeDefined(), PATIENCE);
    await server?.stop();
    await start([toFile(path)]);
    mkdirSync(join(folder, "mail"));
    await vi.waitFor(() => expect(told("destination.recover")).toBeDefined(), PATIENCE);
    await server?.stop();
    const operations = logged().map(({ operation }) => operation);
    expect(operations.filter((one) => one === "destination.fail")).toHaveLength(1);
  });

  it("calls nobody out once it is paused", async () => {
    const path = join(folder, "mail", "events.jsonl");
    await start([toFile(path)]);
    await vi.waitFor(() => expect(told("destination.fail")).toBeDefined(), PATIENCE);
    await server?.stop();
    await start([{ ...toFile(path), paused: true }]);
    const labels = '{destination="pinned:siem",kind="file"}';
    await vi.waitFor(async () => {
      expect(await metrics()).toContain(`keytrail_delivery_failing${labels} 0`);
    }, PATIENCE);
    const ready = await fetch(`${server?.url}/readyz`);
    expect(await ready.json()).toMatchObject({ delivery: { failing: 0, overdue: 0 } });
  });
});

describe("while the vault is sealed", () => {
  const tokens = new Set<string>();
  const ids: string[] = [];
  let receiver: Served;

  beforeEach(async () => {
    tokens.clear();
    ids.length = 0;
    receiver = await serve(async (request, response) => {
      tokens.add(request.headers.authorization ?? "");
      const body = (await bodyOf(request)).toString("utf8").trim();
      for (const line of body.split("\n")) ids.push((JSON.parse(line) as AuditEvent).id);
      response.writeHead(204).end();
    });
  });
  afterEach(() => receiver.close());

  /** With a token: what is sealed for it is needed for each delivery. */
  async function makeOwn(url: string): Promise<void> {
    const bootstrap = JSON.parse(readFileSync(join(folder, "data", "bootstrap.json"), "utf8")) as {
      readonly api_key: string;
    };
    const token = await tokenOf(url, bootstrap.api_key);
    const { port } = new URL(receiver.url);
    const settings = { kind: "json", transport: "http", host: "127.0.0.1", port: Number(port) };
    const created = await fetch(`${url}/trail/v1/destinations`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({
        name: "own",
        settings: { ...settings, form: "entry", batch: "ndjson" },
        credentials: { token: "tok" },
      }),
    });
    expect([created.status, await created.text()]).toMatchObject([201, expect.any(String)]);
  }

  it("what the operator has pinned goes on, and what has credentials waits where it was", async () => {
    const path = join(folder, "events.jsonl");
    const pinned = [toFile(path)];
    const { url } = await start(pinned);
    await makeOwn(url);
    await vi.waitFor(() => expect(ids.length).toBeGreaterThan(0), PATIENCE);
    await server?.stop();

    const before = ids.length;
    await start(pinned, Buffer.alloc(32, 8).toString("base64"));
    const size = logged().length;
    await vi.waitFor(
      () => expect(readFileSync(path, "utf8").split("\n").length).toBeGreaterThan(size),
      PATIENCE,
    );
    expect(ids).toHaveLength(before);
    const lags = (await metrics()).filter((line) => line.startsWith("keytrail_delivery_lag"));
    expect(lags).toHaveLength(2);
    await server?.stop();

    await start(pinned);
    const events = logged();
    const from = events.findIndex(({ operation }) => operation === "destination.create");
    const due = events.slice(from).map(({ id }) => id);
    await vi.waitFor(
      () => expect([...new Set(ids)]).toEqual(expect.arrayContaining(due)),
      PATIENCE,
    );
    expect(ids.filter((id) => id === due[0])).toHaveLength(1);
    expect([...tokens]).toEqual(["Bearer tok"]);
  });

  it("one whose data key is gone says so, and keeps nobody else from being delivered to", async () => {
    const path = join(folder, "events.jsonl");
    const { url } = await start([toFile(path)]);
    await makeOwn(url);
    await vi.waitFor(() => expect(ids.length).toBeGreaterThan(0), PATIENCE);
    await server?.stop();
    const state = new DatabaseSync(join(folder, "data", "state", "state.db"));
    state.exec("DELETE FROM data_keys WHERE owner IN (SELECT id FROM items)");
    state.close();

    await start([toFile(path)]);
    await vi.waitFor(
      () =>
        expect(told("destination.fail")?.reason.reasonForFailure).toContain(
          "its credentials cannot be opened",
        ),
      PATIENCE,
    );
    await vi.waitFor(
      () => expect(readFileSync(path, "utf8")).toContain("destination.fail"),
      PATIENCE,
    );
  });
});
