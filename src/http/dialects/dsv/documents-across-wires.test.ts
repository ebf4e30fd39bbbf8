/** What policy documents deny, or allow, is not had by the other wires in another way. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exposure } from "../../../app/access/exposure.ts";
import { updateAccessGroup } from "../../../app/groups/access-groups.ts";
import type { RoleName } from "../../../identity/roles.ts";
import { AwsServer, type AwsUser } from "../aws/testing/aws-server.ts";
import { DsvServer, type DsvMethod, type DsvUser } from "./testing/dsv-server.ts";

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

/** Permissions of one user, in a document under a path. */
async function rule(email: string, path: string, permission: object): Promise<void> {
  const policy = { permissionDocument: [{ subjects: [`users:${email}`], ...permission }] };
  const body = { path, policy, serialization: "json" };
  expect(await server.call("POST", "/config/policies/", { body })).toMatchObject({ status: 201 });
}

/** By IBM's wire over identities, whose paths begin as DSV's do. */
// oxlint-disable-next-line eslint/max-params -- a call, as it is written
const ibm = async (as: DsvUser, method: DsvMethod, path: string, body?: object) =>
  server.call(method, path, {
    ...(body ? { body } : {}),
    headers: { authorization: `Bearer ${as.token}`, "if-match": "*" },
  });

describe("API keys of a user whom a document denies", () => {
  it("are neither made, changed nor deleted, though the key is called by its id", async () => {
    const alice = await server.user("alice@example.com");
    const carl = await server.user("carl@example.com", ["Administrator"]);
    await rule("carl@example.com", "users", {
      actions: ["<.*>"],
      effect: "deny",
      resources: ["users:alice@example.com"],
    });
    const at = `/apikeys/${alice.key.id}`;
    const made = { name: "k", iam_id: alice.user.iamId, account_id: server.account };
    const refused = await Promise.all([
      ibm(carl, "POST", "/apikeys", made),
      ibm(carl, "PUT", at, { name: "other" }),
      ibm(carl, "POST", `${at}/disable`),
      ibm(carl, "DELETE", at),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    const bob = await server.user("bob@example.com");
    expect((await ibm(carl, "DELETE", `/apikeys/${bob.key.id}`)).status).toBe(204);
  });

  it("are looked after by whom one lets change that user, and no other's", async () => {
    const alice = await server.user("alice@example.com");
    const bob = await server.user("bob@example.com");
    const eve = await server.user("eve@example.com");
    const resources = ["users:alice@example.com"];
    await rule("eve@example.com", "users", { actions: ["update"], resources });
    const disable = (user: DsvUser) => ibm(eve, "POST", `/apikeys/${user.key.id}/disable`);
    expect((await disable(alice)).status).toBe(204);
    expect((await disable(bob)).status).toBe(403);
  });
});

describe("keys of a client", () => {
  it("are not made by whom a document lets change it and no more", async () => {
    const eve = await server.user("eve@example.com");
    await server.call("POST", "/roles", { body: { name: "boss" } });
    const { clientId } = (await server.call("POST", "/clients", { body: { role: "boss" } })).body;
    const body = { name: "k", iam_id: `iam-${clientId}`, account_id: server.account };
    await rule("eve@example.com", "clients", { actions: ["<create|update|read|delete>"] });
    expect((await ibm(eve, "POST", "/apikeys", body)).status).toBe(403);
    await rule("eve@example.com", "clients:x", { actions: ["assign"] });
    expect((await ibm(eve, "POST", "/apikeys", body)).status).toBe(403);
    await rule("eve@example.com", `clients:${clientId}`, { actions: ["assign"] });
    expect((await ibm(eve, "POST", "/apikeys", body)).status).toBe(201);
    const denial = { actions: ["update"], effect: "deny", resources: ["clients:<.*>"] };
    const config = { permissionDocument: [{ subjects: ["users:eve@example.com"], ...denial }] };
    await server.call("PUT", "/config", { body: { Config: config, Overwrite: true } });
    expect((await ibm(eve, "POST", "/apikeys", body)).status).toBe(403);
  });
});

describe("whoever is let rename something", () => {
  it("gives it no name under which documents say something else", async () => {
    const eve = await server.user("eve@example.com");
    const { id } = (await server.call("POST", "/groups", { body: { groupName: "dev" } })).body;
    const resources = ["groups:<dev|test>"];
    await rule("eve@example.com", "groups", { actions: ["update"], resources });
    const { app } = server.http;
    const ifMatch = "*";
    const rename = (name: string) =>
      app.refused(updateAccessGroup, eve.caller, { id, ifMatch, name });
    expect(await rename("admins")).toMatch(/^forbidden/);
    expect(
      await app.done(updateAccessGroup, eve.caller, { id, ifMatch, name: "test" }),
    ).toMatchObject({
      name: "test",
    });
  });
});

describe("by AWS's wire", () => {
  let aws: AwsServer;
  beforeEach(async () => {
    aws = await AwsServer.over(server.http);
    await aws.secrets("CreateSecret", { Name: "prod/db", SecretString: "s3cret" });
  });

  const awsUser = (email: string, roles: readonly RoleName[] = []): Promise<AwsUser> =>
    aws.user(email, roles);

  it("whoever may write the documents under `users` gives nobody a role", async () => {
    const as = await awsUser("eve@example.com");
    await rule("eve@example.com", "users", {
      actions: ["<create|update|delete>"],
      resources: ["config:policies:users", "config:policies:users:<.*>"],
    });
    const named = { UserName: "eve@example.com" };
    const PolicyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
    const attached = await aws.aws("iam", "AttachUserPolicy", { ...named, PolicyArn }, { as });
    expect(attached.status).toBe(403);
  });

  it("whoever is denied the documents under `users` gives nobody a role either", async () => {
    const as = await awsUser("carl@example.com", ["Administrator"]);
    await rule("carl@example.com", "users", {
      actions: ["create"],
      effect: "deny",
      resources: ["config:policies:users:<.*>"],
    });
    const named = { UserName: "carl@example.com" };
    const PolicyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
    const attached = await aws.aws("iam", "AttachUserPolicy", { ...named, PolicyArn }, { as });
    expect(attached.status).toBe(403);
  });

  it("whoever may only change a secret does not let itself read it", async () => {
    const as = await awsUser("eve@example.com");
    await rule("eve@example.com", "secrets:prod", { actions: ["update"] });
    const Statement = [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }];
    const ResourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
    const set = () =>
      aws.secrets("PutResourcePolicy", { SecretId: "prod/db", ResourcePolicy }, { as });
    expect((await set()).error).toBe("AccessDeniedException");
    await rule("eve@example.com", "secrets:prod:db", { actions: ["share"] });
    expect((await set()).status).toBe(200);
    const denial = { actions: ["update"], effect: "deny", resources: ["secrets:prod:db"] };
    await rule("eve@example.com", "secrets", denial);
    expect((await set()).error).toBe("AccessDeniedException");
  });
});

describe("secrets under another name", () => {
  it("are not read there by whom a document denies reading them", async () => {
    const carl = await server.user("carl@example.com", ["Writer"]);
    const body = { data: { pin: "1234" } };
    for (const path of ["prod/db", "free/db"])
      await server.call("POST", `/secrets/${path}`, { body });
    const denied = { actions: ["read"], effect: "deny" };
    await rule("carl@example.com", "secrets:prod", denied);
    await rule("carl@example.com", "secrets:made", { actions: ["create"], effect: "deny" });
    const rename = async (path: string, name: string) => {
      const { id } = (await server.call("GET", `/secrets/${path}`)).body;
      const { status } = await server.http.send({
        method: "PATCH",
        url: `/api/v2/secrets/${id}/metadata`,
        authorization: `Bearer ${carl.token}`,
        payload: { name },
      });
      return status;
    };
    expect(await rename("prod/db", "tmp-db")).toBe(403);
    expect(await rename("free/db", "made")).toBe(403);
    expect(await rename("free/db", "tmp-db")).toBe(200);
  });
});

describe("the trail", () => {
  it("is not seen by way of exposures by whom a document denies it", async () => {
    const carl = await server.user("carl@example.com", ["Auditor"]);
    const { id } = (await server.call("POST", "/secrets/db", { body: { data: { pin: "1" } } }))
      .body;
    const { app } = server.http;
    const asked = () => app.refused(exposure, carl.caller, { secretId: id }).catch(String);
    expect(await asked()).not.toMatch(/^forbidden/);
    await rule("carl@example.com", "audit", {
      actions: ["list"],
      effect: "deny",
      resources: ["audit"],
    });
    expect(await asked()).toMatch(/^forbidden/);
  });
});

describe("a list that a document allows", () => {
  it("shows all there are, to whoever has no role", async () => {
    const eve = await server.user("eve@example.com");
    await server.call("POST", "/secrets/db", { body: { data: { pin: "1" } } });
    await rule("eve@example.com", "secrets", { actions: ["list"], resources: ["secrets"] });
    const listed = await server.call("GET", "/secrets", { as: eve });
    expect(listed).toMatchObject({ status: 200, body: { total: 1 } });
  });
});
