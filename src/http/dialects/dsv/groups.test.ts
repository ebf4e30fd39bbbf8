import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPolicy } from "../../../app/identity/policies.ts";
import { updateAccessGroup } from "../../../app/groups/access-groups.ts";
import { DsvServer } from "./testing/dsv-server.ts";

const PRINCIPAL_EXISTS = "a security principal with this name already exists";

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
  for (const name of ["bob", "carol"]) await server.user(name);
});
afterEach(() => server.close());

const make = (body: object) => server.call("POST", "/groups/", { body });
const read = async (name: string) => (await server.call("GET", `/groups/${name}`)).body;

describe("groups by DSV's wire", () => {
  it("are made with members, each of which is an event beside theirs", async () => {
    const made = await make({ GroupName: "ops", members: ["bob", "users:carol", "nobody"] });
    expect(made).toMatchObject({
      status: 201,
      body: {
        groupName: "ops",
        version: "0",
        createdBy: "users:admin@example.com",
        addedMemberNames: ["bob", "users:carol"],
        errors: { nobody: expect.any(String) },
      },
      record: { path: "groups", action: "POST", status: 201 },
    });
    expect(made.events.map(({ operation }) => operation)).toEqual([
      "access-group.create",
      "access-group-member.add",
      "access-group-member.add",
      "access-group-member.add",
    ]);
    expect(JSON.stringify(made.events)).not.toContain("nobody");
    expect(await server.call("GET", "/groups/ops")).toMatchObject({
      status: 200,
      body: {
        groupName: "ops",
        members: ["bob", "carol"],
        metaData: [{ name: "bob", createdBy: "users:admin@example.com" }, { name: "carol" }],
        total: 2,
      },
      record: { path: "groups:ops", action: "GET", status: 200 },
    });
  });

  it("are one to a name", async () => {
    await make({ groupName: "ops" });
    expect(await make({ groupName: "OPS" })).toMatchObject({
      status: 400,
      body: { code: 400, message: PRINCIPAL_EXISTS },
    });
    expect(await make({})).toMatchObject({ status: 400, body: { errors: { groupName: [{}] } } });
    expect(await server.call("GET", "/groups/others")).toMatchObject({
      status: 404,
      record: { path: "groups:others", status: 404 },
    });
  });

  it("are found by parts of their names", async () => {
    for (const groupName of ["b-ops", "a-ops", "c"]) await make({ groupName });
    expect(await server.call("GET", "/groups?searchTerm=OPS&sort=desc&cursor=")).toMatchObject({
      status: 200,
      body: {
        data: [{ groupName: "b-ops" }, { groupName: "a-ops" }],
        cursor: "",
        length: 2,
        total: 2,
      },
      record: { path: "groups", action: "GET", status: 200 },
    });
  });

  it("gain and lose members, a program or a role too", async () => {
    await make({ groupName: "ops" });
    await server.call("POST", "/roles", { body: { name: "deployers" } });
    const memberNames = ["bob", "roles:deployers", "x"];
    const path = "/groups/ops/members";
    const added = await server.call("POST", path, { body: { memberNames } });
    expect(added).toMatchObject({
      status: 200,
      body: { addedMemberNames: ["bob", "roles:deployers"], errors: { x: expect.any(String) } },
      record: { path: "groups:ops:members", action: "POST", status: 200 },
    });
    expect((await read("ops")).members).toEqual(["bob", "roles:deployers"]);
    const body = { memberNames: ["users:bob"] };
    expect(await server.call("DELETE", path, { body })).toMatchObject({
      status: 204,
      text: "",
      record: { path: "groups:ops:members", action: "DELETE", status: 204 },
    });
    expect(await server.call("DELETE", path, { body: { members: ["bob"] } })).toMatchObject({
      status: 200,
      body: { removedMemberNames: [], errors: { bob: expect.any(String) } },
    });
    expect((await read("ops")).members).toEqual(["roles:deployers"]);
    expect(await server.call("POST", path, { body: {} })).toMatchObject({
      status: 400,
      body: { errors: { memberNames: ["The field memberNames is missing."] } },
      record: { status: 400 },
    });
  });

  it("are joined by a user, who sees which", async () => {
    await make({ groupName: "ops" });
    await make({ groupName: "dev" });
    const joined = await server.call("POST", "/users/bob/groups", {
      body: { groupNames: ["ops", "dev", "none"] },
    });
    expect(joined).toMatchObject({
      status: 200,
      body: { groupNames: ["ops", "dev"], errors: { none: expect.any(String) } },
      record: { path: "users:bob:group", action: "POST", status: 200 },
    });
    const bob = await server.http.app.parts.state.read(({ identity }) =>
      identity.userByEmail(server.account, "bob"),
    );
    const { events, ...answer } = await server.call("GET", "/users/bob/groups");
    expect(answer).toMatchObject({
      status: 200,
      body: {
        name: "bob",
        groups: [
          {
            groupName: "ops",
            created: "2026-11-21T09:00:00Z",
            createdBy: "users:admin@example.com",
          },
          { groupName: "dev" },
        ],
        total: 2,
      },
      record: { path: "users:bob:group", action: "GET", status: 200 },
    });
    expect(events[0]?.target.id).toContain(String(bob?.iamId));
  });

  it("keep their name and description as versions, whichever wire changes them", async () => {
    const { id } = (await make({ groupName: "ops" })).body;
    const admin = await server.http.app.administrator();
    const change = { id, ifMatch: "*", name: "operators" };
    await server.http.app.done(updateAccessGroup, admin, change);
    expect(await read("operators")).toMatchObject({ groupName: "operators", version: "1" });
  });
});

describe("groups that are deleted by DSV's wire", () => {
  it("come back with their members and policies", async () => {
    const { id } = (await make({ groupName: "Ops", members: ["bob", "carol"] })).body;
    const admin = await server.http.app.administrator();
    const terms = { subject: id, roles: ["Viewer"], resource: {} };
    await server.http.app.done(createPolicy, admin, terms);
    expect(await server.call("DELETE", "/groups/ops")).toMatchObject({
      status: 200,
      body: {
        message: expect.stringMatching(/^group Ops .*will be removed.* 2026-11-24T09:00:00Z$/),
      },
      record: { path: "groups:Ops", action: "DELETE", status: 200 },
    });
    expect(await server.call("GET", "/groups/ops")).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining("will be removed") },
    });
    expect((await server.call("GET", "/users/bob/groups")).body.total).toBe(0);
    await server.call("DELETE", "/users/carol");
    expect(await server.call("PUT", "/groups/OPS/restore")).toMatchObject({
      status: 200,
      text: "",
      record: { path: "groups:Ops:restore", action: "GET", status: 200 },
    });
    expect(await read("ops")).toMatchObject({ groupName: "Ops", id, members: ["bob"] });
    await server.call("PUT", "/users/carol/restore");
    expect(await read("ops")).toMatchObject({ members: ["bob", "carol"], version: "0" });
    const { identity } = await server.app.state.read(async (view) => view);
    const policies = await identity.policies(server.account, id, { offset: 0, limit: 10 });
    expect(policies).toMatchObject({ totalCount: 1 });
  });

  it("are gone by force, and where the name is taken", async () => {
    await make({ groupName: "ops", members: ["bob"] });
    expect(await server.call("DELETE", "/groups/ops?force=true")).toMatchObject({
      status: 204,
      record: { path: "groups:ops", action: "DELETE", status: 204 },
    });
    expect(await server.call("GET", "/groups/ops/restore")).toMatchObject({ status: 404 });
    await make({ groupName: "ops" });
    await server.call("DELETE", "/groups/ops");
    await make({ groupName: "ops" });
    expect(await server.call("PUT", "/groups/ops/restore")).toMatchObject({
      status: 400,
      body: { message: PRINCIPAL_EXISTS },
    });
  });
});
