/** The configuration of an account by DSV's wire. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DsvServer, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;
let bob: DsvUser;

beforeEach(async () => {
  server = await DsvServer.open();
  bob = await server.user("bob@example.com");
});
afterEach(() => server.close());

const LISTING = {
  subjects: ["users:bob@example.com"],
  effect: "allow",
  actions: ["list"],
  resources: ["config:policies"],
};

const write = (
  document: object,
  { as, ...besides }: { readonly as?: DsvUser; readonly Overwrite?: boolean } = {},
) =>
  server.call("PUT", "/config", {
    body: { Config: JSON.stringify(document), Serialization: "json", ...besides },
    ...(as ? { as } : {}),
  });
const lists = async (user: DsvUser) =>
  (await server.call("GET", "/config/policies", { as: user })).status;

describe("the configuration", () => {
  it("is DSV's first one before anybody has written it, and that changes nothing", async () => {
    const read = await server.call("GET", "/config");
    expect(read.status).toBe(200);
    const owner = expect.stringMatching(/^users:/);
    expect(read.body).toMatchObject({
      version: "0",
      createdBy: "system",
      tenantName: expect.any(String),
      settings: { authentication: [] },
      refreshTokenTTLHours: 72,
      permissionDocument: [
        {
          description: "Default Admin Permissions",
          effect: "allow",
          subjects: [owner],
          actions: ["<.*>"],
          resources: ["<.*>"],
          conditions: {},
          meta: null,
        },
        { effect: "deny", subjects: [owner], actions: ["<.*>"], resources: ["home:<.*>"] },
      ],
    });
    expect(read.record).toMatchObject({ path: "config", action: "GET", status: 200 });
    expect((await server.call("GET", "/config/version/0")).body).toEqual(read.body);
    expect(await lists(bob)).toBe(403);
  });

  it("is written from its newest version, holds at once, and keeps its versions", async () => {
    const { body: first } = await server.call("GET", "/config");
    const permissionDocument = [...first.permissionDocument, LISTING];
    const written = await write({ ...first, permissionDocument, refreshTokenTTLHours: 24 });
    expect(written.status).toBe(201);
    expect(written.body).toMatchObject({
      version: "1",
      refreshTokenTTLHours: 24,
      lastModifiedBy: "users:admin@example.com",
    });
    expect(written.record).toMatchObject({ path: "config", action: "POST", status: 201 });
    expect(written.events[0]).toMatchObject({
      severity: "critical",
      requestData: {
        permissions: [{ effect: "allow" }, { effect: "deny" }, { subjects: LISTING.subjects }],
        previous: [{ effect: "allow" }, { effect: "deny" }],
      },
    });
    expect(await lists(bob)).toBe(200);
    const stale = await write({ ...first, permissionDocument: [] });
    expect(stale.body).toMatchObject({ code: 400, message: /version 1/ });
    expect(stale.record).toMatchObject({ path: "config", action: "POST", status: 400 });
    expect((await write({ permissionDocument: [] })).body.code).toBe(400);
    expect(await lists(bob)).toBe(200);
    expect((await write({ permissionDocument: [] }, { Overwrite: true })).status).toBe(201);
    expect(await lists(bob)).toBe(403);
    expect((await server.call("GET", "/config")).body.refreshTokenTTLHours).toBe(24);
    expect((await server.call("GET", "/config/version/0")).body.permissionDocument).toEqual(
      first.permissionDocument,
    );
    const old = await server.call("GET", "/config/version/1");
    expect(old.body.permissionDocument).toHaveLength(3);
    expect(old.record?.path).toBe("config:version:1");
    const missing = await server.call("GET", "/config/version/9");
    expect(missing.record).toMatchObject({ path: "config:version:9", status: 404 });
  });

  it("is YAML as well, and POST as good as PUT", async () => {
    const Config = `version: "0"\npermissionDocument:\n- subjects: users:bob@example.com\n  actions: list\n  resources: config:policies\n`;
    const body = { Config, Serialization: "yml" };
    expect((await server.call("POST", "/config", { body })).status).toBe(201);
    expect(await lists(bob)).toBe(200);
  });

  it.each<readonly [string, object]>([
    ["no permissions", {}],
    ["a permission about nothing", { permissionDocument: [{ ...LISTING, resources: null }] }],
    ["another tenant's name", { permissionDocument: [], tenantName: "another" }],
    [
      "providers that there are not",
      { permissionDocument: [], settings: { authentication: [{ name: "okta", type: "oidc" }] } },
    ],
    ["no number of hours", { permissionDocument: [], refreshTokenTTLHours: "many" }],
    ["too many hours", { permissionDocument: [], refreshTokenTTLHours: 1_000_000 }],
    ["a field nobody knows", { permissionDocument: [], admins: ["bob"] }],
  ])("is refused, and recorded, with %s", async (_, document) => {
    const refused = await write(document, { Overwrite: true });
    expect(refused.body).toMatchObject({ code: 400 });
    expect(refused.record).toMatchObject({ path: "config", action: "POST", status: 400 });
    expect((await server.call("GET", "/config")).body.version).toBe("0");
  });

  it("opens no homes by what is for everything, and never keeps the owner from itself", async () => {
    const everything = { effect: "allow", actions: ["<.*>"], resources: ["<.*>"] };
    const deny = { effect: "deny", actions: ["<.*>"], resources: ["config<.*>"] };
    const everybody = { subjects: ["users:<.*>"] };
    const rules = [
      { ...everything, ...everybody },
      { ...deny, ...everybody },
    ];
    await write({ permissionDocument: rules }, { Overwrite: true });
    expect(await lists(bob)).toBe(403);
    expect((await server.call("GET", "/config")).status).toBe(403);
    const home = "/home/users:admin@example.com/db";
    expect((await server.call("GET", home, { as: bob })).status).toBe(403);
    const { accessToken } = await server.http.app.login(server.http.app.first.apiKey);
    const owner = { as: accessToken.reveal() };
    expect((await server.call("GET", "/config", owner)).status).toBe(200);
    const body = { Config: '{"permissionDocument":[]}', Overwrite: true };
    expect((await server.call("PUT", "/config", { body, ...owner })).status).toBe(201);
    expect((await server.call("GET", "/config")).status).toBe(200);
  });
});
