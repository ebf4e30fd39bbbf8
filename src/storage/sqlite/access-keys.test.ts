/** Access keys: kept as they were given, and gone with the API key or the session that they belong to. */
import { beforeEach, expect, it } from "vitest";
import { openTestDatabase } from "../../app/testing/assembly.ts";
import type { AccessKey } from "../../identity/access-key.ts";
import type { Database } from "./database.ts";
import { storesOn } from "./stores.ts";

const ACCOUNT = "a";

const ofKey: AccessKey = {
  id: "AKIAAAAAAAAAAAAAAAAA",
  account: ACCOUNT,
  of: { kind: "key", apiKey: "k" },
  sealed: Uint8Array.of(1, 2),
  createdAt: 5,
};

const ofSession: AccessKey = {
  id: "ASIAAAAAAAAAAAAAAAAA",
  account: ACCOUNT,
  of: {
    kind: "session",
    session: "n",
    tokenHash: "hash",
    terms: { kind: "role", name: "deploy", sourceIdentity: null, isMfa: true, policy: "{}" },
  },
  sealed: Uint8Array.of(3),
  createdAt: 6,
};

let database: Database;
let stores: ReturnType<typeof storesOn>;
beforeEach(async () => {
  database = openTestDatabase();
  stores = storesOn(database);
  database.exec(`
    INSERT INTO accounts VALUES ('a', 'Ours', 1, 1);
    INSERT INTO api_keys (id, hash, account, iam_id, name, description, locked, disabled, expires_at, entity_tag,
      created_at, created_by, modified_at) VALUES ('k', 'h', 'a', 'IBMid-2', 'key', '', 0, 0, NULL, '1', 1, 'x', 1);
    INSERT INTO sessions (id, account, iam_id, credential_id, client_id, grant_type, profiles_by_claims, started_at,
      ends_at, ended) VALUES ('n', 'a', 'IBMid-2', 'k', 'bx', 'apikey', '[]', 1, 99, 0);
  `);
  await stores.accessKeys.putAccessKey(ofKey);
  await stores.accessKeys.putAccessKey(ofSession);
});

const stamp = () => database.get("SELECT stamp FROM identity_stamp")?.["stamp"];

it("are given back as they were put, by the whole of their ids", async () => {
  expect(await stores.accessKeys.accessKey(ofKey.id)).toEqual(ofKey);
  expect(await stores.accessKeys.accessKey(ofSession.id)).toEqual(ofSession);
  expect(await stores.accessKeys.accessKey(ofKey.id.toLowerCase())).toBeUndefined();
});

it("are never put in each other's place", async () => {
  await expect(stores.accessKeys.putAccessKey({ ...ofSession, id: ofKey.id })).rejects.toThrow();
  expect(await stores.accessKeys.accessKey(ofKey.id)).toEqual(ofKey);
});

it.each([
  { what: "an API key", sql: "DELETE FROM api_keys", gone: ofKey, kept: ofSession },
  { what: "a session", sql: "DELETE FROM sessions", gone: ofSession, kept: ofKey },
])("are gone with $what, and whatever was remembered of them", async ({ sql, gone, kept }) => {
  const before = stamp();
  database.exec(sql);
  expect(await stores.accessKeys.accessKey(gone.id)).toBeUndefined();
  expect(await stores.accessKeys.accessKey(kept.id)).toEqual(kept);
  expect(stamp()).not.toBe(before);
});
