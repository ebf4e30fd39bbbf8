/** Pools and engines as DSV's clients meet them; connections have tests of their own. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { POLICY_DOCUMENT } from "../../../identity/documents/document.ts";
import { newItem } from "../../../items/item.ts";
import { DsvServer } from "./testing/dsv-server.ts";

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

async function pool(name: string): Promise<void> {
  expect((await server.call("POST", "/pools/", { body: { Name: name } })).status).toBe(201);
}

async function engine(name: string, poolName: string) {
  const answer = await server.call("POST", "/engines/", { body: { name, poolName } });
  expect(answer.status).toBe(201);
  return answer;
}

/** A document that lets somebody do something, whoever else may. */
async function document(
  subject: string,
  { actions, resources, effect = "allow" }: Record<string, string | readonly string[]>,
): Promise<void> {
  const permission = {
    id: "1",
    description: "",
    subjects: [subject],
    effect: effect as "allow" | "deny",
    resources: resources as readonly string[],
    actions: actions as readonly string[],
    conditions: {},
  };
  const given = {
    account: server.account,
    name: String(resources),
    content: { permissionDocument: [permission] },
  };
  const hand = { by: "users:test", now: server.app.clock.now() };
  await server.app.state.transact((tx) => tx.items.putItem(newItem(POLICY_DOCUMENT, given, hand)));
}

describe("a pool", () => {
  it("is made, read, listed and deleted, each on the record", async () => {
    const made = await server.call("POST", "/pools/", { body: { name: "edge" } });
    expect(made.body).toMatchObject({
      name: "edge",
      version: "0",
      createdBy: "users:admin@example.com",
    });
    expect(made.record).toMatchObject({ path: "pools", action: "POST", status: 201 });
    expect(made.events[0]).toMatchObject({
      operation: "pool.create",
      action: "secrets-manager.engine-pool.create",
      requestData: { name: "edge" },
      responseData: { id: made.body.id },
    });
    const read = await server.call("GET", "/pools/edge");
    expect(read.body).toEqual(made.body);
    expect(read.record).toMatchObject({ path: "pools:edge", action: "GET", status: 200 });
    await pool("inner");
    const listed = await server.call("GET", "/pools?searchTerm=&sort=desc&limit=1");
    expect(listed.body).toMatchObject({
      pools: [{ name: "inner" }],
      length: 1,
      limit: 1,
      total: 2,
    });
    const next = await server.call("GET", `/pools?sort=desc&limit=1&cursor=${listed.body.cursor}`);
    expect(next.body).toMatchObject({ pools: [{ name: "edge" }], cursor: "" });
    const gone = await server.call("DELETE", "/pools/edge?force=true");
    expect([gone.status, gone.text]).toEqual([204, ""]);
    expect(gone.record).toMatchObject({ path: "pools:edge", action: "DELETE", status: 204 });
    expect((await server.call("GET", "/pools/edge")).status).toBe(404);
  });

  it("is not made twice, nor by a name that paths cannot hold", async () => {
    await pool("edge");
    const twice = await server.call("POST", "/pools", { body: { name: "edge" } });
    expect(twice.body).toEqual({ code: 400, message: "a pool with this name already exists" });
    expect(twice.record).toMatchObject({ path: "pools", status: 400 });
    for (const name of ["a b", "a/b", "a:b", "", "x".repeat(101), "<.*>"]) {
      const refused = await server.call("POST", "/pools", { body: { name } });
      expect([name, refused.status]).toEqual([name, 400]);
      expect(refused.events[0]).toMatchObject({ operation: "pool.create", requestData: {} });
    }
  });

  it("stays while there are engines in it, forced or not", async () => {
    await pool("edge");
    await engine("e1", "edge");
    for (const path of ["/pools/edge", "/pools/edge?force=true"]) {
      const refused = await server.call("DELETE", path);
      expect(refused.body).toEqual({
        code: 400,
        message: "The pool has an engine in it: delete them first.",
      });
      expect(refused.record).toMatchObject({ path: "pools:edge", status: 400 });
    }
    expect((await server.call("DELETE", "/engines/e1")).status).toBe(200);
    expect((await server.call("DELETE", "/pools/edge")).status).toBe(204);
  });
});

describe("an engine", () => {
  beforeEach(() => pool("edge"));

  it("is given its private key once, which nothing keeps and nothing records", async () => {
    const made = await engine("e1", "edge");
    const { privateKey, publicKey, endpoint, id } = made.body;
    expect(publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(privateKey).toMatch(/-----BEGIN PRIVATE KEY-----\n/);
    expect(endpoint).toBe(`ws://tenant.keytrail.test/v1/engines/${id}/connection`);
    expect(made.record).toMatchObject({ path: "engines", action: "POST", status: 201 });
    const read = await server.call("GET", "/engines/e1");
    expect(read.body).toEqual({
      ...made.body,
      privateKey: undefined,
      lastHeartbeat: "",
    });
    expect(read.record).toMatchObject({ path: "engines:e1", action: "GET", status: 200 });
    const secret = privateKey.split("\n")[3];
    expect(secret.length).toBeGreaterThan(40);
    expect(JSON.stringify(server.app.events())).not.toContain(secret);
    const kept = server.app.database.all("SELECT content FROM items");
    expect(JSON.stringify(kept)).not.toContain(secret);
  });

  it("is of a pool that there is", async () => {
    const body = { name: "e1", poolName: "nope" };
    const refused = await server.call("POST", "/engines", { body });
    expect(refused.body).toEqual({ code: 400, message: "specified pool doesn't exist" });
    expect(refused.record).toMatchObject({
      path: "engines",
      status: 400,
      message: "specified pool doesn't exist",
    });
    await engine("e1", "edge");
    const again = await server.call("POST", "/engines", { body: { ...body, poolName: "edge" } });
    expect(again.body.message).toBe("an engine with this name already exists");
  });

  it("is listed by its pool and its name", async () => {
    await pool("inner");
    await engine("a1", "edge");
    await engine("a2", "inner");
    await engine("b1", "inner");
    const names = async (query: string) =>
      (await server.call("GET", `/engines${query}`)).body.engines;
    expect(await names("")).toEqual([
      { name: "a1", poolName: "edge" },
      { name: "a2", poolName: "inner" },
      { name: "b1", poolName: "inner" },
    ]);
    expect(await names("?poolName=inner&searchTerm=a")).toEqual([
      { name: "a2", poolName: "inner" },
    ]);
    expect(await names("?sort=desc&sortedBy=name&poolName=")).toMatchObject([
      { name: "b1" },
      { name: "a2" },
      { name: "a1" },
    ]);
  });

  it("is listed by when it was changed, or made, as its pool is", async () => {
    for (const name of ["b1", "a1"]) {
      server.app.clock.advance(1_000);
      await engine(name, "edge");
    }
    for (const sortedBy of ["lastModified", "created"]) {
      const { body } = await server.call("GET", `/engines?sortedBy=${sortedBy}`);
      expect(body.engines).toMatchObject([{ name: "b1" }, { name: "a1" }]);
    }
  });

  it("that is not connected answers no ping, and that is recorded", async () => {
    await engine("e1", "edge");
    const ping = await server.call("POST", "/engines/e1/ping");
    expect(ping.body).toEqual({ code: 503, message: "engine is not connected" });
    expect(ping.record).toMatchObject({
      path: "engines:e1:ping",
      action: "POST",
      status: 503,
      message: "engine is not connected",
    });
    expect(ping.events[0]).toMatchObject({
      action: "secrets-manager.engine.test",
      outcome: "failure",
    });
    expect((await server.call("POST", "/engines/none/ping")).status).toBe(404);
  });

  it("is deleted with 200, and with 204 where that is forced", async () => {
    await engine("e1", "edge");
    await engine("e2", "edge");
    const soft = await server.call("DELETE", "/engines/e1");
    const hard = await server.call("DELETE", "/engines/e2?force=true");
    expect([soft.status, soft.record?.status, soft.record?.path]).toEqual([200, 200, "engines:e1"]);
    expect([hard.status, hard.record?.status]).toEqual([204, 204]);
    expect((await server.call("DELETE", "/engines/e1")).status).toBe(404);
  });

  it("is a Manager's to make, a Reader's to see and to ping, and nobody else's", async () => {
    await engine("e1", "edge");
    const reader = await server.user("reader@example.com", ["Reader"]);
    const nobody = await server.user("nobody@example.com");
    const body = { name: "e2", poolName: "edge" };
    const status = async (
      as: typeof reader,
      ...[method, path, sent]: [Parameters<DsvServer["call"]>[0], string, object?]
    ) => (await server.call(method, path, { as, ...(sent ? { body: sent } : {}) })).status;
    expect(await status(reader, "GET", "/engines/e1")).toBe(200);
    expect(await status(reader, "POST", "/engines/e1/ping")).toBe(503);
    expect(await status(reader, "POST", "/engines", body)).toBe(403);
    expect(await status(reader, "DELETE", "/pools/edge")).toBe(403);
    expect(await status(nobody, "GET", "/engines")).toBe(403);
    expect(await status(nobody, "GET", "/engines/e1")).toBe(403);
    expect(await status(nobody, "GET", "/engines/none")).toBe(403);
    expect(await status(nobody, "POST", "/engines/e1/ping")).toBe(403);
  });

  it("is what policy documents say of its path", async () => {
    await engine("e1", "edge");
    await engine("e2", "edge");
    const ada = await server.user("ada@example.com");
    await document("users:ada@example.com", {
      actions: ["read", "update"],
      resources: ["engines:e1"],
    });
    const status = async (method: "GET" | "POST" | "DELETE", path: string) =>
      (await server.call(method, path, { as: ada })).status;
    expect(await status("GET", "/engines/e1")).toBe(200);
    expect(await status("POST", "/engines/e1/ping")).toBe(503);
    expect(await status("DELETE", "/engines/e1")).toBe(403);
    expect(await status("GET", "/engines/e2")).toBe(403);
    expect(await status("GET", "/engines")).toBe(403);
    await document("users:ada@example.com", { actions: ["list", "create"], resources: ["pools"] });
    expect(await status("GET", "/pools")).toBe(200);
    expect((await server.call("POST", "/pools", { as: ada, body: { name: "p" } })).status).toBe(
      201,
    );
  });
});
