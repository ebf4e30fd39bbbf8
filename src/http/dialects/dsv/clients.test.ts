import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  API_KEY_GRANT,
  ASSUME_GRANT,
  CLIENT_GRANT,
  type LoginInput,
} from "../../../app/identity/login.ts";
import { openSession } from "../../../app/identity/open-session.ts";
import { createPolicy } from "../../../app/identity/policies.ts";
import { createServiceId, deleteServiceId } from "../../../app/identity/service-ids.ts";
import { attempt } from "../../../app/identity/testing/logins.ts";
import { addProfileIdentity, deleteProfileIdentity } from "../../../app/profiles/identities.ts";
import { CLIENT } from "../../../identity/client.ts";
import { MAX_IDENTITIES_PER_PROFILE } from "../../../identity/trusted-profile.ts";
import { NOBODY } from "../../../app/testing/test-app.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import { DsvServer } from "./testing/dsv-server.ts";

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
  await server.call("POST", "/roles/", { body: { name: "ci" } });
});
afterEach(() => server.close());

interface Made {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly urlPath: string;
}

async function made(body: object = {}): Promise<Made> {
  const answered = await server.call("POST", "/clients", { body: { role: "ci", ...body } });
  expect(answered.status).toBe(201);
  return answered.body as Made;
}

function login({ clientId, clientSecret }: Pick<Made, "clientId" | "clientSecret">): LoginInput {
  return {
    client_id: "dsv",
    grant_type: CLIENT_GRANT,
    client: new Sensitive(clientId),
    secret: new Sensitive(clientSecret),
  };
}

async function tokenOf(client: Made): Promise<string> {
  const issued = await server.http.app.done(openSession, NOBODY, login(client));
  expect(issued.refreshToken).toBeNull();
  return issued.accessToken.reveal();
}

/** By a policy document of its own. */
async function allow(subject: string, action: string, resource: string): Promise<void> {
  const rule = { subjects: [subject], actions: [action], resources: [resource] };
  const policy = JSON.stringify({ permissionDocument: [rule] });
  const [path = ""] = resource.split(":");
  const body = { path, policy, serialization: "json" };
  expect(await server.call("POST", "/config/policies/", { body })).toMatchObject({ status: 201 });
}

/** Why a login failed, as the record has it. */
async function faultOf(input: LoginInput): Promise<unknown> {
  const performed = await attempt(server.http.app, input);
  if (performed.kind === "done") throw new Error("it was not refused");
  expect(performed.refusal.message).toBe("There is no such client, or its secret is not good.");
  return server.app.lastEvent().requestData["fault"];
}

describe("a client by DSV's wire", () => {
  it("is made in one act, whose secret is shown once", async () => {
    const answered = await server.call("POST", "/clients/", {
      body: { role: "ci", Description: "builds", TTL: 3600, usesLimit: 5 },
    });
    expect(answered).toMatchObject({
      status: 201,
      body: {
        clientId: expect.stringMatching(/^ServiceId-/),
        clientSecret: expect.stringMatching(/^kts_/),
        role: "ci",
        description: "builds",
        createdBy: "users:admin@example.com",
        TTL: 3600,
        usesLimit: 5,
        usedCount: 0,
        url: false,
        status: "active",
      },
      record: { path: "clients", action: "POST", status: 201 },
    });
    expect(answered.events.map(({ operation }) => operation)).toEqual([
      "serviceid.create",
      "profile-identity.add",
      "serviceid-apikey.create",
    ]);
    const { clientId, clientSecret } = answered.body as Made;
    expect(JSON.stringify(answered.events)).not.toContain(clientSecret);
    const read = await server.call("GET", `/clients/${clientId}`);
    expect(read).toMatchObject({
      status: 200,
      body: { clientId, role: "ci", TTL: 3600 },
      record: { path: `clients:${clientId}`, action: "GET", status: 200 },
    });
    expect(read.text).not.toContain("clientSecret");
  });

  it("is listed by its role, and so is what other wires made", async () => {
    const { clientId } = await made();
    await server.call("POST", "/roles/", { body: { name: "other" } });
    server.app.clock.advance(1_000);
    const other = await made({ role: "other" });
    server.app.clock.advance(1_000);
    const { id } = await server.http.app.done(createServiceId, server.admin.caller, { name: "x" });
    const { body: role } = await server.call("GET", "/roles/ci");
    const trust = { id: role.id as string, identityType: "serviceid", identifier: id } as const;
    await server.http.app.done(addProfileIdentity, server.admin.caller, trust);
    const ofRole = await server.call("GET", "/clients?role=ci&limit=&cursor=");
    expect(ofRole).toMatchObject({
      status: 200,
      body: { data: [{ clientId, role: "ci" }], length: 1, total: 1 },
      record: { path: "clients", action: "GET", status: 200 },
    });
    const all = await server.call("GET", "/clients?role=*");
    expect(all.body.data).toMatchObject([
      { clientId, role: "ci" },
      { clientId: other.clientId, role: "other" },
      { clientId: id, role: "", status: "without role" },
    ]);
  });

  it("logs in as its role, and may what the role may", async () => {
    const client = await made();
    const token = await tokenOf(client);
    expect(server.app.lastEvent()).toMatchObject({
      operation: "client.login",
      outcome: "success",
      initiator: { name: "ci", authnId: `iam-${client.clientId}` },
      responseData: { usedCount: 1 },
    });
    expect(await server.call("GET", "/roles/ci", { as: token })).toMatchObject({ status: 403 });
    await allow("roles:ci", "read", "roles:ci");
    expect(await server.call("GET", "/roles/ci", { as: token })).toMatchObject({
      status: 200,
      record: { principal: "roles:ci" },
    });
    expect(await server.call("GET", "/clients", { as: token })).toMatchObject({ status: 403 });
  });

  it("is refused alike whatever was wrong, and the record says what it was", async () => {
    const client = await made({ ttl: 60, usesLimit: 1 });
    const { clientId, clientSecret } = client;
    const unknown = { clientId: "nobody", clientSecret };
    expect(await faultOf(login(unknown))).toBe("unknown-client");
    expect(await faultOf(login({ clientId, clientSecret: "kts_wrong" }))).toBe("bad-client-secret");
    expect(await faultOf(login(await withIdOf(client)))).toBe("bad-client-secret");
    await tokenOf(client);
    expect(await faultOf(login(client))).toBe("client-used-up");
    server.app.clock.advance(60_000);
    expect(await faultOf(login(client))).toBe("api-key-expired");
    const lines = JSON.stringify(server.app.events());
    expect(lines).not.toContain(clientSecret);
    expect(lines).not.toContain("nobody");
  });

  /** The secret of one client beside the id of another. */
  async function withIdOf({ clientId }: Made): Promise<Made> {
    return { ...(await made()), clientId };
  }

  it("counts logins that come together one by one", async () => {
    const client = await made({ usesLimit: 3 });
    const many = Array.from({ length: 8 }, () => attempt(server.http.app, login(client)));
    const ended = await Promise.all(many);
    expect(ended.filter(({ kind }) => kind === "done")).toHaveLength(3);
    const read = await server.call("GET", `/clients/${client.clientId}`);
    expect(read.body).toMatchObject({ usedCount: 3, status: "used up" });
  });

  it("logs in no more once another wire has taken the trust in it away", async () => {
    const client = await made();
    const token = await tokenOf(client);
    const { app } = server.http;
    const { caller } = server.admin;
    const { body: role } = await server.call("GET", "/roles/ci");
    const identifier = `iam-${client.clientId}`;
    const trust = { id: role.id as string, identityType: "serviceid", identifier } as const;
    await app.done(deleteProfileIdentity, caller, trust);
    expect(await server.call("GET", "/roles", { as: token })).toMatchObject({ status: 401 });
    expect(await faultOf(login(client))).toBe("client-not-trusted");
    await app.done(addProfileIdentity, caller, trust);
    await tokenOf(client);
  });

  it("takes no room from those whom a role trusts by hand", async () => {
    for (let n = 0; n <= MAX_IDENTITIES_PER_PROFILE; n += 1) await made();
    const { body: role } = await server.call("GET", "/roles/ci");
    const { iamId: identifier } = server.admin.user;
    const trust = { id: role.id as string, identityType: "user", identifier } as const;
    await server.http.app.done(addProfileIdentity, server.admin.caller, trust);
    const listed = await server.call("GET", "/clients?role=ci&limit=100");
    expect(listed.body.total).toBe(MAX_IDENTITIES_PER_PROFILE + 1);
  });

  it("has a secret that is good for nothing else", async () => {
    const { clientSecret } = await made();
    const apiKey = new Sensitive(clientSecret);
    const { app } = server.http;
    const asKey = { client_id: "bx", grant_type: API_KEY_GRANT, apiKey } as const;
    expect(await attempt(app, asKey)).toMatchObject({ kind: "refused" });
    const profile = { name: "ci", account: server.account };
    const assuming = {
      client_id: "bx",
      grant_type: ASSUME_GRANT,
      by: { apiKey },
      profile,
    } as const;
    expect(await attempt(app, assuming)).toMatchObject({ kind: "refused" });
  });

  it("is made only by who may say who acts as the role", async () => {
    const body = { role: "ci" };
    const editor = await server.user("editor@example.com", ["Editor"]);
    expect(await server.call("POST", "/clients", { body, as: editor })).toMatchObject({
      status: 403,
      record: { path: "clients", status: 403 },
    });
    const eve = await server.user("eve@example.com");
    const unknown = await server.call("POST", "/clients", { body: { role: "none" }, as: eve });
    expect(unknown).toMatchObject({ status: 403 });
    expect(await server.call("POST", "/clients", { body: { role: "none" } })).toMatchObject({
      status: 400,
      body: { code: 400 },
    });
    await allow("users:eve@example.com", "create", "clients:<.*>");
    expect(await server.call("POST", "/clients", { body, as: eve })).toMatchObject({ status: 403 });
    await allow("users:eve@example.com", "assign", "roles:ci");
    expect(await server.call("POST", "/clients", { body, as: eve })).toMatchObject({ status: 201 });
  });
});

describe("a client that is deleted", () => {
  it("is out at once, and can be had back with its secret", async () => {
    const client = await made();
    const { clientId } = client;
    const token = await tokenOf(client);
    const subject = `iam-${clientId}`;
    const given = { subject, roles: ["Viewer"], resource: {} };
    await server.http.app.done(createPolicy, server.admin.caller, given);
    const gone = await server.call("DELETE", `/clients/${clientId}`);
    expect(gone).toMatchObject({
      status: 200,
      body: { message: expect.stringContaining("will be removed") },
      record: { path: `clients:${clientId}`, action: "DELETE", status: 200 },
    });
    expect(await server.call("GET", "/roles", { as: token })).toMatchObject({ status: 401 });
    expect(await faultOf(login(client))).toBe("unknown-client");
    expect(await server.call("GET", `/clients/${clientId}`)).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining("marked for deletion") },
      record: { path: `clients:${clientId}`, status: 404 },
    });
    const back = await server.call("PUT", `/clients/${clientId}/restore`);
    expect(back).toMatchObject({
      status: 200,
      body: null,
      record: { path: `clients:${clientId}:restore`, action: "GET", status: 200 },
    });
    expect(back.events.map(({ operation }) => operation)).toEqual([
      "serviceid.restore",
      "serviceid-apikey.create",
      "policy.create",
      "profile-identity.add",
    ]);
    expect(await server.call("GET", "/roles", { as: token })).toMatchObject({ status: 401 });
    await tokenOf(client);
    expect(await server.call("GET", `/clients/${clientId}/restore`)).toMatchObject({ status: 400 });
  });

  it("is gone for good by force, and when another wire deletes it", async () => {
    const { clientId } = await made();
    expect(await server.call("DELETE", `/clients/${clientId}?force=true`)).toMatchObject({
      status: 204,
      body: null,
      record: { path: `clients:${clientId}`, status: 204 },
    });
    expect(await server.call("PUT", `/clients/${clientId}/restore`)).toMatchObject({ status: 404 });
    const other = await made();
    await server.http.app.done(deleteServiceId, server.admin.caller, { id: other.clientId });
    const back = await server.call("PUT", `/clients/${other.clientId}/restore`);
    expect(back).toMatchObject({ status: 404 });
    for (const id of [clientId, other.clientId]) {
      const kept = await server.app.state.read(({ items }) =>
        items.item(CLIENT, server.account, id),
      );
      expect(kept).toBeUndefined();
    }
  });

  it("logs in no more once its role is deleted, and again when that is back", async () => {
    const client = await made();
    const token = await tokenOf(client);
    await server.call("DELETE", "/roles/ci");
    expect(await server.call("GET", "/roles", { as: token })).toMatchObject({ status: 401 });
    expect(await faultOf(login(client))).toBe("client-role-gone");
    expect((await server.call("GET", `/clients/${client.clientId}`)).body).toMatchObject({
      role: "ci",
      status: "without role",
    });
    await server.call("PUT", "/roles/ci/restore");
    expect(await server.call("GET", "/roles", { as: token })).toMatchObject({ status: 401 });
    await tokenOf(client);
  });

  it.each(["role first", "client first"])(
    "and its role come back in any order: %s",
    async (order) => {
      const client = await made();
      const paths = ["/roles/ci", `/clients/${client.clientId}`];
      for (const path of paths) await server.call("DELETE", path);
      if (order === "client first") paths.reverse();
      for (const path of paths) await server.call("PUT", `${path}/restore`);
      await tokenOf(client);
      for (const path of paths) await server.call("DELETE", path);
      for (const path of paths) await server.call("PUT", `${path}/restore`);
      await tokenOf(client);
    },
  );
});

describe("a secret that is fetched by an address", () => {
  const underV1 = (path: string): string => path.replace(/^\/v1/, "");

  it("is given to the first who comes, and to nobody after", async () => {
    const client = await made({ url: true, urlTTL: 600 });
    const { clientId, urlPath } = client;
    expect(client).toMatchObject({ url: true, urlTTL: 600 });
    expect(client).not.toHaveProperty("clientSecret");
    const fetched = await server.call("GET", underV1(urlPath), { as: null });
    expect(fetched).toMatchObject({
      status: 200,
      body: { clientId, clientSecret: expect.stringMatching(/^kts_/), role: "ci" },
      record: { path: `clients:bootstrap:${clientId}`, action: "GET", status: 200, principal: "" },
    });
    await tokenOf(fetched.body);
    const again = await server.call("GET", underV1(urlPath), { as: null });
    expect(again).toMatchObject({
      status: 400,
      body: { code: 400, message: "url has already used" },
      record: { path: `clients:bootstrap:${clientId}`, status: 400 },
    });
    const code = urlPath.split("/").at(-1) ?? "";
    expect(JSON.stringify(server.app.events())).not.toContain(code);
    expect((await server.call("GET", `/clients/${clientId}`)).body.accessed).toBeDefined();
  });

  it("is made once, whoever comes at the same time", async () => {
    const { urlPath } = await made({ url: true });
    const many = Array.from({ length: 6 }, () =>
      server.call("GET", underV1(urlPath), { as: null }),
    );
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 400)).toHaveLength(5);
  });

  it("is not to be had late, nor by a guess", async () => {
    const { clientId, urlPath } = await made({ url: true, urlTTL: 60 });
    const guessed = await server.call("GET", `/clients/bootstrap/${clientId}/guess`, { as: null });
    expect(guessed).toMatchObject({
      status: 404,
      record: { path: `clients:bootstrap:${clientId}`, status: 404 },
    });
    expect(JSON.stringify(guessed.events)).not.toContain("guess");
    const bare = await server.call("GET", `/clients/bootstrap/${clientId}`, { as: null });
    expect(bare).toMatchObject({ status: 404 });
    server.app.clock.advance(60_000);
    const late = await server.call("GET", underV1(urlPath), { as: null });
    expect(late).toMatchObject({ status: 400, body: { message: "The address has expired." } });
  });
});
