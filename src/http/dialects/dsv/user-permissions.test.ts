import { afterEach, beforeEach, expect, describe, it } from "vitest";
import { enrollSecondFactor } from "../../../app/identity/second-factor.ts";
import { DsvServer, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;
let carol: DsvUser;
beforeEach(async () => {
  server = await DsvServer.open();
  carol = await server.user("carol");
  await server.user("bob");
  await server.call("POST", "/groups", { body: { groupName: "ops" } });
  await server.call("POST", "/groups", { body: { groupName: "dev" } });
});
afterEach(() => server.close());

async function allow(path: string, ...actions: readonly string[]): Promise<void> {
  const policy = JSON.stringify({
    permissionDocument: [
      { subjects: ["users:carol"], actions, resources: [path, `${path}:<.*>`], effect: "allow" },
    ],
  });
  const body = { path, policy, serialization: "json" };
  expect((await server.call("POST", "/config/policies", { body })).status).toBe(201);
}

describe("policy documents on users and groups", () => {
  it("let a user change another, without having it join what they do not let change", async () => {
    await allow("users:bob", "read", "update");
    await allow("groups:dev", "update");
    const as = carol;
    const body = { displayName: "Robert" };
    expect(await server.call("PUT", "/users/bob", { as, body })).toMatchObject({ status: 200 });
    expect(await server.call("GET", "/users/bob", { as })).toMatchObject({ status: 200 });
    expect(await server.call("DELETE", "/users/bob", { as })).toMatchObject({ status: 403 });
    const joined = await server.call("POST", "/users/bob/groups", {
      as,
      body: { groupNames: ["ops", "dev", "none"] },
    });
    expect(joined).toMatchObject({ status: 200, body: { groupNames: ["dev"] } });
    const { ops, none } = joined.body.errors;
    expect(ops).toBe(none);
    expect(joined.events.slice(1).map(({ outcome }) => outcome)).toEqual([
      "failure",
      "success",
      "failure",
    ]);
  });

  it("let a user make what they name", async () => {
    await allow("users:new-one", "create");
    const make = (userName: string) =>
      server.call("POST", "/users", { as: carol, body: { userName } });
    expect(await make("new-two")).toMatchObject({ status: 403 });
    expect(await make("new-one")).toMatchObject({ status: 201 });
  });
});

describe("what comes back with a user", () => {
  it("is the second factor too, and its key goes once the user does", async () => {
    const admin = await server.http.app.administrator();
    const { id: iamId } = (await server.call("GET", "/users/bob")).body;
    await server.http.app.done(enrollSecondFactor, admin, { iamId });
    const kept = () =>
      server.app.state.read(async ({ logins, secrets }) => ({
        totp: (await logins.userCredentials(server.account, iamId))?.totp,
        key: await secrets.dataKeyOf(iamId),
      }));
    const before = await kept();
    await server.call("DELETE", "/users/bob");
    await server.call("PUT", "/users/bob/restore");
    expect(await kept()).toEqual(before);
    await server.call("DELETE", "/users/bob");
    await server.call("DELETE", "/users/bob?force=true");
    expect(await kept()).toEqual({ totp: undefined, key: undefined });
  });
});
