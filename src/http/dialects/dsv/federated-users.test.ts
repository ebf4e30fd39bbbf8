import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { federatedUser } from "../../../app/federation/federated-user.ts";
import { DsvServer } from "./testing/dsv-server.ts";

const NAME = "dora@example.com";
const person = { subject: "sub-1", email: NAME, name: "Dora", claims: {} };

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
  const properties = {
    baseUri: "https://okta.example.com",
    clientId: "keytrail",
    clientSecret: "canary-client-secret",
    createUsers: true,
  };
  await server.call("POST", "/config/auth", { body: { name: "okta", type: "oidc", properties } });
});
afterEach(() => server.close());

const make = (more: object = {}) =>
  server.call("POST", "/users", { body: { userName: NAME, provider: "okta", ...more } });

/** Who logs in when the provider vouches for the person; or why nobody does. */
function whoLogsIn() {
  const { state, clock } = server.app;
  return state.read(async (store) => {
    const provider = await store.logins.identityProviderOfRealm(server.account, "okta");
    if (!provider) throw new Error("it is there");
    const found = await federatedUser(person, provider, { store, now: clock.now() });
    return "message" in found ? found.message : found;
  });
}

describe("users for whom a provider vouches", () => {
  it("are made with the provider and the id that it has for them", async () => {
    const made = await make({ externalId: "sub-1" });
    expect(made).toMatchObject({
      status: 201,
      body: { userName: NAME, provider: "okta", externalId: "sub-1", version: "0" },
    });
    expect(await whoLogsIn()).toMatchObject({ user: { iamId: made.body.id }, isLinked: true });
  });

  it("are found with the name of the provider before theirs, and by no other's", async () => {
    await make();
    for (const path of [`/users/okta:${NAME}`, `/users/${NAME}`, `/users/okta%3A${NAME}`]) {
      expect(await server.call("GET", path), path).toMatchObject({
        status: 200,
        body: { userName: NAME, provider: "okta", externalId: "" },
        record: { path: `users:${NAME}`, status: 200 },
      });
    }
    expect(await server.call("GET", `/users/other:${NAME}`)).toMatchObject({ status: 404 });
    await server.call("DELETE", `/users/okta:${NAME}`);
    expect(await server.call("PUT", `/users/okta:${NAME}/restore`)).toMatchObject({ status: 200 });
  });

  it("are refused where the provider is not there, or vouches for another by the same id", async () => {
    expect(await make({ provider: "none" })).toMatchObject({
      status: 404,
      body: { code: 404, message: "unable to find provider with specified name." },
    });
    await make({ externalId: "sub-1" });
    expect(await make({ userName: "else", externalId: "sub-1" })).toMatchObject({ status: 400 });
    expect(await server.call("GET", "/users/else")).toMatchObject({ status: 404 });
  });

  it("are not known by an id again that has become somebody else's while they were deleted", async () => {
    await make({ externalId: "sub-1" });
    await server.call("DELETE", `/users/${NAME}`);
    const other = await make({ userName: "else@example.com", externalId: "sub-1" });
    expect(other.status).toBe(201);
    expect(await server.call("PUT", `/users/${NAME}/restore`)).toMatchObject({ status: 200 });
    expect(await whoLogsIn()).toMatchObject({ user: { iamId: other.body.id }, isLinked: true });
    const back = await server.call("GET", `/users/${NAME}`);
    expect(back.body).toMatchObject({ userName: NAME, externalId: "" });
  });

  it("have no password here", async () => {
    const password = "a-long-Enough-passphrase!";
    expect(await make({ password })).toMatchObject({
      status: 400,
      body: { errors: { password: [expect.any(String)] } },
    });
    await make();
    const path = `/users/${NAME}`;
    const body = { newPassword: password };
    expect(await server.call("POST", `${path}/password`, { body })).toMatchObject({ status: 400 });
    expect(await server.call("PUT", path, { body: { password } })).toMatchObject({ status: 400 });
  });

  it("log in no more while they are deleted, and are not made anew by it", async () => {
    const { body } = await make({ externalId: "sub-1" });
    await server.call("DELETE", `/users/${NAME}`);
    expect(await whoLogsIn()).toBe("The user with this address was deleted.");
    await server.call("PUT", `/users/${NAME}/restore`);
    expect(await whoLogsIn()).toMatchObject({ user: { iamId: body.id }, isLinked: true });
    await server.call("DELETE", `/users/${NAME}?force=true`);
    expect(await whoLogsIn()).toMatchObject({ isNew: true });
  });
});
