/** Invariants 2, 3 and 6 on a real process: killed at any moment under load, it has lost nothing it answered. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  keytrail,
  removeFolder,
  RunningServer,
  temporaryFolder,
  tokenOf,
} from "./running-server.ts";

const ROUNDS = 4;
const CALLERS = 12;

interface Answered {
  readonly eventId: string;
  readonly index: number;
  readonly created?: string;
}

interface Entry {
  readonly id: string;
  readonly operation: string;
  readonly outcome: string;
  readonly responseData: { readonly id?: string };
}

let folder: string | undefined;
let server: RunningServer | undefined;

afterEach(async () => {
  await server?.kill();
  if (folder) removeFolder(folder);
});

/** Creates and reads secrets until the server is gone; keeps what was answered in full. */
async function load(url: string, token: string, caller: string): Promise<Answered[]> {
  const answered: Answered[] = [];
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  for (let i = 0; ; i++) {
    try {
      const body = JSON.stringify({
        name: `s-${caller}-${i}`,
        secret_type: "arbitrary",
        payload: "p",
      });
      const created = await fetch(`${url}/api/v2/secrets`, { method: "POST", headers, body });
      const { id } = (await created.json()) as { id: string };
      expect(created.status).toBe(201);
      answered.push({ ...eventOf(created), created: id });
      const read = await fetch(`${url}/api/v2/secrets/${id}`, { headers });
      await read.arrayBuffer();
      expect(read.status).toBe(200);
      answered.push(eventOf(read));
    } catch (error) {
      if (error instanceof TypeError) return answered;
      throw error;
    }
  }
}

function eventOf(response: Response): Answered {
  const eventId = response.headers.get("keytrail-event");
  const index = response.headers.get("keytrail-index");
  expect([eventId, index]).not.toContain(null);
  return { eventId: String(eventId), index: Number(index) };
}

/** Every secret that the state holds, by paging through IBM's list. */
async function secretsOf(url: string, token: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let offset = 0; ; offset += 1_000) {
    const page = await fetch(`${url}/api/v2/secrets?limit=1000&offset=${offset}`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const { secrets } = (await page.json()) as { secrets: { id: string }[] };
    for (const { id } of secrets) ids.add(id);
    if (secrets.length < 1_000) return ids;
  }
}

describe("a server that is killed under load", () => {
  it("has every answered request in the ledger, every change exactly once, and a tree that verifies", async () => {
    folder = temporaryFolder();
    const answered: Answered[] = [];
    let apiKey = "";
    for (let round = 0; round < ROUNDS; round++) {
      server = await RunningServer.start(folder);
      apiKey ||= server.bootstrap.api_key;
      const token = await tokenOf(server.url, apiKey);
      const { url } = server;
      const callers = Array.from({ length: CALLERS }, (_, i) => load(url, token, `${round}-${i}`));
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 700));
      await server.kill();
      answered.push(...(await Promise.all(callers)).flat());
    }
    server = await RunningServer.start(folder);
    const token = await tokenOf(server.url, apiKey);
    const secrets = await secretsOf(server.url, token);
    expect(await server.stop()).toBe(0);

    const exported = entriesOf(folder);
    for (const { eventId, index } of answered) expect(exported[index]?.id).toBe(eventId);
    const created = exported
      .filter(({ operation, outcome }) => operation === "secret.create" && outcome === "success")
      .map(({ responseData }) => responseData.id);
    expect(new Set(created).size).toBe(created.length);
    expect(new Set(created)).toEqual(secrets);
    for (const { created: id } of answered) if (id) expect(secrets).toContain(id);
    expect(answered.length).toBeGreaterThan(ROUNDS * CALLERS);

    const verified = await keytrail(["verify", folder, "--json"]);
    expect({ code: verified.code, stderr: verified.stderr }).toMatchObject({ code: 0 });
  }, 180_000);
});

/** Reads the segments as anybody can: they are lines of JSON. */
function entriesOf(data: string): Entry[] {
  const segments = join(data, "ledger", "segments");
  return readdirSync(segments)
    .filter((name) => name.endsWith(".ndjson"))
    .toSorted()
    .flatMap((name) => readFileSync(join(segments, name), "utf8").trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as Entry);
}
