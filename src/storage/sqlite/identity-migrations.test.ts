/** A state as the first version wrote it, opened by this one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PUBLIC_ACCESS_GROUP } from "../../identity/access-group.ts";
import { initialSettings } from "../../identity/account-settings.ts";
import { Database } from "./database.ts";
import { identityMigrations } from "./identity-migrations.ts";
import { identitySchema } from "./identity-schema.ts";
import { identityStores } from "./identity-stores.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const ADA = "IBMid-0000000000000ADA";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-migration-"));
  path = join(folder, "state.db");
  const first = Database.open(path, [identitySchema]);
  first.exec(`
    CREATE TABLE refresh_tokens (hash TEXT PRIMARY KEY, session TEXT NOT NULL, client_id TEXT NOT NULL,
      credential_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE, account TEXT NOT NULL,
      expires_at INTEGER NOT NULL, used INTEGER NOT NULL) STRICT;
    INSERT INTO accounts VALUES ('${ACCOUNT}', 'Old', 1, 1);
    INSERT INTO users VALUES ('${ADA}', '${ACCOUNT}', 'ada@example.com', 'Ada', 'active', 2, 'x');
    INSERT INTO api_keys VALUES ('ApiKey-1', 'hash', '${ACCOUNT}', '${ADA}', 'key', '', 0, 0, NULL, '1-0', 3, 'x', 3);
    INSERT INTO policies VALUES ('p', '${ACCOUNT}', '${ADA}', '["Reader"]', '{}', 4, 'x');
    INSERT INTO refresh_tokens VALUES ('r', 's', 'bx', 'ApiKey-1', '${ACCOUNT}', 9, 0);`);
  first.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (): Database => Database.open(path, [identitySchema], identityMigrations);

describe("a state of the first version", () => {
  it("keeps its identities, credentials and policies, with what they have come to have", async () => {
    const db = open();
    const { identity, groups, logins } = identityStores(db);
    expect(await identity.credentialByHash("hash")).toMatchObject({
      key: { id: "ApiKey-1", actionWhenLeaked: "none", supportSessions: false, sessionsSince: 0 },
      owner: { iamId: ADA, realm: "IBMid", sessionsSince: 0 },
    });
    expect(await identity.policy(ACCOUNT, "p")).toMatchObject({
      state: "active",
      entityTag: expect.stringMatching(/^1-[0-9a-f]{32}$/),
      modifiedAt: 4,
      modifiedBy: "x",
    });
    expect(await identity.grantsOf(ADA, ACCOUNT, 0)).toEqual([{ roles: ["Reader"], resource: {} }]);
    expect(await groups.group(ACCOUNT, PUBLIC_ACCESS_GROUP)).toMatchObject({
      name: "Public Access",
    });
    expect(await logins.refreshToken("r")).toBeUndefined();
    expect(await identity.settings(ACCOUNT)).toEqual(initialSettings(ACCOUNT, 0));
    db.close();
  });

  it("is changed once, however often it is opened", async () => {
    open().close();
    const db = open();
    expect(db.get("PRAGMA user_version")).toEqual({ user_version: identityMigrations.length });
    expect(await identityStores(db).identity.principal(ACCOUNT, ADA)).toBeDefined();
    db.close();
  });

  it("that a newer version has changed is not touched", () => {
    const db = open();
    db.exec("PRAGMA user_version = 99");
    db.close();
    expect(open).toThrow("newer version");
  });

  it("stays as it was when a change of it fails half-way", () => {
    const half = ["CREATE TABLE made (a TEXT); INSERT INTO nowhere VALUES (1)"];
    expect(() => Database.open(path, [identitySchema], half)).toThrow("nowhere");
    const db = Database.open(path);
    expect(db.get("SELECT name FROM sqlite_master WHERE name = 'made'")).toBeUndefined();
    expect(db.get("PRAGMA user_version")).toEqual({ user_version: 0 });
    db.close();
  });
});
