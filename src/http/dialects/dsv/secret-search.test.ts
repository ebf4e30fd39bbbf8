/** Searching secrets and listing paths, and what policy documents on paths let in and keep out. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPolicy } from "../../../app/identity/policies.ts";
import { DsvServer, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;

const SECRETS: readonly (readonly [path: string, body: object])[] = [
  ["us-east/db", { data: { p: "value-one" }, attributes: { env: "prod", port: 5432 } }],
  ["us-east/web", { data: { p: "value-two" }, description: "The Front door" }],
  ["us-east/deep/cache", { data: {}, attributes: { owner: { team: "Caching" } } }],
  ["us-eastern", { data: {}, attributes: { linkConfig: { linkedSecret: "us-east:db" } } }],
];

beforeEach(async () => {
  server = await DsvServer.open();
  for (const [path, body] of SECRETS) {
    expect((await server.call("POST", `/secrets/${path}`, { body })).status).toBe(201);
  }
});
afterEach(() => server.close());

const found = async (query: string, as?: DsvUser) => {
  const { body } = await server.call("GET", `/secrets?${query}`, as ? { as } : {});
  return (body.data as readonly { path: string }[]).map(({ path }) => path);
};

describe("a search", () => {
  it.each([
    ["", ["us-east:db", "us-east:deep:cache", "us-east:web", "us-eastern"]],
    ["searchTerm=", ["us-east:db", "us-east:deep:cache", "us-east:web", "us-eastern"]],
    ["searchTerm=us-east:D", ["us-east:db", "us-east:deep:cache", "us-eastern"]],
    ["searchTerm=us-east/d", ["us-east:db", "us-east:deep:cache"]],
    ["searchTerm=front", ["us-east:web"]],
    ["searchTerm=caching", ["us-east:deep:cache"]],
    ["searchTerm=5432", ["us-east:db"]],
    ["searchTerm=value-one", []],
    ["searchTerm=prod&search.field=attributes.env&search.comparison=equal", ["us-east:db"]],
    ["searchTerm=pro&search.field=attributes.env&search.comparison=equal", []],
    ["searchTerm=pro&search.field=attributes.env&search.comparison=begins_with", ["us-east:db"]],
    ["searchTerm=achin&search.field=attributes.owner.team", ["us-east:deep:cache"]],
    ["searchTerm=5432&search.field=attributes.port&search.type=number", ["us-east:db"]],
    ["searchTerm=543&search.field=attributes.port&search.type=number", []],
    ["searchTerm=Front&search.field=description", ["us-east:web"]],
    [
      "searchTerm=us-east:d&search.field=path&search.comparison=begins_with",
      ["us-east:db", "us-east:deep:cache"],
    ],
    ["searchTerm=us-east:db&search.links=true", ["us-eastern"]],
    ["sort=desc&cursor=", ["us-eastern", "us-east:web", "us-east:deep:cache", "us-east:db"]],
  ])("for %s finds %j", async (query, paths) => {
    expect(await found(query)).toEqual(paths);
  });

  it("comes in parts, without values, and is recorded without what was looked for", async () => {
    const first = await server.call("GET", "/secrets?limit=3&searchTerm=us");
    expect(first.body).toMatchObject({ length: 3, limit: 3, total: 4 });
    const { cursor } = first.body as { cursor: string };
    const rest = await server.call("GET", `/secrets/?limit=3&searchTerm=us&cursor=${cursor}`);
    expect(rest.body).toMatchObject({ cursor: "", data: [{ path: "us-eastern", version: "0" }] });
    expect(first.text + rest.text).not.toContain("value-");
    expect(first.record).toMatchObject({ path: "secrets", action: "GET", status: 200 });
    expect(first.events[0]?.requestData).not.toHaveProperty("searchTerm");
  });

  it.each([
    "search.field=attributes.env",
    "searchTerm=x&search.field=data.p",
    "searchTerm=x&search.field=attributes",
    "searchTerm=x&search.field=attributes.a.b.c.d.e.f.g.h.i",
    "searchTerm=x&search.field=attributes.a&search.type=number",
    "searchTerm=x&search.field=attributes.a&search.comparison=like",
    "cursor=none",
    "limit=many",
  ])("for %s is refused", async (query) => {
    const { status, record } = await server.call("GET", `/secrets?${query}`);
    expect([status, record?.status]).toEqual([400, 400]);
  });
});

describe("the paths below a path", () => {
  it("are listed, as many as are asked for", async () => {
    const { body, events } = await server.call("GET", "/secrets/us-east::listpaths");
    expect(body).toEqual({ data: ["us-east:db", "us-east:deep:cache", "us-east:web"] });
    expect(events).toMatchObject([{ operation: "secret.paths.list" }]);
    const { body: few } = await server.call("GET", "/secrets/us-east:deep::listpaths?limit=1");
    expect(few).toEqual({ data: ["us-east:deep:cache"] });
    expect((await server.call("GET", "/secrets/none::listpaths")).body).toEqual({ data: [] });
  });
});

describe("a policy on paths", () => {
  let bob: DsvUser;
  const policy = (path: string, permission: object) =>
    server.call("POST", "/config/policies", {
      body: {
        path,
        policy: JSON.stringify({
          permissionDocument: [{ subjects: ["users:bob@example.com"], ...permission }],
        }),
        serialization: "json",
      },
    });
  beforeEach(async () => {
    bob = await server.user("bob@example.com");
  });

  it("lets in below it, by path and by id, and nowhere else", async () => {
    await policy("secrets:us-east", {
      actions: ["<create|read|list>"],
      resources: ["secrets:us-east:<.*>"],
    });
    const read = await server.call("GET", "/secrets/us-east/db", { as: bob });
    expect(read.status).toBe(200);
    const byId = await server.call("GET", `/secrets/${read.body.id}`, { as: bob });
    expect(byId.status).toBe(200);
    expect((await server.call("GET", "/secrets/us-east/none", { as: bob })).status).toBe(404);
    expect((await server.call("GET", "/secrets/us-eastern", { as: bob })).status).toBe(403);
    const body = { data: { a: "b" } };
    expect((await server.call("POST", "/secrets/us-east/mine", { as: bob, body })).status).toBe(
      201,
    );
    expect((await server.call("POST", "/secrets/eu/mine", { as: bob, body })).status).toBe(403);
    expect((await server.call("PUT", "/secrets/us-east/db", { as: bob, body })).status).toBe(403);
    expect((await server.call("DELETE", "/secrets/us-east/db", { as: bob })).status).toBe(403);
    const listed = await server.call("GET", "/secrets/us-east/deep::listpaths", { as: bob });
    expect(listed.body).toEqual({ data: ["us-east:deep:cache"] });
    expect((await server.call("GET", "/secrets", { as: bob })).status).toBe(403);
  });

  it("that denies wins, over what allows and over roles", async () => {
    await policy("secrets:us-east", { actions: ["<.*>"] });
    await policy("secrets:us-east:deep", { actions: ["read"], effect: "deny" });
    await policy("secrets:us-east:web", { actions: ["update"], effect: "deny" });
    const call = async (method: "GET" | "PUT", path: string) => {
      const body = method === "PUT" ? { body: { data: { a: "b" } } } : {};
      return (await server.call(method, `/secrets/us-east/${path}`, { as: bob, ...body })).status;
    };
    expect(await call("GET", "deep/cache")).toBe(403);
    expect(await call("GET", "deep/cache::description")).toBe(403);
    expect(await call("GET", "deep/cache/version/0")).toBe(403);
    expect(await call("PUT", "deep/cache")).toBe(200);
    expect(await call("GET", "web")).toBe(200);
    expect(await call("PUT", "web")).toBe(403);
    expect(await call("PUT", "web/rollback/0")).toBe(403);
  });

  it("lists all there is for who may list secrets", async () => {
    await policy("secrets", { actions: ["list"], resources: ["secrets"] });
    expect(await found("searchTerm=web", bob)).toEqual(["us-east:web"]);
  });
});

it("a role for one group of secrets finds and lists no others", async () => {
  const byIbm = (path: string, payload: object) =>
    server.http.send({
      method: "POST",
      url: `/api/v2/${path}`,
      authorization: `Bearer ${server.admin.token}`,
      payload,
      type: "application/json",
    });
  const { id: secretGroup } = (await byIbm("secret_groups", { name: "theirs" })).body;
  const grouped = { name: "us-east.theirs", secret_type: "kv", data: { a: 1 } };
  const made = await byIbm("secrets", { ...grouped, secret_group_id: secretGroup });
  expect(made.status).toBe(201);
  const [{ id: instance } = { id: "" }] = await server.app.state.read(({ identity }) =>
    identity.instances(server.account),
  );
  const bob = await server.user("bob@example.com");
  await server.http.app.done(createPolicy, server.admin.caller, {
    subject: bob.user.iamId,
    roles: ["Reader"],
    resource: { service: "secrets-manager", instance, secretGroup },
  });
  expect(await found("", bob)).toEqual(["us-east.theirs"]);
  expect(await found("searchTerm=us-east", bob)).toEqual(["us-east.theirs"]);
  for (const [path, data] of [
    ["/secrets/::listpaths", ["us-east.theirs"]],
    ["/secrets/us-east::listpaths", []],
  ] as const) {
    expect((await server.call("GET", path, { as: bob })).body).toEqual({ data });
  }
});
