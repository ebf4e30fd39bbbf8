/** Policy documents by DSV's wire: what its clients send and get, what is recorded, and that they hold. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderDsv } from "../../../audit/render/dsv.ts";
import { DsvServer, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;
let bob: DsvUser;

beforeEach(async () => {
  server = await DsvServer.open();
  bob = await server.user("bob@example.com");
});
afterEach(() => server.close());

const PATH = "secrets:us-east";
const ALLOW = {
  description: "",
  subjects: ["users:bob@example.com"],
  effect: "allow",
  actions: ["read"],
  conditions: {},
};

/** As `dsv policy create` sends it. */
const sent = (permissions: object | readonly object[], path = PATH) => ({
  path,
  policy: JSON.stringify({ permissionDocument: [permissions].flat() }),
  serialization: "json",
});

const create = (permissions: object | readonly object[] = ALLOW, path = PATH) =>
  server.call("POST", "/config/policies/", { body: sent(permissions, path) });

const put = (permissions: object, path = "secrets/us-east") => {
  const { policy, serialization } = sent(permissions);
  return server.call("PUT", `/config/policies/${path}`, { body: { policy, serialization } });
};

describe("a policy", () => {
  it("is made as the command line makes one, and read back", async () => {
    const made = await create({ ...ALLOW, id: "", meta: null, resources: null, conditions: null });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(String),
      path: PATH,
      version: "0",
      created: "2026-11-21T09:00:00Z",
      createdBy: "users:admin@example.com",
      lastModified: "2026-11-21T09:00:00Z",
      lastModifiedBy: "users:admin@example.com",
      permissionDocument: [
        {
          ...ALLOW,
          id: expect.any(String),
          meta: null,
          resources: [PATH, `${PATH}:<.*>`],
        },
      ],
    });
    expect(made.record).toMatchObject({ path: "config:policies", action: "POST", status: 201 });
    expect(made.events[0]).toMatchObject({
      action: "iam-am.policy-document.create",
      requestData: {
        path: PATH,
        permissions: [
          {
            effect: "allow",
            subjects: ["users:bob@example.com"],
            actions: ["read"],
            resources: [PATH, `${PATH}:<.*>`],
          },
        ],
      },
    });
    for (const path of ["secrets:us-east", "secrets/us-east", "secrets%3Aus-east"]) {
      const read = await server.call("GET", `/config/policies/${path}`);
      expect([read.status, read.body]).toEqual([200, made.body]);
      expect(read.record).toMatchObject({ path: `config:policies:${PATH}`, action: "GET" });
    }
    expect((await create()).body).toMatchObject({ code: 400, message: /already exists/ });
  });

  it("is written as YAML, as an object, or by its permissions alone", async () => {
    const policy = `permissionDocument:
- actions: "<.*>"
  Subjects: groups:West Admins
  resources:
  - secrets/us-west/<.*>
  conditions:
    remoteIP:
      type: CIDRCondition
      options: {cidr: 192.168.0.1/16}
  meta:
`;
    const body = { path: "secrets/us-west", policy, serialization: "yaml" };
    const yaml = await server.call("POST", "/config/policies", { body });
    expect(yaml.body.permissionDocument).toMatchObject([
      {
        effect: "allow",
        subjects: ["groups:west admins"],
        actions: ["<.*>"],
        resources: ["secrets:us-west:<.*>"],
        conditions: { remoteIP: { type: "CIDRCondition", options: { cidr: "192.168.0.1/16" } } },
      },
    ]);
    expect(yaml.events[0]?.requestData).toMatchObject({
      permissions: [{ cidrs: ["192.168.0.1/16"] }],
    });
    const object = { path: "a", Policy: { permissionDocument: [ALLOW] } };
    expect((await server.call("POST", "/config/policies", { body: object })).status).toBe(201);
    const bare = { path: "b", permissionDocument: [ALLOW] };
    expect((await server.call("POST", "/config/policies", { body: bare })).status).toBe(201);
  });

  it("has versions, which are read and rolled back to", async () => {
    await create();
    const second = await put({ ...ALLOW, actions: ["<read|update>", "LIST"] });
    expect(second.body).toMatchObject({
      version: "1",
      permissionDocument: [{ actions: ["<read|update>", "list"] }],
    });
    expect(second.events[0]?.requestData).toMatchObject({
      permissions: [{ actions: ["<read|update>", "list"] }],
      previous: [{ actions: ["read"] }],
    });
    const first = await server.call("GET", "/config/policies/secrets/us-east/version/0");
    expect(first.body).toMatchObject({ version: "0", permissionDocument: [{ actions: ["read"] }] });
    expect(first.record?.path).toBe(`config:policies:${PATH}:version:0`);
    const back = await server.call("PUT", "/config/policies/secrets/us-east/rollback/0");
    expect(back.body).toMatchObject({ version: "2", permissionDocument: [{ actions: ["read"] }] });
    expect(back.record).toMatchObject({ path: `config:policies:${PATH}:rollback:0`, status: 200 });
    for (const [method, call] of [
      ["GET", "version"],
      ["PUT", "rollback"],
    ] as const) {
      const missing = await server.call(method, `/config/policies/${PATH}/${call}/7`);
      expect(missing.body).toMatchObject({ code: 404 });
      expect(missing.record).toMatchObject({
        path: `config:policies:${PATH}:${call}:7`,
        status: 404,
      });
    }
  });

  it("that was read, edited and sent whole is refused once somebody else has written it", async () => {
    const { body } = await create();
    const whole = { ...body, permissionDocument: [{ ...ALLOW, actions: ["list"] }] };
    const policy = JSON.stringify(whole);
    const at = "/config/policies/secrets:us-east";
    const edited = await server.call("PUT", at, { body: { policy, serialization: "json" } });
    expect(edited.status).toBe(200);
    const again = await server.call("PUT", at, { body: { policy, serialization: "json" } });
    expect(again.body).toMatchObject({ code: 400, message: /version 1/ });
    expect((await server.call("GET", at)).body.version).toBe("1");
  });

  it("is listed by its path, in parts", async () => {
    for (const path of ["secrets:a", "secrets:b", "users:c"]) await create(ALLOW, path);
    const found = await server.call("GET", "/config/policies?searchTerm=SECRETS&limit=1&cursor=");
    expect(found.body).toMatchObject({
      length: 1,
      limit: 1,
      total: 2,
      data: [{ path: "secrets:a" }],
    });
    const cursor = encodeURIComponent(found.body.cursor);
    const rest = await server.call("GET", `/config/policies/?searchTerm=secrets&cursor=${cursor}`);
    expect(rest.body).toMatchObject({ cursor: "", data: [{ path: "secrets:b" }] });
    expect(rest.record).toMatchObject({ path: "config:policies", action: "GET", status: 200 });
  });
});

describe("a deleted policy", () => {
  const at = "/config/policies/secrets:us-east";

  it("can be had back, and is gone by force or after three days", async () => {
    await create();
    const gone = await server.call("DELETE", at);
    expect([gone.status, gone.body]).toEqual([
      200,
      { message: expect.stringMatching("will be removed") },
    ]);
    expect(gone.record).toMatchObject({ path: `config:policies:${PATH}`, status: 200 });
    expect(gone.events[0]?.requestData).toMatchObject({ previous: [{ effect: "allow" }] });
    expect((await server.call("GET", at)).body).toMatchObject({
      code: 404,
      message: /marked for deletion and will be removed/,
    });
    expect((await create()).body).toMatchObject({ code: 400, message: /marked for deletion/ });
    const back = await server.call("PUT", `${at}/restore`);
    expect([back.status, back.text]).toEqual([200, ""]);
    expect(back.record).toMatchObject({ path: `config:policies:${PATH}:restore`, action: "GET" });
    expect((await server.call("GET", `${at}/restore`)).status).toBe(400);
    await server.call("DELETE", at);
    const forced = await server.call("DELETE", `${at}?force=true`);
    expect([forced.status, forced.text, forced.record?.status]).toEqual([204, "", 204]);
    expect((await server.call("GET", at)).body).toEqual({
      code: 404,
      message: "unable to find item with specified identifier",
    });
  });
});

describe("what is no policy", () => {
  const SECRET = "hunter2-hunter2";

  it.each<readonly [string, object]>([
    ["no permissions", { path: "a", policy: '{"permissionDocument":[]}' }],
    ["no document", { path: "a" }],
    ["no JSON", { path: "a", policy: `{${SECRET}` }],
    ["a path that is a pattern", sent(ALLOW, `secrets:<${SECRET}>`)],
    ["no subjects", sent({ ...ALLOW, subjects: [] })],
    ["a subject of no kind", sent({ ...ALLOW, subjects: [SECRET] })],
    ["an unknown action", sent({ ...ALLOW, actions: [SECRET] })],
    ["an expression that meets no action", sent({ ...ALLOW, actions: [`<${SECRET}>`] })],
    ["an unknown effect", sent({ ...ALLOW, effect: SECRET })],
    ["an unknown field", sent({ ...ALLOW, [SECRET]: 1 })],
    ["a resource elsewhere", sent({ ...ALLOW, resources: [`secrets:${SECRET}`] })],
    ["a resource that only begins like the path", sent({ ...ALLOW, resources: [`${PATH}<.*>`] })],
    ["a resource by an expression", sent({ ...ALLOW, resources: ["<secrets:us-east.*>"] })],
    ["somebody else's home", sent({ ...ALLOW, resources: ["home:users:eve:<.*>"] })],
    ["a bracket that breaks out", sent({ ...ALLOW, resources: [`${PATH}:<a)|(?:.*>`] })],
    ["quoting that breaks out", sent({ ...ALLOW, resources: [`${PATH}:<\\Qa>b<\\E)|(?:.*>`] })],
    ["a counted repetition", sent({ ...ALLOW, subjects: ["users:<(a{1000}){1000}>"] })],
    ["a star in a name", sent({ ...ALLOW, resources: [`${PATH}:*`] })],
    ["another condition", sent({ ...ALLOW, conditions: { time: { type: SECRET, options: {} } } })],
    ["another type of condition", sent({ ...ALLOW, conditions: { remoteIP: { type: SECRET } } })],
    [
      "no range of addresses",
      sent({
        ...ALLOW,
        conditions: { remoteIP: { type: "CIDRCondition", options: { cidr: SECRET } } },
      }),
    ],
    [
      "two permissions of one id",
      sent([
        { ...ALLOW, id: "a" },
        { ...ALLOW, id: "a" },
      ]),
    ],
    ["too many permissions", sent(Array.from({ length: 101 }, () => ALLOW))],
    ["a tag of YAML", { path: "a", policy: `a: !!js/function ${SECRET}`, serialization: "yaml" }],
    ["an alias", { path: "a", policy: "a: &x [1]\nb: *x", serialization: "yaml" }],
    ["lists in lists", { path: "a", policy: "- ".repeat(5_000), serialization: "yml" }],
    ["brackets in brackets", { path: "a", policy: "[".repeat(5_000), serialization: "yml" }],
    ["another serialization", { path: "a", policy: "{}", serialization: SECRET }],
  ])("is refused, recorded and not quoted: %s", async (_, body) => {
    const refused = await server.call("POST", "/config/policies", { body });
    expect(refused.body).toMatchObject({ code: 400, message: expect.any(String) });
    expect(refused.text).not.toContain(SECRET);
    expect(refused.events).toHaveLength(1);
    expect(refused.record).toMatchObject({ path: "config:policies", action: "POST", status: 400 });
    expect(JSON.stringify(refused.events)).not.toContain(SECRET);
    expect((await server.call("GET", "/config/policies")).body.total).toBe(0);
  });
});

it("is recorded by its path also of whoever is nobody", async () => {
  const refused = await server.call("GET", "/config/policies/secrets/us-east/", { as: null });
  expect(refused.record).toMatchObject({ path: "config:policies:secrets:us-east", status: 401 });
  const version = await server.call("GET", "/config/policies/a:b/version/1", { as: null });
  expect(version.record?.path).toBe("config:policies:a:b:version:{version}");
  const pattern = await server.call("GET", "/config/policies/%3Ca%3E", { as: null });
  expect(pattern.record?.path).toBe("config:policies:{path}");
});

describe("a policy holds", () => {
  it("from the moment on that it is there: the readers of the trail", async () => {
    const body = { name: "audit-readers" };
    const group = await server.http.app.parts.state.read(() => Promise.resolve(body));
    expect(group.name).toBe("audit-readers");
    const asked = () => server.call("GET", "/config/policies", { as: bob });
    expect(await asked()).toMatchObject({ status: 403, body: { message: "Invalid permissions" } });
    await create(
      { ...ALLOW, actions: ["list"], resources: ["config:policies"] },
      "config:policies",
    );
    expect((await asked()).status).toBe(200);
    await server.call("DELETE", "/config/policies/config:policies");
    const refused = await asked();
    expect(refused.status).toBe(403);
    expect(refused.events.map(renderDsv)).toMatchObject([
      { principal: "users:bob@example.com", status: 403, path: "config:policies" },
    ]);
  });
});
