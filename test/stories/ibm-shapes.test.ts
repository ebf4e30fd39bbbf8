/** What IBM's wire says when all goes well: status and body of every call, compared literally. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { START } from "../../src/app/testing/test-app.ts";
import { openIbmApp, type IbmApp, type Person } from "./ibm-app.ts";

let app: IbmApp;
let manager: Person;

const SECRETS = "/api/v2/secrets";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NOW = "2026-11-21T09:00:00Z";
const MINUTE_MS = 60_000;

beforeAll(async () => {
  app = await openIbmApp();
  manager = await app.person("manager@example.com", ["Manager"]);
});

beforeEach(() => app.test.clock.set(START));

afterAll(() => app.close());

/** Creates a secret and gives its id; the caller looks at the rest. */
async function made(body: object): Promise<string> {
  const { status, body: secret, text } = await manager.post(SECRETS, body);
  expect(status, text).toBe(201);
  return secret.id as string;
}

function crnOf(kind: string, id: string): string {
  return `${app.instanceCrn.replace(/::$/, "")}:${kind}:${id}`;
}

describe("an arbitrary secret", () => {
  const prototype = {
    name: "example-arbitrary-secret",
    secret_type: "arbitrary",
    secret_group_id: "default",
    description: "Description of my arbitrary secret.",
    labels: ["dev", "us-south"],
    custom_metadata: { metadata_custom_key: "metadata_custom_value" },
    version_custom_metadata: { custom_version_key: "custom_version_value" },
    expiration_date: "2030-10-05T11:49:42Z",
    payload: "secret-data",
  };

  const metadata = (id: string) => ({
    id,
    crn: crnOf("secret", id),
    name: prototype.name,
    description: prototype.description,
    secret_type: "arbitrary",
    secret_group_id: "default",
    labels: ["dev", "us-south"],
    custom_metadata: prototype.custom_metadata,
    state: 1,
    state_description: "active",
    created_by: manager.iamId,
    created_at: NOW,
    updated_at: NOW,
    downloaded: false,
    versions_total: 1,
    locks_total: 0,
    expiration_date: "2030-10-05T11:49:42Z",
  });

  it("is answered as it was made, read by id and by name, described and listed", async () => {
    const created = await manager.post(SECRETS, prototype);
    const id = created.body.id as string;
    expect(id).toMatch(UUID);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({ ...metadata(id), payload: "secret-data" });
    expect((await manager.get(`${SECRETS}/${id}/metadata`)).body).toEqual(metadata(id));

    app.test.clock.advance(1_500);
    const retrieved = { downloaded: true, retrieved_at: "2026-11-21T09:00:01.500Z" };
    const read = await manager.get(`${SECRETS}/${id}`);
    expect(read.status).toBe(200);
    expect(read.body).toEqual({ ...metadata(id), ...retrieved, payload: "secret-data" });
    expect(read.headers["cache-control"]).toBe("no-store");

    const path = "secret_groups/default/secret_types/arbitrary/secrets/example-arbitrary-secret";
    expect((await manager.get(`/api/v2/${path}`)).body).toEqual(read.body);
    const listed = await manager.get(`${SECRETS}?search=example-arb`);
    expect(listed.body).toEqual({
      total_count: 1,
      limit: 200,
      offset: 0,
      first: { href: "http://localhost:80/api/v2/secrets?search=example-arb&limit=200" },
      last: { href: "http://localhost:80/api/v2/secrets?search=example-arb&limit=200" },
      secrets: [{ ...metadata(id), ...retrieved }],
    });
    expect(read.text + listed.text).not.toContain("dataKey");
    expect((await manager.delete(`${SECRETS}/${id}`)).status).toBe(204);
  });

  it("is deleted with an answer of no body", async () => {
    const id = await made({ name: "short-lived", secret_type: "arbitrary", payload: "x" });
    const deleted = await manager.delete(`${SECRETS}/${id}`);
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    expect((await manager.get(`${SECRETS}/${id}`)).status).toBe(404);
  });

  it("shows no field for which it has nothing", async () => {
    const id = await made({ name: "plain", secret_type: "arbitrary", payload: "x" });
    expect((await manager.get(`${SECRETS}/${id}/metadata`)).body).toEqual({
      id,
      crn: crnOf("secret", id),
      name: "plain",
      secret_type: "arbitrary",
      secret_group_id: "default",
      labels: [],
      state: 1,
      state_description: "active",
      created_by: manager.iamId,
      created_at: NOW,
      updated_at: NOW,
      downloaded: false,
      versions_total: 1,
      locks_total: 0,
    });
  });

  it("keeps every character of its value", async () => {
    const payload = 'line\nbreak \u0000 \u{1f511} \ud800 ¡é \\ " </script>';
    const id = await made({
      name: "odd-value",
      secret_type: "arbitrary",
      payload: payload.replace("\ud800", ""),
    });
    expect((await manager.get(`${SECRETS}/${id}`)).body.payload).toBe(
      payload.replace("\ud800", ""),
    );
  });

  it("is changed by a merge patch: what is left out stays, null removes", async () => {
    const id = await made({ ...prototype, name: "to-patch" });
    app.test.clock.advance(60_000);
    const patched = await manager.patch(`${SECRETS}/${id}/metadata`, {
      name: "patched",
      labels: ["prod"],
      description: null,
      expiration_date: "2031-01-01T00:00:00Z",
    });
    expect(patched.status).toBe(200);
    const { description: _, ...rest } = metadata(id);
    expect(patched.body).toEqual({
      ...rest,
      name: "patched",
      labels: ["prod"],
      updated_at: "2026-11-21T09:01:00Z",
      expiration_date: "2031-01-01T00:00:00Z",
    });
    const asJson = await manager.call({
      method: "PATCH",
      url: `${SECRETS}/${id}/metadata`,
      headers: { "content-type": "application/json" },
      body: { custom_metadata: null, expiration_date: null },
    });
    expect(asJson.body).not.toHaveProperty("custom_metadata");
    expect(asJson.body).not.toHaveProperty("expiration_date");
  });
});

describe("a username_password secret", () => {
  it("is generated a password by its policy, and shows when it is rotated next", async () => {
    const created = await manager.post(SECRETS, {
      name: "example-username-password",
      secret_type: "username_password",
      username: "db-user",
      expiration_date: "2030-01-01T00:00:00Z",
      rotation: { auto_rotate: true, interval: 1, unit: "month" },
      password_generation_policy: { length: 40, include_symbols: false },
    });
    const { id, password, ...rest } = created.body;
    expect(password).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(rest).toEqual({
      crn: crnOf("secret", id),
      name: "example-username-password",
      secret_type: "username_password",
      secret_group_id: "default",
      labels: [],
      state: 1,
      state_description: "active",
      created_by: manager.iamId,
      created_at: NOW,
      updated_at: NOW,
      downloaded: false,
      versions_total: 1,
      locks_total: 0,
      expiration_date: "2030-01-01T00:00:00Z",
      next_rotation_date: "2026-12-21T09:00:00Z",
      rotation: { auto_rotate: true, interval: 1, unit: "month" },
      password_generation_policy: {
        length: 40,
        include_digits: true,
        include_symbols: false,
        include_uppercase: true,
      },
      username: "db-user",
    });
    const stopped = await manager.patch(`${SECRETS}/${id}/metadata`, {
      rotation: { auto_rotate: false },
    });
    expect(stopped.body.rotation).toEqual({ auto_rotate: false });
    expect(stopped.body).not.toHaveProperty("next_rotation_date");
    expect(stopped.body).not.toHaveProperty("username");
  });

  it("is rotated to the password that is given, or to a generated one", async () => {
    const id = await made({
      name: "rotated",
      secret_type: "username_password",
      username: "u1",
      password: "first-password",
    });
    const given = await manager.post(`${SECRETS}/${id}/versions`, { password: "second-password" });
    expect([given.status, given.body.username, given.body.password]).toEqual([
      201,
      "u1",
      "second-password",
    ]);
    const generated = await manager.post(`${SECRETS}/${id}/versions`, {});
    expect(generated.body.password).toMatch(/^.{32}$/);
    const previous = await manager.get(`${SECRETS}/${id}/versions/previous`);
    expect(previous.body.password).toBe("second-password");
  });
});

describe("a kv secret", () => {
  it("gives its data back as it was given", async () => {
    const data = { key1: "val1", nested: { list: [1, 2.5, null, true, { deep: "x" }] }, "": "" };
    const id = await made({ name: "example-kv", secret_type: "kv", data });
    const read = await manager.get(`${SECRETS}/${id}`);
    expect(read.body.data).toEqual(data);
    expect(read.body).not.toHaveProperty("payload");
    const next = await manager.post(`${SECRETS}/${id}/versions`, { data: { key2: "val2" } });
    expect(next.body.data).toEqual({ key2: "val2" });
  });
});

describe("versions", () => {
  it("are shown with alias, availability and metadata, newest first", async () => {
    const id = await made({
      name: "versioned",
      secret_type: "arbitrary",
      payload: "v1",
      expiration_date: "2030-10-05T11:49:42Z",
    });
    app.test.clock.advance(1_000);
    await manager.post(`${SECRETS}/${id}/versions`, { payload: "v2" });
    app.test.clock.advance(1_000);
    const third = await manager.post(`${SECRETS}/${id}/versions`, {
      payload: "v3",
      version_custom_metadata: { build: 7 },
    });
    const common = {
      secret_id: id,
      secret_name: "versioned",
      secret_type: "arbitrary",
      secret_group_id: "default",
      auto_rotated: false,
      created_by: manager.iamId,
      downloaded: false,
      expiration_date: "2030-10-05T11:49:42Z",
    };
    const current = {
      ...common,
      id: third.body.id,
      alias: "current",
      created_at: "2026-11-21T09:00:02Z",
      payload_available: true,
      version_custom_metadata: { build: 7 },
    };
    expect(third.status).toBe(201);
    expect(third.body).toEqual({ ...current, payload: "v3" });
    const listed = await manager.get(`${SECRETS}/${id}/versions`);
    expect(listed.status).toBe(200);
    expect(listed.body).toEqual({
      total_count: 3,
      versions: [
        current,
        {
          ...common,
          id: expect.stringMatching(UUID),
          alias: "previous",
          created_at: "2026-11-21T09:00:01Z",
          payload_available: true,
        },
        {
          ...common,
          id: expect.stringMatching(UUID),
          created_at: NOW,
          payload_available: false,
        },
      ],
    });
    const [, previous, oldest] = listed.body.versions;
    const read = await manager.get(`${SECRETS}/${id}/versions/${previous.id}`);
    expect(read.body).toEqual({ ...previous, downloaded: true, payload: "v2" });
    const gone = await manager.get(`${SECRETS}/${id}/versions/${oldest.id}`);
    expect(gone.body).toEqual(oldest);
    const described = await manager.get(`${SECRETS}/${id}/versions/current/metadata`);
    expect(described.body).toEqual(current);
    const patched = await manager.patch(`${SECRETS}/${id}/versions/current/metadata`, {
      version_custom_metadata: { build: 8 },
    });
    expect(patched.body).toEqual({ ...current, version_custom_metadata: { build: 8 } });
  });

  it("lose their data by themselves, and keep what is known of them", async () => {
    const id = await made({ name: "emptied", secret_type: "arbitrary", payload: "v1" });
    const emptied = await manager.delete(`${SECRETS}/${id}/versions/current/secret_data`);
    expect([emptied.status, emptied.text]).toEqual([204, ""]);
    const read = await manager.get(`${SECRETS}/${id}`);
    expect([read.status, "payload" in read.body]).toEqual([200, false]);
    const version = await manager.get(`${SECRETS}/${id}/versions/current/metadata`);
    expect(version.body.payload_available).toBe(false);
  });
});

describe("secret groups", () => {
  it("are made, read, listed, changed and deleted", async () => {
    const created = await manager.post("/api/v2/secret_groups", {
      name: "my-secret-group",
      description: "Extended description for this group.",
    });
    const group = {
      id: expect.stringMatching(UUID),
      name: "my-secret-group",
      description: "Extended description for this group.",
      created_by: manager.iamId,
      created_at: NOW,
      updated_at: NOW,
    };
    expect([created.status, created.body]).toEqual([201, group]);
    const url = `/api/v2/secret_groups/${created.body.id}`;
    expect((await manager.get(url)).body).toEqual(created.body);
    const listed = await manager.get("/api/v2/secret_groups");
    expect(listed.body).toEqual({
      total_count: 2,
      secret_groups: [expect.objectContaining({ id: "default", name: "default" }), group],
    });
    app.test.clock.advance(1_000);
    const patched = await manager.patch(url, { name: "renamed" });
    expect(patched.body).toEqual({ ...group, name: "renamed", updated_at: "2026-11-21T09:00:01Z" });
    const deleted = await manager.delete(url);
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    expect((await manager.get(url)).status).toBe(404);
    expect((await manager.get("/api/v2/secret_groups/default")).status).toBe(200);
    expect((await manager.delete("/api/v2/secret_groups/default")).status).toBe(400);
  });
});

describe("locks", () => {
  it("are gathered by version when made and deleted, and shown one by one in lists", async () => {
    const id = await made({ name: "in-use", secret_type: "arbitrary", payload: "v1" });
    const lock = {
      name: "lock-example-1",
      description: "Lock for consumer 1.",
      attributes: { key: "value" },
    };
    const first = await manager.post(`${SECRETS}/${id}/locks_bulk`, {
      locks: [lock, { name: "lock-example-2" }],
    });
    const versionId = first.body.versions[0].version_id;
    const about = {
      secret_id: id,
      secret_name: "in-use",
      secret_type: "arbitrary",
      secret_group_id: "default",
    };
    const current = {
      version_id: versionId,
      version_alias: "current",
      locks: ["lock-example-1", "lock-example-2"],
      payload_available: true,
    };
    expect([first.status, first.body]).toEqual([201, { ...about, versions: [current] }]);

    const shown = {
      created_by: manager.iamId,
      created_at: NOW,
      updated_at: NOW,
      secret_group_id: "default",
      secret_id: id,
      secret_version_id: versionId,
      secret_version_alias: "current",
    };
    const page = await manager.get(`${SECRETS}/${id}/locks?sort=name&limit=1`);
    const href = `http://localhost:80/api/v2/secrets/${id}/locks?sort=name&limit=1`;
    expect(page.body).toEqual({
      total_count: 2,
      limit: 1,
      offset: 0,
      first: { href },
      next: { href: `${href}&offset=1` },
      last: { href: `${href}&offset=1` },
      locks: [{ ...lock, ...shown }],
    });
    const ofVersion = await manager.get(`${SECRETS}/${id}/versions/current/locks?search=example-2`);
    expect(ofVersion.body).toMatchObject({ total_count: 1, limit: 25 });
    expect(ofVersion.body.locks).toEqual([{ name: "lock-example-2", ...shown }]);
    const all = await manager.get("/api/v2/secrets_locks");
    expect(all.body).toMatchObject({ total_count: 1, limit: 200, offset: 0 });
    expect(all.body.secrets_locks).toEqual([{ ...about, versions: [current] }]);
    expect((await manager.get(`${SECRETS}/${id}/metadata`)).body.locks_total).toBe(2);

    const url = `${SECRETS}/${id}/versions/${versionId}/locks_bulk`;
    const unlocked = await manager.delete(`${url}?name=lock-example-1`);
    expect([unlocked.status, unlocked.body]).toEqual([
      200,
      { ...about, versions: [{ ...current, locks: ["lock-example-2"] }] },
    ]);
    const rest = await manager.delete(`${SECRETS}/${id}/locks_bulk`);
    expect(rest.body).toEqual({ ...about, versions: [{ ...current, locks: [] }] });
  });

  it("travel with their version, and both modes free the one before", async () => {
    const id = await made({ name: "rolling", secret_type: "arbitrary", payload: "v1" });
    const locks = { locks: [{ name: "app-1" }] };
    await manager.post(`${SECRETS}/${id}/locks_bulk`, locks);
    await manager.post(`${SECRETS}/${id}/versions`, { payload: "v2" });
    const moved = await manager.post(`${SECRETS}/${id}/locks_bulk?mode=remove_previous`, locks);
    expect(moved.body.versions).toMatchObject([
      { version_alias: "current", locks: ["app-1"], payload_available: true },
      { version_alias: "previous", locks: [], payload_available: true },
    ]);
    const url = `${SECRETS}/${id}/versions/current/locks_bulk?mode=remove_previous_and_delete`;
    const emptied = await manager.post(url, locks);
    expect(emptied.status).toBe(201);
    expect(emptied.body.versions).toMatchObject([
      { version_alias: "current", locks: ["app-1"], payload_available: true },
      { version_alias: "previous", locks: [], payload_available: false },
    ]);
    await manager.delete(`${SECRETS}/${id}/locks_bulk`);
  });
});

describe("the list of secrets", () => {
  let groupId: string;
  const names = ["alpha", "bravo", "charlie", "delta", "echo"];

  beforeAll(async () => {
    const group = await manager.post("/api/v2/secret_groups", { name: "listed" });
    groupId = String(group.body.id);
    for (const [i, name] of names.entries()) {
      app.test.clock.set(START + i * MINUTE_MS);
      await made({
        name,
        secret_group_id: groupId,
        labels: i % 2 === 0 ? ["even", "all"] : ["all"],
        ...(i < 3
          ? { secret_type: "arbitrary", payload: "x" }
          : { secret_type: "kv", data: { x: 1 } }),
      });
    }
  });

  async function listed(query: string): Promise<readonly string[]> {
    const { status, body, text } = await manager.get(`${SECRETS}?groups=${groupId}${query}`);
    expect(status, text).toBe(200);
    expect(body.total_count).toBeGreaterThanOrEqual(body.secrets.length);
    return body.secrets.map((secret: { name: string }) => secret.name);
  }

  it.each([
    ["", names],
    ["&sort=name", names],
    ["&sort=-created_at", names.toReversed()],
    ["&sort=-name&limit=2&offset=1", ["delta", "charlie"]],
    ["&secret_types=kv", ["delta", "echo"]],
    ["&secret_types=kv,arbitrary", names],
    ["&secret_types=imported_cert", []],
    ["&secret_types=imported_cert,kv", ["delta", "echo"]],
    ["&match_all_labels=even,all", ["alpha", "charlie", "echo"]],
    ["&match_all_labels=even,none", []],
    ["&search=ALPH", ["alpha"]],
    ["&search=even", ["alpha", "charlie", "echo"]],
    ["&search=%25%25", []],
    ["&search=__", []],
    ["&offset=5", []],
  ] as const)("by %j", async (query, expected) => {
    expect(await listed(query)).toEqual(expected);
  });

  it("shows a caller whose role is on one group only that group", async () => {
    const reader = await app.person("group-reader@example.com", ["Reader"], {
      service: "secrets-manager",
      instance: app.instance,
      secretGroup: groupId,
    });
    const { body } = await reader.get(`${SECRETS}?sort=name`);
    expect(body.secrets.map((secret: { name: string }) => secret.name)).toEqual(names);
    expect(body.total_count).toBe(names.length);
    expect((await reader.get(`${SECRETS}?groups=default`)).body.secrets).toEqual([]);
    const groups = await reader.get("/api/v2/secret_groups");
    expect(groups.body.secret_groups.map(({ id }: { id: string }) => id)).toEqual([groupId]);
    expect((await reader.get("/api/v2/secret_groups/default")).status).toBe(403);
  });
});
