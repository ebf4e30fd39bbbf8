/** Secrets by DSV's wire through their lives: new values and old ones, deletion and what can be had back. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Schedule } from "../../../app/schedule.ts";
import { deletionJob } from "../../../app/secrets/jobs.ts";
import { renderDsv } from "../../../audit/render/dsv.ts";
import { RECOVERY_MS } from "../../../items/item.ts";
import { DsvServer } from "./testing/dsv-server.ts";

let server: DsvServer;

beforeEach(async () => {
  server = await DsvServer.open();
  await server.call("POST", at, { body: { data: FIRST, attributes: { env: "dev" } } });
});
afterEach(() => server.close());

const FIRST = { username: "admin", password: "first-value" };
const at = "/secrets/us-east/server02";

const put = (body: object, path = at) => server.call("PUT", path, { body });
const data = async () => (await server.call("GET", at)).body.data;

describe("an update", () => {
  it("puts members into the value, unless it is to replace it", async () => {
    const merged = await put({ Data: { password: "second-value", port: 5432 }, Overwrite: false });
    const whole = { username: "admin", password: "second-value", port: 5432 };
    expect(merged.body).toMatchObject({ version: "1", path: "us-east:server02", data: whole });
    expect(merged.record).toMatchObject({
      action: "PUT",
      path: "secrets:us-east:server02",
      status: 200,
    });
    expect(await data()).toEqual(whole);

    const replaced = await put({ data: { only: "this" }, overwrite: true });
    expect(replaced.body).toMatchObject({ version: "2", data: { only: "this" } });
    expect(replaced.events.map(({ operation }) => operation)).toEqual(["secret.update"]);
    expect(await data()).toEqual({ only: "this" });
  });

  it("tells the members that it has not given to those only who may read, as a reading", async () => {
    const told = await put({ data: { port: 1 } });
    expect(told.events.map(({ operation }) => operation)).toEqual(["secret.update", "secret.read"]);
    const writer = await server.user("writer@example.com");
    await server.call("POST", "/config/policies", {
      body: {
        path: "secrets:us-east",
        policy: JSON.stringify({
          permissionDocument: [{ subjects: ["users:writer@example.com"], actions: ["update"] }],
        }),
        serialization: "json",
      },
    });
    const untold = await server.call("PUT", at, { as: writer, body: { data: { port: 2 } } });
    expect(untold.status).toBe(200);
    expect(untold.body).not.toHaveProperty("data");
    expect(untold.body).toMatchObject({ lastModifiedBy: "users:writer@example.com", version: "2" });
    expect(untold.events.map(({ operation }) => operation)).toEqual(["secret.update"]);
    expect(await data()).toEqual({ ...FIRST, port: 2 });
    expect((await server.call("GET", at)).body).toMatchObject({
      createdBy: "users:admin@example.com",
      lastModifiedBy: "users:writer@example.com",
    });
  });

  it("of what is said of a secret makes no version", async () => {
    const { body, events, record } = await put({ attributes: { env: "prod" }, description: "new" });
    expect(body).toMatchObject({ version: "0", attributes: { env: "prod" }, description: "new" });
    expect(events).toMatchObject([
      {
        operation: "secret.metadata.update",
        responseData: { changes: [{ field: "description" }, { field: "customMetadata" }] },
      },
    ]);
    expect(record).toMatchObject({ path: "secrets:us-east:server02", action: "PUT", status: 200 });
    expect(await data()).toEqual(FIRST);
  });

  it("says nothing of values in any record", async () => {
    await put({ data: { password: "hush-value", "hush-key": 1 } });
    await server.call("POST", at, { body: { data: { a: "hush-value" }, "hush-field": 1 } });
    expect(JSON.stringify(server.app.events())).not.toMatch(/hush|first-value/);
  });

  it.each([[{ data: "hush" }], [{}], [{ overwrite: true }], [{ data: {}, attributes: 5 }]])(
    "with the body %j is refused, recorded, and changes nothing",
    async (body) => {
      const refused = await put(body);
      expect([refused.status, refused.record?.status]).toEqual([400, 400]);
      expect(refused.events).toHaveLength(1);
      expect((await server.call("GET", at)).body.version).toBe("0");
    },
  );
});

describe("a version", () => {
  beforeEach(async () => {
    await put({ data: { password: "second-value" } });
    await put({ data: { password: "third-value" } });
  });

  it("is read by its number beside the current one, each a reading of its own", async () => {
    const { body, record, events } = await server.call("GET", `${at}/version/0`);
    expect(body.data).toMatchObject([
      { version: "2", path: "us-east:server02", data: { password: "third-value" } },
      { version: "0", path: "us-east:server02", data: FIRST },
    ]);
    expect(record).toMatchObject({ path: "secrets:us-east:server02:version:0", status: 200 });
    expect(events.map((event) => renderDsv(event).path)).toEqual([
      "secrets:us-east:server02:version:0",
      "secrets:us-east:server02",
    ]);
    const current = await server.call("GET", `${at}/version/2`);
    expect(current.body.data).toMatchObject([{ version: "2", data: { password: "third-value" } }]);
    expect(current.events).toHaveLength(1);
  });

  it.each(["7", "-1", "first"])("%s, which there is not, is not found", async (version) => {
    for (const [method, verb] of [
      ["GET", "version"],
      ["PUT", "rollback"],
    ] as const) {
      const refused = await server.call(method, `${at}/${verb}/${version}`);
      expect([refused.status, refused.record?.status]).toEqual([404, 404]);
      expect(refused.record?.path).toMatch(/^secrets:us-east:server02:/);
    }
  });

  it("is rolled back to by a new one of its value", async () => {
    const { status, body, record, events } = await server.call("PUT", `${at}/rollback/0`);
    expect([status, body.version]).toEqual([200, "3"]);
    expect(body).not.toHaveProperty("data");
    expect(record).toMatchObject({
      path: "secrets:us-east:server02:rollback:0",
      action: "PUT",
      status: 200,
    });
    expect(events).toMatchObject([{ operation: "version.rollback" }]);
    expect(await data()).toEqual(FIRST);
    const old = await server.call("GET", `${at}/version/1`);
    expect(old.body.data[1].data).toEqual({ ...FIRST, password: "second-value" });
  });
});

describe("a deletion", () => {
  it("can be taken back for 72 hours", async () => {
    const { status, body, record } = await server.call("DELETE", at);
    expect(status).toBe(200);
    expect(body.message).toMatch(
      /^secret us-east:server02 .*marked for deletion and will be removed.* on 2026-11-24T09:00:00Z$/,
    );
    expect(record).toMatchObject({
      action: "DELETE",
      path: "secrets:us-east:server02",
      status: 200,
    });
    for (const [method, path] of [
      ["GET", at],
      ["GET", `${at}::description`],
      ["GET", `${at}/version/0`],
      ["PUT", at],
      ["PUT", `${at}/rollback/0`],
      ["DELETE", at],
    ] as const) {
      const given = method === "PUT" ? { body: { data: { a: 1 } } } : {};
      const refused = await server.call(method, path, given);
      expect([method, path, refused.status]).toEqual([method, path, 404]);
      expect(refused.body.message).toMatch(/marked for deletion and will be removed/);
    }
    expect((await server.call("GET", "/secrets")).body.data).toEqual([]);
  });

  it.each(["GET", "PUT"] as const)("is taken back by %s, with an empty answer", async (method) => {
    await server.call("DELETE", at);
    const { status, text, record } = await server.call(method, `${at}/restore`);
    expect([status, text]).toEqual([200, ""]);
    expect(record).toMatchObject({
      path: "secrets:us-east:server02:restore",
      action: "GET",
      status: 200,
    });
    expect(await data()).toEqual(FIRST);
  });

  it("is over after 72 hours, and not before", async () => {
    await server.call("DELETE", at);
    const schedule = new Schedule({
      jobs: [deletionJob(server.app)],
      clock: server.app.clock,
      onError: (_job, error) => expect.unreachable(String(error)),
    });
    const start = server.app.clock.now();
    server.app.clock.set(start + RECOVERY_MS - 1);
    await schedule.pass();
    expect(server.app.lastEvent().operation).not.toBe("version.deletion.end");
    server.app.clock.set(start + RECOVERY_MS);
    await schedule.pass();
    const later = await server.user("later@example.com", ["Manager"]);
    const gone = await server.call("PUT", `${at}/restore`, { as: later });
    expect(gone.body.message).toBe("unable to find item with specified identifier");
    const anew = await server.call("POST", at, { as: later, body: { data: { a: "new" } } });
    expect(anew.body).toMatchObject({ version: "0", data: { a: "new" } });
  });

  it.each([false, true])("by force is at once, also where it waits already: %s", async (waits) => {
    if (waits) await server.call("DELETE", at);
    const { status, text, record } = await server.call("DELETE", `${at}?force=true`);
    expect([status, text]).toEqual([204, ""]);
    expect(record).toMatchObject({ path: "secrets:us-east:server02", status: 204 });
    expect((await server.call("GET", at)).status).toBe(404);
    const again = await server.call("DELETE", `${at}?force=true`);
    expect(again.record).toMatchObject({ status: 404, path: "secrets:us-east:server02" });
  });
});
