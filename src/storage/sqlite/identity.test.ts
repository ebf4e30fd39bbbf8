import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApiKey } from "../../identity/api-key.ts";
import type { Policy } from "../../identity/policy.ts";
import { ROLE_NAMES } from "../../identity/roles.ts";
import type { User } from "../../identity/user.ts";
import { Database } from "./database.ts";
import { identitySchema } from "./identity-schema.ts";
import { secretsSchema } from "./secrets-schema.ts";
import { stateMigrations } from "./migrations.ts";
import { SqliteIdentityStore } from "./identity.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const NOW = 1_000;
const ADA = "IBMid-0000000000000ADA";

let folder: string;
let writing: Database;
let reading: Database;
/** Two stores over one file, each with its own memory, as the server has them. */
let writer: SqliteIdentityStore;
let reader: SqliteIdentityStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "keytrail-identity-"));
  const path = join(folder, "state.db");
  writing = Database.open(path, [identitySchema, secretsSchema], stateMigrations);
  reading = Database.open(path);
  writer = new SqliteIdentityStore(writing);
  reader = new SqliteIdentityStore(reading);
  await writer.putAccount({ id: ACCOUNT, name: "Test", createdAt: 1, isHandedOver: true });
});
afterEach(() => {
  writing.close();
  reading.close();
  rmSync(folder, { recursive: true });
});

const user = (changes: Partial<User> = {}): User => ({
  kind: "user",
  iamId: ADA,
  account: ACCOUNT,
  email: "ada@example.com",
  name: "Ada",
  state: "active",
  isOwner: false,
  realm: "IBMid",
  sessionsSince: 0,
  createdAt: 2,
  createdBy: "test",
  ...changes,
});
const key = (changes: Partial<ApiKey> = {}): ApiKey => ({
  id: "ApiKey-1",
  account: ACCOUNT,
  iamId: ADA,
  name: "key",
  description: "",
  accessKeyId: null,
  locked: false,
  disabled: false,
  expiresAt: null,
  actionWhenLeaked: "none",
  supportSessions: false,
  sessionsSince: 2,
  entityTag: "1-0",
  createdAt: 3,
  createdBy: "test",
  modifiedAt: 3,
  ...changes,
});
const policy = (id: string, changes: Partial<Policy> = {}): Policy => ({
  id,
  account: ACCOUNT,
  subject: ADA,
  roles: ["Reader"],
  resource: {},
  description: "",
  state: "active",
  entityTag: "1-0",
  createdAt: 4,
  createdBy: "test",
  modifiedAt: 4,
  modifiedBy: "test",
  ...changes,
});

describe("identities on SQLite", () => {
  it("come back as they were put, and changed as they were put again", async () => {
    const service = {
      kind: "serviceid",
      id: "ServiceId-1",
      iamId: "iam-ServiceId-1",
      account: ACCOUNT,
      name: "ci",
      description: "builds",
      uniqueInstanceCrns: [],
      locked: true,
      entityTag: "1-1",
      createdAt: 5,
      createdBy: "test",
      modifiedAt: 6,
    } as const;
    const instance = { id: "i", account: ACCOUNT, region: "us-south", name: "n", createdAt: 1 };
    await writer.putInstance(instance);
    await writer.putUser(user());
    await writer.putServiceId(service);
    await writer.putApiKey(key({ expiresAt: 9 }), "hash");
    await writer.putPolicy(policy("p", { resource: { service: "keytrail" } }));
    expect(await reader.instances(ACCOUNT)).toEqual([instance]);
    expect(await reader.principal(ACCOUNT, ADA)).toEqual(user());
    expect(await reader.principal(ACCOUNT, service.iamId)).toEqual(service);
    expect(await reader.serviceId(ACCOUNT, service.id)).toEqual(service);
    expect(await reader.apiKey(ACCOUNT, "ApiKey-1")).toEqual(key({ expiresAt: 9 }));
    expect(await reader.credentialByHash("hash")).toEqual({
      key: key({ expiresAt: 9 }),
      owner: user(),
    });
    expect(await reader.policy(ACCOUNT, "p")).toEqual(
      policy("p", { resource: { service: "keytrail" } }),
    );
    await writer.putUser(user({ state: "disabled" }));
    expect(await reader.principal(ACCOUNT, ADA)).toEqual(user({ state: "disabled" }));
  });

  it("have accounts in the order they were made in, also within a millisecond", async () => {
    const ids = ["ff", "aa", "00"].map((digits) => digits.repeat(16));
    for (const id of ids) {
      await writer.putAccount({ id, name: id, createdAt: 1, isHandedOver: true });
    }
    expect((await reader.accounts()).map(({ id }) => id)).toEqual([ACCOUNT, ...ids]);
  });

  it("are seen by their own account only", async () => {
    await writer.putUser(user());
    await writer.putApiKey(key(), "hash");
    await writer.putPolicy(policy("p"));
    expect(await reader.principal("other", ADA)).toBeUndefined();
    expect(await reader.apiKey("other", "ApiKey-1")).toBeUndefined();
    expect(await reader.policy("other", "p")).toBeUndefined();
    expect(await reader.grantsOf(ADA, "other", NOW)).toEqual([]);
    await writer.deleteUser("other", ADA);
    await writer.deleteApiKey("other", "ApiKey-1");
    await writer.deletePolicy("other", "p");
    expect((await reader.users(ACCOUNT, { offset: 0, limit: 9 })).totalCount).toBe(1);
    expect((await reader.apiKeys(ACCOUNT, ADA, { offset: 0, limit: 9 })).totalCount).toBe(1);
    expect(await reader.grantsOf(ADA, ACCOUNT, NOW)).toHaveLength(1);
  });

  it("that two have one address, or one hash, is refused by the tables themselves", async () => {
    await writer.putUser(user());
    await expect(writer.putUser(user({ iamId: "IBMid-2" }))).rejects.toThrow("UNIQUE");
    await writer.putApiKey(key(), "hash");
    await expect(writer.putApiKey(key({ id: "ApiKey-2" }), "hash")).rejects.toThrow("UNIQUE");
  });

  it("ignore a role that this version does not know", async () => {
    await writer.putPolicy(policy("p"));
    writing.exec(`UPDATE policies SET roles = '["Reader","Emperor"]'`);
    expect(await reader.grantsOf(ADA, ACCOUNT, NOW)).toMatchObject([{ roles: ["Reader"] }]);
  });
});

describe("what a store remembers", () => {
  it("is what the tables say, after any changes, kept or rolled back, by whichever connection", async () => {
    const change = fc.record({
      kind: fc.constantFrom("give", "take", "key", "no key", "disable", "user", "no user"),
      id: fc.constantFrom("p1", "p2", "p3"),
      roles: fc.subarray([...ROLE_NAMES], { minLength: 1 }),
      isKept: fc.boolean(),
      // Whoever looks after each change never meets one that was remembered before another was undone.
      isLookedAt: fc.boolean(),
    });
    const apply = async ({
      kind,
      id,
      roles,
    }: {
      kind: string;
      id: string;
      roles: readonly (typeof ROLE_NAMES)[number][];
    }) => {
      if (kind === "give") await writer.putPolicy(policy(id, { roles }));
      else if (kind === "take") await writer.deletePolicy(ACCOUNT, id);
      else if (kind === "key") await writer.putApiKey(key(), "hash");
      else if (kind === "no key") await writer.deleteApiKey(ACCOUNT, "ApiKey-1");
      else if (kind === "disable") await writer.putApiKey(key({ disabled: true }), "hash");
      else if (kind === "user") await writer.putUser(user());
      else await writer.deleteUser(ACCOUNT, ADA);
    };
    const seen = async (store: SqliteIdentityStore): Promise<unknown> => [
      await store.grantsOf(ADA, ACCOUNT, NOW),
      await store.credential("ApiKey-1"),
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
        writing.exec("DELETE FROM policies; DELETE FROM api_keys; DELETE FROM users;");
        for (const one of changes) {
          writing.exec("BEGIN IMMEDIATE");
          await apply(one);
          expect(await seen(writer)).toEqual(await seen(new SqliteIdentityStore(writing)));
          writing.exec(one.isKept ? "COMMIT" : "ROLLBACK");
          if (!one.isLookedAt) continue;
          const truth = await seen(new SqliteIdentityStore(reading));
          expect(await seen(reader)).toEqual(truth);
          expect(await seen(writer)).toEqual(truth);
        }
      }),
      { numRuns: 100 },
    );
  });
});
