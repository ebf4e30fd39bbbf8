import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DsvServer } from "./testing/dsv-server.ts";

let server: DsvServer;

beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

const VALUE = { username: "admin", password: "s3cret-value" };
const at = "/secrets/us-east/server02";

async function made(path = at, body: object = { data: VALUE }) {
  const answer = await server.call("POST", path, { body });
  expect(answer.status).toBe(201);
  return answer;
}

describe("a secret by its path", () => {
  it("is created, and read, with colons or slashes, in DSV's form", async () => {
    const { body, record } = await made(at, {
      Data: VALUE,
      Attributes: { env: "prod" },
      Description: "a server",
      Overwrite: false,
    });
    const expected = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      path: "us-east:server02",
      version: "0",
      data: VALUE,
      attributes: { env: "prod" },
      description: "a server",
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      createdBy: "users:admin@example.com",
      lastModified: expect.stringMatching(/Z$/),
      lastModifiedBy: "users:admin@example.com",
    };
    expect(body).toEqual(expected);
    expect(record).toMatchObject({ action: "POST", path: "secrets:us-east:server02", status: 201 });

    for (const path of [
      at,
      "/secrets/us-east:server02",
      "/secrets//us-east//server02/?edit=false",
    ]) {
      const read = await server.call("GET", path);
      expect(read.body).toEqual(expected);
      expect(read.record).toMatchObject({
        action: "GET",
        path: "secrets:us-east:server02",
        status: 200,
        principal: "users:admin@example.com",
      });
    }
  });

  it("is read by its id, in the query and in the path's place", async () => {
    const { id } = (await made()).body;
    for (const path of [`/secrets/${id}`, `/secrets?id=${id}`, `/secrets/?ID=${id}&edit=true`]) {
      const read = await server.call("GET", path.replace("ID", "id"));
      expect(read.body).toMatchObject({ id, data: VALUE });
      expect(read.record).toMatchObject({ path: "secrets:us-east:server02", status: 200 });
    }
    expect(
      (await server.call("PUT", `/secrets?id=${id}`, { body: { description: "x" } })).body,
    ).toMatchObject({ id, description: "x" });
    expect((await server.call("DELETE", `/secrets?id=${id}&force=true`)).status).toBe(204);
    const gone = await server.call("GET", `/secrets/${id}`);
    expect(gone.body).toEqual({
      code: 404,
      message: "unable to find item with specified identifier",
    });
    expect(gone.record).toMatchObject({ path: `secrets:${id}`, status: 404 });
  });

  it("is called by no id that is none, and what is typed there is in no event", async () => {
    for (const path of ["/secrets?id=hunter2-word", "/secrets/db?id=hunter2-word"]) {
      const refused = await server.call("GET", path);
      expect([refused.status, refused.record?.status]).toEqual([400, 400]);
      expect(JSON.stringify(refused.events)).not.toContain("hunter2");
    }
  });

  it("keeps its id to itself, whatever other ones are called", async () => {
    const { id } = (await made()).body;
    await made(`/secrets/${id}`, { data: { username: "somebody else" } });
    expect((await server.call("GET", `/secrets/${id}`)).body).toMatchObject({ id, data: VALUE });
  });

  it("is the same however its address is written", async () => {
    await made();
    for (const path of ["/sec%72ets/us-east/server02", "/%73ecrets/us-east%2Fserver0%32"]) {
      const { status, record } = await server.call("GET", path);
      expect([status, record?.path]).toEqual([200, "secrets:us-east:server02"]);
    }
  });

  it("that is not there is told by its path, and recorded with it", async () => {
    const { status, body, record } = await server.call("GET", "/secrets/no/such");
    expect(status).toBe(404);
    expect(body).toEqual({ code: 404, message: "unable to find item with specified identifier" });
    expect(record).toMatchObject({ path: "secrets:no:such", action: "GET", status: 404 });
    const described = await server.call("GET", "/secrets/no/such::description");
    expect(described.record).toMatchObject({ path: "secrets:no:such::description", status: 404 });
  });

  it("is not recorded with a path that is no path", async () => {
    const { record } = await server.call("GET", "/secrets/what%20I%20typed");
    expect(record?.path).toBe("secrets:{path}");
  });

  it("is described without its value", async () => {
    await made(at, { data: VALUE, description: "a server" });
    const { body, record } = await server.call("GET", `${at}::description`);
    expect(body).toMatchObject({ path: "us-east:server02", description: "a server", version: "0" });
    expect(body).not.toHaveProperty("data");
    expect(record).toMatchObject({ path: "secrets:us-east:server02::description", status: 200 });
  });

  it.each([
    ["GET", "read"],
    ["PUT", "update"],
    ["DELETE", "delete"],
  ] as const)("keeps %s from whoever may not, in DSV's words", async (method, word) => {
    await made();
    const stranger = await server.user("stranger@example.com");
    const body = method === "PUT" ? { data: { a: "b" } } : undefined;
    for (const path of [at, `/secrets/none-${word}`]) {
      const refused = await server.call(method, path, { as: stranger, ...(body ? { body } : {}) });
      expect(refused.body).toEqual({ code: 403, message: "Invalid permissions" });
      expect(refused.record).toMatchObject({
        status: 403,
        path: `secrets:${path.slice("/secrets/".length).replaceAll("/", ":")}`,
      });
    }
  });
});

describe("a path that is taken or no path", () => {
  it("is refused in DSV's words, and leaves what is there", async () => {
    await made();
    const { status, body, record } = await server.call("POST", at, {
      body: { data: { other: "1" } },
    });
    const message = "error creating secret, secret at path already exists";
    expect([status, body]).toEqual([400, { code: 400, message }]);
    expect(record).toMatchObject({ status: 400, message });
    expect((await server.call("GET", at)).body.data).toEqual(VALUE);
  });

  it("is refused while a deleted secret has it", async () => {
    await made();
    await server.call("DELETE", at);
    const refused = await server.call("POST", at, { body: { data: { other: "1" } } });
    expect(refused.status).toBe(400);
    expect(refused.body.message).toContain("marked for deletion and will be removed");
    await server.call("PUT", `${at}/restore`);
    expect((await server.call("GET", at)).body.data).toEqual(VALUE);
  });

  it.each(["a/$b", "a/--", "sp%20ace", "x".repeat(513), "a=b"])("is refused: %s", async (path) => {
    const { status, body } = await server.call("POST", `/secrets/${path}`, { body: { data: {} } });
    expect(status).toBe(400);
    expect(body.errors).toHaveProperty("path");
  });

  it.each([
    [{ data: "text" }],
    [{ data: ["a"] }],
    [{ data: 5 }],
    [{}],
    [{ data: {}, attributes: "no" }],
    [{ data: {}, secretOfMine: "hush" }],
  ])("nor is anything made of the body %j", async (body) => {
    const refused = await server.call("POST", at, { body });
    expect(refused.body).toMatchObject({ code: 400, message: expect.any(String) });
    expect(refused.events).toHaveLength(1);
    expect(refused.events[0]).toMatchObject({ operation: "secret.create", requestData: {} });
    expect((await server.call("GET", at)).status).toBe(404);
  });

  it("takes a form too", async () => {
    const form = new URLSearchParams({ data: '{"a":"b"}', description: "of a form" }).toString();
    const { status, body } = await server.call("POST", at, { body: form });
    expect([status, body.data, body.description]).toEqual([201, { a: "b" }, "of a form"]);
  });
});
