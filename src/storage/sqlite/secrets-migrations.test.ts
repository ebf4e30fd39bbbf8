/** A state of the version before, with what that had written, opened by this one. */
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Database } from "./database.ts";
import { identityMigrations } from "./identity-migrations.ts";
import { identitySchema } from "./identity-schema.ts";
import { stateMigrations } from "./migrations.ts";
import { outboxSchema } from "./outbox.ts";
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
