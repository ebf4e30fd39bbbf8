/** A state of the version before, with what that had written, opened by this one. */
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Secret } from "../../secrets/secret.ts";
import { Database } from "./database.ts";
import { identityMigrations } from "./identity-migrations.ts";
import { identitySchema } from "./identity-schema.ts";
import { stateMigrations } from "./migrations.ts";
import { outboxSchema } from "./outbox.ts";
import { secretsMigrations } from "./secrets-migrations.ts";
import { secretsSchema } from "./secrets-schema.ts";
import { storesOn } from "./stores.ts";

const AT = { account: "a", instance: "i" };
const SCHEMAS = [outboxSchema, identitySchema, secretsSchema];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-migrations-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("keeps its secrets, versions and locks, and can be opened again", async () => {
  const path = join(folder, "state.db");
  const before = Database.open(path, SCHEMAS, identityMigrations);
  before.exec(`
    INSERT INTO data_keys VALUES ('s', 'a', 'i', 'root', x'01');
    INSERT INTO secrets VALUES ('s', 'a', 'i', 'default', 'username_password', 'db', NULL, '["prod"]', NULL, 'ada',
      1, 2, 1, 9, '{"autoRotate":true,"interval":1,"unit":"day"}', NULL, 7, x'02', 2, 2, 1, 'db');
    INSERT INTO versions VALUES ('v1', 's', 1, 'ada', 1, 0, 9, NULL, 0), ('v2', 's', 2, 'ada', 2, 1, 9, NULL, 1);
    INSERT INTO payloads VALUES ('v2', x'03');
    INSERT INTO locks VALUES ('s', 'v2', 2, 'app', NULL, NULL, 'ada', 1, 1, 'app');
  `);
  before.close();

  for (let opened = 0; opened < 2; opened++) {
    const database = Database.open(path, SCHEMAS, stateMigrations);
    const { secrets, configurations, leases } = storesOn(database);
    const secret = await secrets.secret(AT, "s");
    expect(secret).toMatchObject({
      name: "db",
      labels: ["prod"],
      state: 1,
      expiresAt: 9,
      nextRotationAt: 7,
      lastVersion: 2,
      attributes: null,
      csrKey: null,
    });
    if (!secret) return;
    expect(await secrets.versions(secret)).toMatchObject([
      { id: "v2", autoRotated: true, hasPayload: true, attributes: null },
      { id: "v1", autoRotated: false, hasPayload: false, attributes: null },
    ]);
    expect(await secrets.locksOf("s")).toMatchObject([{ name: "app", versionId: "v2" }]);
    expect(await secrets.dueExpirations(10, 5)).toEqual([]);
    expect(await secrets.dueRotations(10, 5)).toMatchObject([{ id: "s", dueAt: 7 }]);
    expect(await leases.leasesOf("s")).toEqual([]);
    const all = { page: { offset: 0, limit: 5 }, sort: "name" } as const;
    expect((await configurations.configurations(AT, all)).totalCount).toBe(0);
    database.close();
  }
});

it("keeps what the version before AWS's wire had written, with nothing that refers to nothing", async () => {
  const path = join(folder, "state.db");
  const before = Database.open(path, SCHEMAS, [...identityMigrations, ...secretsMigrations]);
  before.exec(`
    INSERT INTO accounts VALUES ('a', 'Ours', 1, 1);
    INSERT INTO users (iam_id, account, email, name, state, created_at, created_by) VALUES
      ('IBMid-1', 'a', 'admin@keytrail.local', 'Administrator', 'active', 1, 'x'),
      ('IBMid-2', 'a', 'ada@example.com', 'Ada', 'active', 1, 'x');
    INSERT INTO api_keys (id, hash, account, iam_id, name, description, locked, disabled, expires_at, entity_tag,
      created_at, created_by, modified_at) VALUES ('k', 'hash', 'a', 'IBMid-2', 'key', '', 0, 0, NULL, '1', 1, 'x', 1);
    INSERT INTO profiles VALUES ('p', 'iam-Profile-p', 'a', 'auditors', '', '', '1-0', 0, 1, 'x', 1);
    INSERT INTO sessions (id, account, iam_id, credential_id, client_id, grant_type, profiles_by_claims, started_at,
      ends_at, ended) VALUES ('n', 'a', 'IBMid-2', 'k', 'bx', 'apikey', '[]', 1, 99, 0);
    INSERT INTO data_keys VALUES ('s', 'a', 'i', 'root', x'01'), ('t', 'a', 'i', 'root', x'02'),
      ('e', 'a', 'i', 'root', x'03');
    INSERT INTO secrets (id, account, instance, group_id, type, name, labels, created_by, created_at, updated_at, state,
      expires_at, last_version, versions_total, locks_total, search_text, attributes) VALUES
      ('s', 'a', 'i', 'default', 'arbitrary', 'db', '[]', 'ada', 1, 2, 1, 9, 3, 3, 1, 'db', NULL),
      ('t', 'a', 'i', 'default', 'kv', 'db', '[]', 'ada', 1, 2, 1, NULL, 1, 1, 0, 'db', NULL),
      ('e', 'a', 'i', 'default', 'custom_credentials', 'task', '[]', 'ada', 1, 2, 0, NULL, 0, 0, 0, 'task', '{"a":1}');
    INSERT INTO versions VALUES ('v1', 's', 1, 'ada', 1, 0, 9, NULL, 0, NULL), ('v2', 's', 2, 'ada', 2, 1, 9, '{"n":1}', 1, NULL),
      ('v3', 's', 3, 'ada', 3, 0, 9, NULL, 1, NULL), ('w1', 't', 1, 'ada', 1, 0, NULL, NULL, 1, '{"kind":"x"}');
    INSERT INTO payloads VALUES ('v2', x'0203'), ('v3', x'04'), ('w1', x'05');
    INSERT INTO locks VALUES ('s', 'v2', 2, 'app', 'why', '{"a":1}', 'ada', 1, 2, 'app');
    INSERT INTO retrievals VALUES ('v3', 's', 77), ('w1', 't', 78);
    INSERT INTO leases VALUES ('l', 'a', 'i', 's', 'v3', 'k', 'x', 0, NULL, NULL);
    INSERT INTO tasks (id, account, instance, secret_id, type, trigger_name, retries, created_by, created_at, status,
      updated_by, updated_at) VALUES ('task', 'a', 'i', 'e', 'create', 'now', 0, 'ada', 1, 'queued', 'ada', 1);
  `);
  before.close();

  const database = Database.open(path, SCHEMAS, stateMigrations);
  expect(database.all("PRAGMA foreign_key_check")).toEqual([]);
  expect(database.all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  const { secrets, identity, profiles, leases, tasks, accessKeys } = storesOn(database);
  const [secret, plain, awaited] = await Promise.all(
    ["s", "t", "e"].map((id) => secrets.secret(AT, id)),
  );
  if (!secret || !plain || !awaited) throw new Error("a secret is gone");
  const staging = (one: Secret) => {
    const { currentVersion, previousVersion, stages, keepsUnlabelled } = one;
    return [currentVersion, previousVersion, stages, keepsUnlabelled];
  };
  expect([secret, plain, awaited].map(staging)).toEqual([
    [3, 2, {}, false],
    [1, 0, {}, false],
    [0, 0, {}, false],
  ]);
  expect(secret).toMatchObject({ tags: {}, deletion: null, replicaOf: null, locksTotal: 1 });
  expect(await secrets.secretsCalled(AT, "db")).toHaveLength(2);
  expect(await secrets.versions(secret)).toMatchObject([
    { id: "v3", number: 3, hasPayload: true, expiresAt: 9 },
    { id: "v2", number: 2, hasPayload: true, autoRotated: true, customMetadata: { n: 1 } },
    { id: "v1", number: 1, hasPayload: false },
  ]);
  const payloads = (await secrets.versions(secret)).map((version) => secrets.payload(version));
  expect(await Promise.all(payloads)).toEqual([Uint8Array.of(4), Uint8Array.of(2, 3), undefined]);
  expect(await secrets.locksOf("s")).toMatchObject([
    { versionId: "v2", name: "app", description: "why", attributes: { a: 1 } },
  ]);
  expect(await secrets.retrievals("s")).toEqual(new Map([["v3", 77]]));
  expect(await secrets.retrievals("t")).toEqual(new Map([["w1", 78]]));
  expect(await leases.leasesOf("s")).toMatchObject([{ id: "l", versionId: "v3" }]);
  expect(await tasks.tasksOf(awaited.id)).toMatchObject([{ id: "task" }]);
  expect(await identity.principal("a", "IBMid-1")).toMatchObject({ isOwner: true });
  expect(await identity.principal("a", "IBMid-2")).toMatchObject({ isOwner: false });
  expect(await identity.apiKey("a", "k")).toMatchObject({ accessKeyId: null });
  expect(await profiles.profile("a", "p")).toMatchObject({ maxSessionS: 3_600 });
  expect(await accessKeys.accessKey("k")).toBeUndefined();

  await secrets.deleteSecret("s");
  const left = (table: string) => database.all(`SELECT secret_id FROM ${table}`);
  expect(["versions", "payloads", "retrievals"].map(left)).toEqual(
    ["t", "t", "t"].map((secret_id) => [{ secret_id }]),
  );
  expect(left("locks")).toEqual([]);
  database.close();
});
