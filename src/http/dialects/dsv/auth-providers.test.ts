import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recorded } from "../../../app/identity/testing/logins.ts";
import { clientOf } from "../../../app/federation/provider-secret.ts";
import { removalJob } from "../../../app/items/end-removal.ts";
import { RECOVERY_MS } from "../../../items/item.ts";
import { DsvServer, type DsvAnswered } from "./testing/dsv-server.ts";

const SECRET = "canary-client-secret";
const PROPERTIES = {
  baseUri: "https://okta.example.com",
  clientId: "keytrail",
  usernameClaim: "upn",
  sendWelcomeEmail: true,
};

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

function create(name = "okta", over: object = {}): Promise<DsvAnswered> {
  const properties = { ...PROPERTIES, clientSecret: SECRET, ...over };
  return server.call("POST", "/config/auth/", { body: { name, type: "oidc", properties } });
}
const read = (path = ""): Promise<DsvAnswered> => server.call("GET", `/config/auth/okta${path}`);
const update = (properties: object): Promise<DsvAnswered> =>
  server.call("PUT", "/config/auth/okta", { body: { type: "oidc", properties } });

/** By which we are known to the provider now. */
async function secretNow(): Promise<string | undefined> {
  const { state, capabilities } = server.app;
  return state.read(async (view) => {
    const provider = await view.logins.identityProviderOfRealm(server.account, "okta");
    if (!provider) throw new Error("it is there");
    const client = await clientOf(provider, { view, vault: capabilities.vault });
    return client.clientSecret?.reveal();
  });
}

describe("an auth provider", () => {
  it("is made, read and listed, and its secret is in no answer and no record", async () => {
    const made = await create();
    expect([made.status, made.body]).toEqual([
      201,
      {
        name: "okta",
        type: "oidc",
        properties: { ...PROPERTIES, scopes: expect.any(Array), createUsers: false },
        id: expect.stringMatching(/^IdentityProvider-/),
        created: "2026-11-21T09:00:00Z",
        createdBy: "users:admin@example.com",
        lastModified: "2026-11-21T09:00:00Z",
        lastModifiedBy: "users:admin@example.com",
        version: "0",
      },
    ]);
    expect(made.record).toMatchObject({ path: "config:auth", action: "POST", status: 201 });
    const found = await read();
    expect(found.body).toEqual(made.body);
    expect(found.record).toMatchObject({ path: "config:auth:okta", action: "GET", status: 200 });
    await create("other", { BASEURI: undefined });
    const list = await server.call("GET", "/config/auth?searchTerm=OKT&limit=5&sort=&cursor=");
    expect(list.body).toMatchObject({ length: 1, total: 1, limit: 5, data: [{ name: "okta" }] });
    expect(list.record).toMatchObject({ path: "config:auth", action: "GET", status: 200 });
    expect(await secretNow()).toBe(SECRET);
    expect(made.text + found.text + list.text + recorded(server.http.app)).not.toContain(SECRET);
  });

  it("is the one that the other wires have", async () => {
    const { body } = await create();
    const url = `/trail/v1/identity-providers/${body.id}`;
    const authorization = `Bearer ${server.admin.token}`;
    const native = await server.http.send({ method: "GET", url, authorization });
    expect(native.body).toMatchObject({ name: "okta", realm: "okta", type: "oidc" });
    const payload = { client_id: "changed" };
    const type = "application/json";
    await server.http.send({ method: "PATCH", url, authorization, payload, type });
    expect(server.app.lastEvent()).toMatchObject({ operation: "identity-provider.update" });
    const { body: after } = await read();
    expect([after.version, after.properties.clientId]).toEqual(["1", "changed"]);
    await server.http.send({ method: "DELETE", url, authorization });
    const gone = await read();
    expect([gone.status, gone.record?.status]).toEqual([404, 404]);
    expect(await server.call("PUT", "/config/auth/okta/restore")).toMatchObject({ status: 404 });
  });

  it("has versions, and goes back to one with the secret that it has now", async () => {
    await create();
    const second = await update({ clientId: "second", clientSecret: "canary-second" });
    expect(second.body).toMatchObject({ version: "1", properties: { clientId: "second" } });
    expect(second.record).toMatchObject({ path: "config:auth:okta", action: "PUT", status: 200 });
    const first = await read("/version/0");
    expect(first.body).toMatchObject({ version: "0", properties: { clientId: "keytrail" } });
    expect(first.record).toMatchObject({
      path: "config:auth:okta:version:0",
      action: "GET",
      status: 200,
    });
    const back = await server.call("PUT", "/config/auth/okta/rollback/0");
    expect(back.body).toMatchObject({ version: "2", properties: PROPERTIES });
    expect(back.record).toMatchObject({
      path: "config:auth:okta:rollback:0",
      action: "PUT",
      status: 200,
    });
    expect(await secretNow()).toBe("canary-second");
    expect(recorded(server.http.app)).not.toContain("canary");
  });

  it.each([
    ["GET", "version"],
    ["PUT", "rollback"],
  ] as const)("has no other version: %s of its %s 9 is a recorded 404", async (method, what) => {
    await create();
    const { status, body, record } = await server.call(method, `/config/auth/okta/${what}/9`);
    expect([status, body.code]).toEqual([404, 404]);
    expect(record).toMatchObject({
      path: `config:auth:okta:${what}:9`,
      action: method,
      status: 404,
    });
  });

  it("does not tell the secret to another issuer", async () => {
    await create();
    await update({ baseUri: "https://elsewhere.example.com" });
    expect(await secretNow()).toBeUndefined();
    await update({ clientSecret: "for-elsewhere" });
    await server.call("PUT", "/config/auth/okta/rollback/0");
    expect((await read()).body.properties.baseUri).toBe(PROPERTIES.baseUri);
    expect(await secretNow()).toBeUndefined();
  });

  it.each(["PUT", "GET"] as const)("is deleted for a while, and had back by %s", async (method) => {
    const { body: made } = await create();
    const deleted = await server.call("DELETE", "/config/auth/okta");
    expect([deleted.status, deleted.body.message]).toEqual([
      200,
      expect.stringMatching(/will be removed .*2026-11-24T09:00:00Z/),
    ]);
    expect(deleted.record).toMatchObject({ path: "config:auth:okta", status: 200 });
    for (const path of ["", "/version/0"]) {
      const there = await read(path);
      expect([there.status, there.body.message]).toEqual([
        404,
        expect.stringMatching(/marked for deletion|will be removed/),
      ]);
    }
    expect((await server.call("GET", "/config/auth")).body.data).toEqual([]);
    const back = await server.call(method, "/config/auth/okta/restore");
    expect([back.status, back.record]).toEqual([
      200,
      expect.objectContaining({ path: "config:auth:okta:restore", action: "GET", status: 200 }),
    ]);
    expect((await read()).body).toEqual(made);
    expect(await secretNow()).toBe(SECRET);
    const twice = await server.call(method, "/config/auth/okta/restore");
    expect([twice.status, twice.record?.status]).toEqual([400, 400]);
  });

  it("is gone for good by force, and when the time to have it back is over", async () => {
    const { body: first } = await create();
    const forced = await server.call("DELETE", "/config/auth/okta?force=true");
    expect([forced.status, forced.body, forced.record?.status]).toEqual([204, null, 204]);
    const dataKey = (id: string) => server.app.state.read((view) => view.secrets.dataKeyOf(id));
    expect(await dataKey(first.id)).toBeUndefined();
    const { body: second } = await create();
    await server.call("DELETE", "/config/auth/okta");
    expect(await dataKey(second.id)).toBeDefined();
    server.app.clock.advance(RECOVERY_MS);
    const due = await removalJob(server.app).due(server.app.clock.now(), 10);
    for (const removal of due) expect(await removal.run()).toBe(true);
    expect(await dataKey(second.id)).toBeUndefined();
    const { accessToken } = await server.http.app.login(server.admin.key.value);
    const as = accessToken.reveal();
    const late = await server.call("PUT", "/config/auth/okta/restore", { as });
    expect([late.status, late.record?.path]).toEqual([404, "config:auth:okta:restore"]);
  });

  it("that is deleted leaves its name to another one, and comes back no more", async () => {
    const { body: first } = await create();
    await server.call("DELETE", "/config/auth/okta");
    expect(await create()).toMatchObject({ status: 201, body: { version: "0" } });
    expect((await read()).body.id).not.toBe(first.id);
    const again = await create();
    expect([again.status, again.body.message]).toEqual([
      400,
      "an auth provider with this name already exists",
    ]);
  });

  it.each([
    ["type", { name: "x", type: "aws", properties: { accountId: "1" } }],
    ["type", { name: "x", type: "azure", properties: { tenantId: "1" } }],
    ["type", { name: "x", type: "gcp" }],
    ["type", { name: "x", type: "canary" }],
    ["type", { name: "x" }],
    ["name", { type: "oidc", properties: PROPERTIES }],
    ["name", { name: "canary:x", type: "oidc", properties: PROPERTIES }],
    [
      "issuer",
      { name: "x", type: "oidc", properties: { ...PROPERTIES, baseUri: "http://a.example" } },
    ],
    ["rootCAPath", { name: "x", type: "certificate" }],
    ["rootCAPath", { name: "x", type: "certificate", properties: { rootCAPath: "canary" } }],
    ["certificate", { name: "x", type: "certificate", properties: { certificate: "canary" } }],
    ["", { name: "x", type: "oidc", properties: { canary: 1 } }],
  ])("is refused for its %s, recorded, and nothing is made", async (field, body) => {
    const refused = await server.call("POST", "/config/auth", { body });
    expect([refused.status, refused.body.code]).toEqual([400, 400]);
    if (field !== "") expect(refused.body.errors).toHaveProperty(field);
    expect(refused.record).toMatchObject({ path: "config:auth", action: "POST", status: 400 });
    expect(refused.text + recorded(server.http.app)).not.toContain("canary");
    expect((await server.call("GET", "/config/auth")).body.total).toBe(0);
  });

  it("is an administrator's to change, and nobody's to see without a right to it", async () => {
    await create();
    const nobody = await server.user("nobody@example.com");
    for (const [method, path] of [
      ["GET", "/config/auth/okta"],
      ["PUT", "/config/auth/okta"],
      ["DELETE", "/config/auth/okta"],
      ["GET", "/config/auth/canary"],
      ["PUT", "/config/auth/okta/rollback/0"],
    ] as const) {
      const options = method === "PUT" ? { as: nobody, body: {} } : { as: nobody };
      const refused = await server.call(method, path, options);
      expect([refused.status, refused.body.message]).toEqual([403, "Invalid permissions"]);
      expect(refused.record).toMatchObject({ status: 403, principal: "users:nobody@example.com" });
    }
    const stranger = await server.call("GET", "/config/auth/okta", { as: null });
    expect([stranger.status, stranger.record?.status]).toEqual([401, 401]);
  });
});
