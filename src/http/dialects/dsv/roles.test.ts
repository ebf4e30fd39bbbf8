import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPolicy } from "../../../app/identity/policies.ts";
import { deleteProfile, updateProfile } from "../../../app/profiles/profiles.ts";
import { endRemoval } from "../../../app/items/end-removal.ts";
import { SCHEDULE } from "../../../app/testing/test-app.ts";
import { RECOVERY_MS } from "../../../items/item.ts";
import { DsvServer } from "./testing/dsv-server.ts";

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

const ROLE = { name: "deployers", description: "they deploy", provider: "okta", externalId: "x1" };

async function made(role: object = ROLE): Promise<string> {
  const answered = await server.call("POST", "/roles/", { body: role });
  expect(answered.status).toBe(201);
  return answered.body.id as string;
}

describe("a role by DSV's wire", () => {
  it("is made, read, listed and changed, in keys of any letter case", async () => {
    const answered = await server.call("POST", "/roles/", {
      body: { Name: "deployers", Description: "they deploy", PROVIDER: "okta", externalid: "x1" },
    });
    expect(answered).toMatchObject({
      status: 201,
      body: { ...ROLE, groups: [], version: "0", createdBy: "users:admin@example.com" },
      record: { path: "roles", action: "POST", status: 201, principal: "users:admin@example.com" },
    });
    expect(answered.body.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await server.call("GET", "/roles/deployers")).toMatchObject({
      status: 200,
      body: ROLE,
      record: { path: "roles:deployers", action: "GET", status: 200 },
    });
    server.app.clock.advance(1_000);
    const changed = await server.call("PUT", "/roles/deployers", { body: { description: "new" } });
    expect(changed).toMatchObject({
      status: 200,
      body: { ...ROLE, description: "new", version: "1" },
      record: { path: "roles:deployers", action: "PUT", status: 200 },
    });
    expect(changed.body.lastModified > answered.body.created).toBe(true);
  });

  it("is found by a part of its name, one part of the list after the other", async () => {
    for (const name of ["alpha-ci", "beta-CI", "gamma"]) await made({ name });
    const first = await server.call("GET", "/roles?searchTerm=ci&limit=1&sort=&cursor=");
    expect(first).toMatchObject({
      status: 200,
      body: { data: [{ name: "alpha-ci" }], length: 1, limit: 1, total: 2 },
      record: { path: "roles", action: "GET", status: 200 },
    });
    const next = await server.call(
      "GET",
      `/roles?searchTerm=ci&limit=1&cursor=${first.body.cursor}`,
    );
    expect(next.body).toMatchObject({ data: [{ name: "beta-CI" }], cursor: "" });
    const down = await server.call("GET", "/roles?sort=desc");
    expect(down.body.data.map(({ name }: { name: string }) => name)).toEqual([
      "gamma",
      "beta-CI",
      "alpha-ci",
    ]);
  });

  it("has a version of each change, by whichever wire", async () => {
    const id = await made();
    const { app } = server.http;
    const change = { id, ifMatch: "*", description: "by IBM's wire" };
    await app.done(updateProfile, server.admin.caller, change);
    const first = await server.call("GET", "/roles/deployers/version/0");
    expect(first).toMatchObject({
      status: 200,
      body: { name: "deployers", description: "they deploy", provider: "okta", version: "0" },
      record: { path: "roles:deployers:version:0", action: "GET", status: 200 },
    });
    expect((await server.call("GET", "/roles/deployers/version/1")).body).toMatchObject({
      description: "by IBM's wire",
      provider: "okta",
      version: "1",
    });
    expect(await server.call("GET", "/roles/deployers/version/2")).toMatchObject({
      status: 404,
      record: { path: "roles:deployers:version:2", status: 404 },
    });
  });

  it("does not come back beside another one whom documents would call the same", async () => {
    await server.call("POST", "/roles", { body: { name: "Boss" } });
    await server.call("DELETE", "/roles/Boss");
    expect(await server.call("POST", "/roles", { body: { name: "boss" } })).toMatchObject({
      status: 201,
    });
    expect(await server.call("PUT", "/roles/Boss/restore")).toMatchObject({ status: 400 });
    expect(await server.call("GET", "/roles")).toMatchObject({
      body: { data: [{ name: "boss" }] },
    });
  });

  it("can be had back for a while after it was deleted, with what it had", async () => {
    const id = await made();
    const { app } = server.http;
    const profile = await app.parts.state.read(({ profiles }) =>
      profiles.profileByName(server.account, "deployers"),
    );
    const given = { subject: profile?.iamId ?? "", roles: ["Viewer"], resource: {} };
    const policy = await app.done(createPolicy, server.admin.caller, given);
    const gone = await server.call("DELETE", "/roles/deployers");
    expect(gone).toMatchObject({
      status: 200,
      record: { path: "roles:deployers", action: "DELETE", status: 200 },
    });
    expect(gone.body.message).toContain("will be removed");
    expect(await server.call("GET", "/roles/deployers")).toMatchObject({
      status: 404,
      body: { code: 404, message: expect.stringContaining("marked for deletion") },
      record: { path: "roles:deployers", status: 404 },
    });
    const back = await server.call("PUT", "/roles/deployers/restore");
    expect(back).toMatchObject({
      status: 200,
      body: null,
      record: { path: "roles:deployers:restore", action: "GET", status: 200 },
    });
    const restored = await app.parts.state.read(({ profiles }) =>
      profiles.profile(server.account, id),
    );
    expect(restored).toMatchObject({ iamId: profile?.iamId, name: "deployers" });
    const again = await app.parts.state.read(({ identity }) =>
      identity.policy(server.account, policy.id),
    );
    expect(again).toEqual(policy);
    expect(back.events.map(({ operation }) => operation)).toEqual([
      "profile.restore",
      "policy.create",
    ]);
    expect((await server.call("GET", "/roles/deployers")).body).toMatchObject(ROLE);
    expect(await server.call("GET", "/roles/deployers/restore")).toMatchObject({ status: 400 });
  });

  it("is gone at once by force, and after three days of itself", async () => {
    await made();
    expect(await server.call("DELETE", "/roles/deployers?force=true")).toMatchObject({
      status: 204,
      body: null,
      record: { path: "roles:deployers", action: "DELETE", status: 204 },
    });
    expect(await server.call("PUT", "/roles/deployers/restore")).toMatchObject({ status: 404 });
    await made();
    await server.call("DELETE", "/roles/deployers");
    const due = await server.app.state.read(({ items }) =>
      items.dueItems(server.app.clock.now() + RECOVERY_MS, 9),
    );
    expect(due).toMatchObject([{ kind: "profile" }]);
    server.app.clock.advance(RECOVERY_MS);
    const [which = { kind: "", id: "" }] = due;
    const call = server.http.app.call(SCHEDULE);
    const ended = await server.app.performer.perform(endRemoval, call, () => which);
    expect(ended.kind).toBe("done");
    expect(server.app.lastEvent()).toMatchObject({
      operation: "removal.end",
      target: { name: "deployers" },
    });
    const later = await server.user("later@example.com", ["Administrator"]);
    const back = await server.call("PUT", "/roles/deployers/restore", { as: later });
    expect(back).toMatchObject({ status: 404 });
  });

  it("leaves nothing to be had back when another wire deletes it", async () => {
    const id = await made();
    await server.http.app.done(deleteProfile, server.admin.caller, { id });
    expect(await server.call("PUT", "/roles/deployers/restore")).toMatchObject({ status: 404 });
  });

  it("is refused in DSV's words, and recorded", async () => {
    await made();
    expect(await server.call("POST", "/roles/", { body: ROLE })).toMatchObject({
      status: 400,
      body: { code: 400, message: "a security principal with this name already exists" },
      record: { path: "roles", action: "POST", status: 400 },
    });
    expect(await server.call("POST", "/roles/", { body: { description: "x" } })).toMatchObject({
      status: 400,
      body: { code: 400, errors: { name: [expect.any(String)] } },
      record: { path: "roles", status: 400 },
    });
    expect(await server.call("GET", "/roles/none")).toMatchObject({
      status: 404,
      body: { code: 404, message: "unable to find item with specified identifier" },
      record: { path: "roles:none", action: "GET", status: 404 },
    });
    const eve = await server.user("eve@example.com");
    expect(await server.call("GET", "/roles/deployers", { as: eve })).toMatchObject({
      status: 403,
      body: { code: 403, message: "Invalid permissions" },
      record: { path: "roles:deployers", status: 403, principal: "users:eve@example.com" },
    });
    expect(await server.call("GET", "/roles/deployers", { as: null })).toMatchObject({
      status: 401,
      body: { code: 401, message: "unable to authenticate" },
    });
  });
});
