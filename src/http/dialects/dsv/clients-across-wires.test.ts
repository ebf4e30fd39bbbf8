import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createProfileByName,
  deleteProfileByName,
} from "../../../app/profiles/profiles-by-name.ts";
import { renderCloudTrail } from "../../../audit/render/cloudtrail.ts";
import { catalogue } from "../../../audit/catalogue.ts";
import { DsvServer } from "./testing/dsv-server.ts";

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

/** By IBM's wire, as the administrator. */
const ibm = (method: "GET" | "POST" | "DELETE", url: string, payload?: object) =>
  server.http.send({
    method,
    url,
    authorization: `Bearer ${server.admin.token}`,
    ...(payload ? { payload, type: "application/json" } : {}),
  });

const claimsIn = (token: string): { readonly sub: string } =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

async function allowed(subject: string, resource: string): Promise<void> {
  const rule = { subjects: [subject], actions: ["read"], resources: [resource] };
  const policy = JSON.stringify({ permissionDocument: [rule] });
  const body = { path: "secrets:ci", policy, serialization: "json" };
  expect(await server.call("POST", "/config/policies/", { body })).toMatchObject({ status: 201 });
}

describe("a client that logs in by DSV's wire", () => {
  it("reads what a document lets its role read, and nothing else", async () => {
    await server.call("POST", "/roles/", { body: { name: "builder" } });
    await allowed("roles:builder", "secrets:ci:<.*>");
    for (const path of ["ci:db", "prod:db"]) {
      const made = await server.call("POST", `/secrets/${path}`, { body: { data: { a: path } } });
      expect(made.status).toBe(201);
    }
    const { body: client } = await server.call("POST", "/clients", { body: { role: "builder" } });
    const form = {
      grant_type: "client_credentials",
      client_id: client.clientId,
      client_secret: client.clientSecret,
    };
    const login = await server.call("POST", "/token", { body: form, as: null });
    expect(login).toMatchObject({
      status: 200,
      body: { tokenType: "bearer", accessToken: expect.any(String) },
      record: { principal: "roles:builder", path: "token", action: "POST", status: 200 },
    });
    expect(login.body.refreshToken).toBeUndefined();
    const as: string = login.body.accessToken;
    expect(claimsIn(as).sub).toBe("roles:builder");
    expect(await server.call("GET", "/secrets/ci/db", { as })).toMatchObject({
      status: 200,
      body: { data: { a: "ci:db" } },
      record: { principal: "roles:builder", path: "secrets:ci:db" },
    });
    for (const path of ["/secrets/prod/db", "/roles/builder", "/clients", "/secrets"]) {
      expect(await server.call("GET", path, { as })).toMatchObject({ status: 403 });
    }
    const body = { data: { a: "other" } };
    expect(await server.call("PUT", "/secrets/ci/db", { body, as })).toMatchObject({ status: 403 });
  });

  it("is told no more than that it is not let in, and the record has nobody", async () => {
    const form = "grant_type=client_credentials&client_id=x&client_secret=kts_none";
    expect(await server.call("POST", "/token", { body: form, as: null })).toMatchObject({
      status: 401,
      body: { code: 401, message: "unable to authenticate" },
      record: { principal: "", path: "token", action: "POST", status: 0 },
    });
  });
});

describe("roles and clients of the other wires", () => {
  it("are DSV's too: a trusted profile is a role, and a service ID a client", async () => {
    const account_id = server.account;
    const profile = await ibm("POST", "/v1/profiles", { name: "auditors", account_id });
    expect(profile.status).toBe(201);
    const serviceId = await ibm("POST", "/v1/serviceids", { name: "robot", account_id });
    expect(serviceId.status).toBe(201);
    expect((await server.call("GET", "/roles/auditors")).body).toMatchObject({
      name: "auditors",
      version: "0",
      createdBy: "users:admin@example.com",
    });
    const { id } = serviceId.body;
    expect(await server.call("GET", `/clients/${id}`)).toMatchObject({
      status: 200,
      body: { clientId: id, role: "", status: "without role" },
    });
    expect(await server.call("DELETE", `/clients/${id}`)).toMatchObject({ status: 200 });
    expect(await ibm("GET", `/v1/serviceids/${id}`)).toMatchObject({ status: 404 });
    expect(await server.call("PUT", `/clients/${id}/restore`)).toMatchObject({ status: 200 });
    expect(await ibm("GET", `/v1/serviceids/${id}`)).toMatchObject({ status: 200 });
  });

  it("show what DSV's wire made: its role by AWS's names, its client by IBM's", async () => {
    const made = await server.call("POST", "/roles/", { body: { name: "builder" } });
    const { body: client, events } = await server.call("POST", "/clients", {
      body: { role: "builder" },
    });
    const listed = await ibm("GET", `/v1/serviceids?account_id=${server.account}`);
    expect(listed.body.serviceids).toMatchObject([{ id: client.clientId }]);
    const trusted = await ibm("GET", `/v1/profiles/${made.body.id}/identities`);
    expect(trusted.body.identities).toMatchObject([{ type: "serviceid" }]);
    expect(events[0]?.action).toBe("iam-identity.account-serviceid.create");
    expect(made.events[0]?.action).toBe("iam-identity.account-profile.create");
    expect(catalogue["profile.create"].aws).toBe("CreateRole");
    expect(made.events[0] && renderCloudTrail(made.events[0])).toMatchObject({
      eventName: "CreateRole",
    });
    expect(events[0] && renderCloudTrail(events[0])).toMatchObject({
      eventName: "CreateServiceId",
    });
  });

  it("keep versions of a role that AWS's wire makes, and leave none when it deletes it", async () => {
    const { app } = server.http;
    const { caller } = server.admin;
    const roleName = "by-aws";
    const trust = { principals: [] };
    const given = { roleName, description: "one", trust, assumeRolePolicyDocument: "{}" };
    await app.done(createProfileByName, caller, given);
    await server.call("PUT", `/roles/${roleName}`, { body: { description: "two" } });
    const first = await server.call("GET", `/roles/${roleName}/version/0`);
    expect(first.body).toMatchObject({ description: "one", data: [{ description: "one" }] });
    await app.done(deleteProfileByName, caller, { roleName });
    expect(await server.call("PUT", `/roles/${roleName}/restore`)).toMatchObject({ status: 404 });
  });
});
