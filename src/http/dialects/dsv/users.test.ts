import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { updateUser } from "../../../app/identity/users.ts";
import { renderCloudTrail } from "../../../audit/render/cloudtrail.ts";
import { renderDsv } from "../../../audit/render/dsv.ts";
import { DsvServer } from "./testing/dsv-server.ts";

const PASSWORD = "a-long-Enough-passphrase!";
const OTHER = "another-long-Enough-phrase!";
const PRINCIPAL_EXISTS = "a security principal with this name already exists";

let server: DsvServer;
beforeEach(async () => void (server = await DsvServer.open()));
afterEach(() => server.close());

async function bob(more: object = {}) {
  return server.call("POST", "/users/", { body: { userName: "bob", password: PASSWORD, ...more } });
}

/** By IBM's wire. */
async function logIn(username: string, password: string): Promise<number> {
  const { status } = await server.http.token({ grant_type: "password", username, password });
  return status;
}

describe("users by DSV's wire", () => {
  it("are made with a password, in one act, and log in with it on IBM's wire", async () => {
    const made = await bob({ DisplayName: "Bob B." });
    expect(made).toMatchObject({
      status: 201,
      body: {
        userName: "bob",
        displayName: "Bob B.",
        provider: "",
        externalId: "",
        version: "0",
        createdBy: "users:admin@example.com",
        lastModifiedBy: "users:admin@example.com",
        created: "2026-11-21T09:00:00Z",
      },
      record: { path: "users", action: "POST", status: 201 },
    });
    expect(made.events.map(({ operation }) => operation)).toEqual([
      "user.create",
      "user-password.set",
    ]);
    const names = made.events.map((event) => [event.action, renderCloudTrail(event).eventName]);
    expect(names).toEqual([
      ["user-management.user.invite", "CreateUser"],
      ["iam-identity.user-password.update", "UpdateLoginProfile"],
    ]);
    expect(JSON.stringify(made.events)).not.toContain(PASSWORD);
    expect(await logIn("bob", PASSWORD)).toBe(200);
    expect(await logIn("bob", OTHER)).not.toBe(200);
  });

  it("are read, with the record of it, and found missing", async () => {
    await bob();
    expect(await server.call("GET", "/users/bob/")).toMatchObject({
      status: 200,
      body: { userName: "bob", displayName: "bob", version: "0" },
      record: { path: "users:bob", action: "GET", status: 200 },
    });
    expect(await server.call("GET", "/users/carol")).toMatchObject({
      status: 404,
      body: { code: 404, message: "unable to find item with specified identifier" },
      record: { path: "users:carol", action: "GET", status: 404 },
    });
  });

  it("see themselves, and nobody else", async () => {
    const carol = await server.user("carol");
    await bob();
    expect(await server.call("GET", "/users/carol", { as: carol })).toMatchObject({ status: 200 });
    for (const path of ["/users/bob", "/users/nobody", "/users"]) {
      expect(await server.call("GET", path, { as: carol })).toMatchObject({
        status: 403,
        body: { code: 403, message: "Invalid permissions" },
        record: { status: 403 },
      });
    }
    expect(await server.call("GET", "/users/bob", { as: null })).toMatchObject({ status: 401 });
  });

  it.each([
    [{ userName: "bo", password: PASSWORD }, "userName"],
    [{ userName: "b ob", password: PASSWORD }, "userName"],
    [{ userName: "b".repeat(65), password: PASSWORD }, "userName"],
    [{ password: PASSWORD }, "userName"],
    [{ userName: "dave", password: "short" }, "password"],
    [{ userName: "dave", externalId: "x" }, "provider"],
  ])("are refused where the call is wrong: %j", async (body, field) => {
    const answer = await server.call("POST", "/users", { body });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 400, errors: { [field]: [expect.any(String)] } },
      record: { path: "users", action: "POST", status: 400 },
    });
    expect(await server.call("GET", "/users/dave")).toMatchObject({ status: 404 });
  });

  it("have a name of their own, in any letter case", async () => {
    await bob();
    expect(await bob({ userName: "BOB" })).toMatchObject({
      status: 400,
      body: { code: 400, message: PRINCIPAL_EXISTS },
      record: { status: 400 },
    });
  });

  it("are found by parts of their names, in parts", async () => {
    for (const userName of ["ann-ops", "bea-ops", "cid-ops"]) await bob({ userName });
    await bob({ userName: "dan", displayName: "Of OPS too" });
    const search = "/users?searchTerm=ops&limit=2&sort=&sortedBy=";
    const first = await server.call("GET", search);
    expect(first).toMatchObject({
      status: 200,
      body: { length: 2, limit: 2, total: 4 },
      record: { path: "users", action: "GET", status: 200 },
    });
    const rest = await server.call("GET", `${search}&cursor=${first.body.cursor}`);
    const names = [...first.body.data, ...rest.body.data].map(({ userName }) => userName);
    expect(names).toEqual(["ann-ops", "bea-ops", "cid-ops", "dan"]);
    expect(rest.body.cursor).toBe("");
    const byField = "/users?searchTerm=AN&search.field=userName&search.comparison=begins_with";
    expect((await server.call("GET", byField)).body.data).toMatchObject([{ userName: "ann-ops" }]);
  });

  it("have a version for each change, by whichever wire it is made", async () => {
    await bob();
    server.app.clock.advance(60_000);
    const changed = await server.call("PUT", "/users/bob", { body: { displayname: "Robert" } });
    expect(changed).toMatchObject({
      status: 200,
      body: {
        displayName: "Robert",
        version: "1",
        created: "2026-11-21T09:00:00Z",
        lastModified: "2026-11-21T09:01:00Z",
      },
      record: { path: "users:bob", action: "PUT", status: 200 },
    });
    const { id } = changed.body;
    const admin = await server.http.app.administrator();
    await server.http.app.done(updateUser, admin, { iamId: id, name: "Bobby" });
    expect(await server.call("GET", "/users/bob")).toMatchObject({ body: { version: "2" } });
    const read = await server.call("GET", "/users/bob/version/0");
    expect(read).toMatchObject({
      status: 200,
      body: {
        data: [
          { displayName: "Bobby", version: "2" },
          { displayName: "bob", version: "0", lastModified: "2026-11-21T09:00:00Z" },
        ],
      },
      record: { path: "users:bob:version:0", action: "GET", status: 200 },
    });
    for (const version of ["3", "x"]) {
      expect(await server.call("GET", `/users/bob/version/${version}`)).toMatchObject({
        status: 404,
      });
    }
  });

  it("have, if they were made before versions were kept, what they were then as the first", async () => {
    const made = await bob();
    await server.app.state.transact(({ items }) =>
      items.deleteItem({ kind: "user", account: server.account, id: made.body.id }),
    );
    expect(await server.call("GET", "/users/bob")).toMatchObject({
      body: { version: "0", createdBy: "users:admin@example.com" },
    });
    await server.call("PUT", "/users/bob", { body: { displayName: "Robert" } });
    expect(await server.call("GET", "/users/bob/version/0")).toMatchObject({
      body: { displayName: "bob", data: [{ version: "1" }, { version: "0" }] },
    });
  });
});

describe("passwords by DSV's wire", () => {
  it("are changed by their users, who bring the one they have", async () => {
    await bob();
    const { body } = await server.http.token({
      grant_type: "password",
      username: "bob",
      password: PASSWORD,
    });
    const as = body.access_token as string;
    const change = (currentPassword?: string) =>
      server.call("POST", "/users/bob/password", {
        as,
        body: { ...(currentPassword ? { currentPassword } : {}), newPassword: OTHER },
      });
    expect(await change()).toMatchObject({
      status: 400,
      body: { errors: { currentPassword: [expect.any(String)] } },
      record: { status: 400 },
    });
    expect(await change("a-wrong-but-long-phrase")).toMatchObject({
      status: 400,
      body: { code: 400, message: "current password is incorrect" },
      record: { path: "users:bob:password", status: 400 },
    });
    expect(await change(PASSWORD)).toMatchObject({
      status: 200,
      record: { path: "users:bob:password", action: "POST", status: 200 },
    });
    expect(await logIn("bob", OTHER)).toBe(200);
    expect(await server.call("GET", "/users/bob", { as })).toMatchObject({ status: 401 });
  });

  it("are set by an administrator, with an update too, as an event beside it", async () => {
    await bob();
    const path = "/users/bob/password";
    expect(await server.call("POST", path, { body: { newPassword: OTHER } })).toMatchObject({
      status: 200,
    });
    expect(await logIn("bob", OTHER)).toBe(200);
    const updated = await server.call("PUT", "/users/bob", { body: { Password: PASSWORD } });
    expect(updated).toMatchObject({ status: 200, body: { version: "0" } });
    expect(updated.events.map((event) => renderDsv(event).path)).toEqual([
      "users:bob",
      "users:bob:password",
    ]);
    expect(await logIn("bob", PASSWORD)).toBe(200);
  });

  it("are nobody else's to set", async () => {
    await bob();
    const carol = await server.user("carol");
    const body = { newPassword: OTHER };
    expect(await server.call("POST", "/users/bob/password", { as: carol, body })).toMatchObject({
      status: 403,
    });
    expect(await logIn("bob", PASSWORD)).toBe(200);
  });
});
