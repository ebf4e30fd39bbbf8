import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removalJob } from "../../../app/items/end-removal.ts";
import { createApiKey } from "../../../app/identity/api-keys.ts";
import { deleteUser } from "../../../app/identity/users.ts";
import { createPolicy } from "../../../app/identity/policies.ts";
import { renderDsv } from "../../../audit/render/dsv.ts";
import { RECOVERY_MS } from "../../../items/item.ts";
import { DsvServer } from "./testing/dsv-server.ts";

const PASSWORD = "a-long-Enough-passphrase!";
const MARKED = expect.stringContaining("will be removed");
const PRINCIPAL_EXISTS = "a security principal with this name already exists";

let server: DsvServer;
let id: string;
beforeEach(async () => {
  server = await DsvServer.open();
  const body = { userName: "bob", password: PASSWORD };
  id = (await server.call("POST", "/users", { body })).body.id;
});
afterEach(() => server.close());

const remove = (query = "") => server.call("DELETE", `/users/bob${query}`);
const restore = () => server.call("PUT", "/users/bob/restore");
const logIn = () =>
  server.http.token({ grant_type: "password", username: "bob", password: PASSWORD });

async function endRemovals(): Promise<number> {
  const { state, performer, clock } = server.app;
  const due = await removalJob({ state, performer }).due(clock.now(), 100);
  for (const removal of due) await removal.run();
  return due.length;
}

describe("users who are deleted by DSV's wire", () => {
  it("can be had back for 72 hours, and are nowhere until then", async () => {
    const token = (await logIn()).body.access_token as string;
    expect(await remove("?force=false")).toMatchObject({
      status: 200,
      body: {
        message: expect.stringMatching(/^user bob .*will be removed.* 2026-11-24T09:00:00Z$/),
      },
      record: { path: "users:bob", action: "DELETE", status: 200 },
    });
    expect((await logIn()).status).not.toBe(200);
    expect(await server.call("GET", "/users/bob", { as: token })).toMatchObject({ status: 401 });
    for (const [method, path] of [
      ["GET", "/users/bob"],
      ["GET", "/users/bob/version/0"],
      ["GET", "/users/bob/groups"],
      ["DELETE", "/users/bob"],
    ] as const) {
      expect(await server.call(method, path), path).toMatchObject({
        status: 404,
        body: { code: 404, message: MARKED },
        record: { status: 404, message: MARKED },
      });
    }
    const { data } = (await server.call("GET", "/users?searchTerm=bob")).body;
    expect(data).toEqual([]);
    expect(await restore()).toMatchObject({
      status: 200,
      text: "",
      record: { path: "users:bob:restore", action: "GET", status: 200 },
    });
    expect((await logIn()).status).toBe(200);
    expect(await server.call("GET", "/users/bob", { as: token })).toMatchObject({ status: 401 });
    expect(await server.call("GET", "/users/bob")).toMatchObject({ body: { version: "0", id } });
  });

  it("come back with policies and groups, not with API keys", async () => {
    const admin = await server.http.app.administrator();
    const { app } = server.http;
    const terms = { subject: id, roles: ["Viewer"], resource: {} };
    await app.done(createPolicy, admin, terms);
    await app.done(createApiKey, admin, { iamId: id, name: "key" });
    await server.call("POST", "/groups", { body: { groupName: "ops", members: ["bob"] } });
    const gone = await remove();
    expect(gone.events.map(({ operation }) => operation)).toEqual([
      "user.delete",
      "user-apikey.delete",
      "policy.delete",
      "access-group-member.delete",
    ]);
    expect((await server.call("GET", "/groups/ops")).body.members).toEqual([]);
    const back = await server.call("GET", "/users/bob/restore");
    expect(back.events.map(({ operation }) => operation)).toEqual([
      "user.restore",
      "policy.create",
      "access-group-member.add",
    ]);
    expect((await server.call("GET", "/groups/ops")).body.members).toEqual(["bob"]);
    const { identity } = await server.app.state.read(async (view) => view);
    const all = { offset: 0, limit: 10 };
    expect(await identity.policies(server.account, id, all)).toMatchObject({ totalCount: 1 });
    expect(await identity.apiKeys(server.account, id, all)).toMatchObject({ totalCount: 0 });
  });

  it("are gone when that time is over", async () => {
    await remove();
    server.app.clock.advance(RECOVERY_MS - 1);
    expect(await endRemovals()).toBe(0);
    server.app.clock.advance(1);
    expect(await endRemovals()).toBe(1);
    expect(server.app.lastEvent()).toMatchObject({ operation: "removal.end" });
    const as = await server.http.app.login(server.http.app.first.apiKey);
    const token = as.accessToken.reveal();
    expect(await server.call("PUT", "/users/bob/restore", { as: token })).toMatchObject({
      status: 404,
    });
  });

  it("are gone at once by force, also if they could still be had back", async () => {
    expect(await remove("?force=true")).toMatchObject({
      status: 204,
      text: "",
      record: { path: "users:bob", action: "DELETE", status: 204 },
    });
    expect(await restore()).toMatchObject({ status: 404 });
    await server.call("POST", "/users", { body: { userName: "bob", password: PASSWORD } });
    await remove();
    expect(await remove("?force=true")).toMatchObject({ status: 204 });
    expect(await restore()).toMatchObject({ status: 404, record: { status: 404 } });
  });

  it("do not come back where somebody has taken the name", async () => {
    await remove();
    const again = await server.call("POST", "/users", {
      body: { userName: "bob", password: PASSWORD },
    });
    expect(again).toMatchObject({ status: 201, body: { version: "0" } });
    expect(again.events.map(({ operation }) => operation)).toContain("removal.end");
    expect(await restore()).toMatchObject({
      status: 400,
      body: { code: 400, message: PRINCIPAL_EXISTS },
      record: { path: "users:bob:restore", status: 400, message: PRINCIPAL_EXISTS },
    });
  });

  it("are gone for good where another wire deletes them", async () => {
    const admin = await server.http.app.administrator();
    await server.http.app.done(deleteUser, admin, { iamId: id });
    expect(renderDsv(server.app.lastEvent()).path).toBe("users:bob");
    expect(await restore()).toMatchObject({ status: 404 });
  });

  it("are not the account's owner, nor the last who administers it", async () => {
    const path = "/users/admin@keytrail.local";
    expect(await server.call("DELETE", path)).toMatchObject({ status: 403 });
    const as = (await server.http.app.login(server.http.app.first.apiKey)).accessToken.reveal();
    expect(await server.call("DELETE", "/users/admin@example.com", { as })).toMatchObject({
      status: 200,
    });
    expect(await server.call("DELETE", path, { as })).toMatchObject({
      status: 400,
      body: { message: "The account would be left without an administrator." },
    });
    expect(await server.call("GET", path, { as })).toMatchObject({ status: 200 });
  });
});
