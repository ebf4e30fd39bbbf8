/** A state as it was when SIEM endpoints were only kept, opened by this version. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDestination } from "../../app/destinations/read-destinations.ts";
import { openCredentials } from "../../app/destinations/credentials.ts";
import { DESTINATION } from "../../app/destinations/destination.ts";
import { openTestApp, ACCOUNT, type TestApp } from "../../app/testing/test-app.ts";
import { openTestDatabase } from "../../app/testing/assembly.ts";
import { checkSink } from "../../delivery/sinks.ts";
import { toBase64, utf8 } from "../../kernel/bytes.ts";
import { RootKeysInMemory } from "../memory/root-keys.ts";
import { Database } from "./database.ts";
import { countersSchema } from "./counters.ts";
import { identitySchema } from "./identity-schema.ts";
import { itemsMigrations } from "./items-migrations.ts";
import { stateMigrations } from "./migrations.ts";
import { outboxSchema } from "./outbox.ts";
import { secretsSchema } from "./secrets-schema.ts";

const SCHEMA = [outboxSchema, countersSchema, identitySchema, secretsSchema];
const TOKEN = "hidden-token-4711";

let folder: string;
let path: string;
const rootKeys = new RootKeysInMemory();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-migration-"));
  path = join(folder, "state.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Everything before SIEM endpoints became destinations: of the items all but the last, and nothing after. */
function formerMigrations(): readonly string[] {
  const [last] = itemsMigrations.slice(-1);
  return stateMigrations.slice(0, last === undefined ? 0 : stateMigrations.indexOf(last));
}

const SPLUNK = {
  siemType: "splunk",
  host: "collector.example.com",
  port: 8088,
  protocol: "https",
  endpoint: "/services/collector/event",
  loggingFormat: "json",
  authMethod: "token",
  sendToEngine: false,
  pool: "",
  allowSelfSigned: true,
};
const SYSLOG = {
  ...SPLUNK,
  siemType: "syslog",
  port: 5514,
  protocol: "udp",
  endpoint: "",
  loggingFormat: "rfc5424",
  sendToEngine: true,
  pool: "edge",
  allowSelfSigned: false,
};

/** Seals a token as it was, and keeps the endpoint with a version. */
async function keepFormer(id: string, name: string, settings: object): Promise<void> {
  const database = Database.open(path, SCHEMA, formerMigrations());
  const app = await openTestApp({ database, rootKeys });
  const { vault } = app.capabilities;
  const at = { account: ACCOUNT, instance: "" };
  const sealedToken = await app.state.transact(async ({ secrets }) => {
    const key = vault.newDataKey(at, id);
    await secrets.insertDataKey({ owner: id, at, key });
    const binding = { purpose: "siem-token", at, owner: id, part: id } as const;
    return toBase64(vault.seal(key, binding, utf8(TOKEN)));
  });
  const content = JSON.stringify({ ...settings, sealedToken });
  database.run(
    "INSERT INTO items VALUES ('siem', ?, ?, ?, 3, ?, 1, 'users:ada', 2, 'users:bob', NULL, NULL, NULL)",
    ACCOUNT,
    id,
    name,
    content,
  );
  database.run(
    "INSERT INTO item_versions VALUES ('siem', ?, ?, 3, ?, 2, 'users:bob')",
    ACCOUNT,
    id,
    content,
  );
  await app.close();
}

function open(): Promise<TestApp> {
  return openTestApp({ database: openTestDatabase(path), rootKeys });
}

const IDS = [
  "6e1f7f5a-1a7e-4d0e-9a0e-2a6f3c9a1b01",
  "6e1f7f5a-1a7e-4d0e-9a0e-2a6f3c9a1b02",
] as const;

describe("a state with SIEM endpoints that were only kept", () => {
  it("has them as destinations, with the token that they had", async () => {
    await keepFormer(IDS[0], "spl", SPLUNK);
    const app = await open();
    const view = await app.done(readDestination, await app.callerWith(["Operator"]), {
      name: "spl",
    });
    expect(view).toMatchObject({
      id: IDS[0],
      settings: { kind: "splunk", path: SPLUNK.endpoint, tls: { allow_self_signed: true } },
      address: { transport: "https", host: SPLUNK.host, port: 8088 },
      credentialNames: ["token"],
      isPaused: false,
      includesOperators: false,
      shown: {},
      made: { version: 3, createdBy: "users:ada", modifiedBy: "users:bob" },
    });
    const opened = await app.state.read(async (store) => {
      const item = await store.items.item(DESTINATION, ACCOUNT, IDS[0]);
      const version = await store.items.itemVersion(DESTINATION, ACCOUNT, {
        id: IDS[0],
        version: 3,
      });
      expect(version?.content).toEqual(item?.content);
      return item && openCredentials(item, { store, capabilities: app.capabilities });
    });
    expect(opened).toEqual({ token: TOKEN });
    expect(app.database.all("SELECT id FROM items WHERE kind = 'siem'")).toEqual([]);
    expect(app.database.all("SELECT id FROM item_versions WHERE kind = 'siem'")).toEqual([]);
    await app.close();
  });

  it("sends nothing by itself where an engine was to do it", async () => {
    await keepFormer(IDS[1], "sys", SYSLOG);
    const app = await open();
    const view = await app.done(readDestination, await app.callerWith(["Operator"]), {
      name: "sys",
    });
    expect(view).toMatchObject({
      settings: { kind: "syslog", transport: "udp" },
      isPaused: true,
      state: "paused",
      shown: { sendToEngine: "true", pool: "edge" },
    });
    await app.close();
  });

  it("has settings that their sinks take as they are kept", async () => {
    await keepFormer(IDS[0], "spl", SPLUNK);
    await keepFormer(IDS[1], "sys", SYSLOG);
    const database = openTestDatabase(path);
    const kept = database.all("SELECT content FROM items WHERE kind = 'destination' ORDER BY name");
    const sinks = kept.map(({ content }) => JSON.parse(String(content)).sink as unknown);
    database.close();
    expect(sinks).toEqual([
      {
        kind: "splunk",
        host: SPLUNK.host,
        port: 8088,
        path: SPLUNK.endpoint,
        tls: { allow_self_signed: true },
      },
      { kind: "syslog", transport: "udp", host: SYSLOG.host, port: 5514 },
    ]);
    for (const settings of sinks) expect(() => checkSink(settings)).not.toThrow();
  });
});
