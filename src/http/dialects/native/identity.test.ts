import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sensitive } from "../../../kernel/sensitive.ts";
import { IdentityServer, type Answered } from "../../testing/identity-server.ts";
import { identityRoutes } from "./identity.ts";

let wire: IdentityServer;
let authorization: string;
beforeAll(async () => {
  wire = await IdentityServer.open();
  const { accessToken } = await wire.app.login(wire.app.first.apiKey);
  authorization = `Bearer ${accessToken.reveal()}`;
});
afterAll(() => wire.close());

const post = (path: string, payload: object): Promise<Answered> =>
  wire.send({
    method: "POST",
    url: `/trail/v1/${path}`,
    type: "application/json",
    payload,
    authorization,
  });
const get = (path: string): Promise<Answered> =>
  wire.send({ method: "GET", url: `/trail/v1/${path}`, authorization });
const remove = (path: string): Promise<Answered> =>
  wire.send({ method: "DELETE", url: `/trail/v1/${path}`, authorization });

/** What a route's document promises of its answer. */
function promised(operationId: string, body: unknown): unknown {
  const { answer } = identityRoutes.find(
    ({ document }) => document.operationId === operationId,
  )!.document;
  const shape = answer.content["application/json"];
  return typeof shape === "object" ? shape.parse(body) : null;
}

describe("the native wire of identities", () => {
  it("makes, lists and deletes each kind, and answers as its document says", async () => {
    const user = await post("users", { email: "ada@example.com", name: "Ada" });
    expect(user.status).toBe(201);
    expect(promised("createUser", user.body)).toMatchObject({ email: "ada@example.com" });
    const service = await post("service-ids", { name: "ci", description: "builds" });
    promised("createServiceId", service.body);
    const key = await post("api-keys", {
      iam_id: service.body.iam_id,
      name: "key",
      expires_at: "2027-01-01T00:00:00+01:00",
    });
    expect(promised("createApiKey", key.body)).toMatchObject({
      expires_at: "2026-12-31T23:00:00.000Z",
    });
    expect(wire.app.parts.lastEvent().requestData).toMatchObject({
      expiresAt: "2027-01-01T00:00:00+01:00",
    });
    const policy = await post("policies", {
      subject: service.body.iam_id,
      roles: ["SecretsReader"],
      resource: { instance: wire.app.first.instance.id, secret_group: "default" },
    });
    promised("createPolicy", policy.body);
    expect((await wire.app.login(new Sensitive(key.body.apikey))).apikeyId).toBe(key.body.id);

    for (const [path, operationId, name, count] of [
      ["users?limit=1&offset=1", "listUsers", "users", 1],
      ["service-ids", "listServiceIds", "service_ids", 1],
      [`api-keys?iam_id=${service.body.iam_id}`, "listApiKeys", "api_keys", 1],
      [`policies?subject=${service.body.iam_id}`, "listPolicies", "policies", 1],
    ] as const) {
      const { status, body } = await get(path);
      expect([path, status, body[name].length]).toEqual([path, 200, count]);
      promised(operationId, body);
      expect(JSON.stringify(body)).not.toContain(key.body.apikey);
    }
    for (const path of [
      `policies/${policy.body.id}`,
      `api-keys/${key.body.id}`,
      `service-ids/${service.body.id}`,
      `users/${user.body.iam_id}`,
    ]) {
      expect([path, (await remove(path)).status, (await remove(path)).status]).toEqual([
        path,
        204,
        404,
      ]);
    }
    expect(wire.app.parts.lastEvent()).toMatchObject({
      operation: "user.delete",
      outcome: "failure",
      target: { id: expect.stringContaining(user.body.iam_id) },
      dialect: "native",
    });
  });

  it("refuses fields it does not know, and values of the wrong kind, by the field's name", async () => {
    for (const [path, payload, field] of [
      ["users", { email: "a@b", name: "A", admin: true }, undefined],
      ["users", { email: "a@b" }, "name"],
      ["users", { email: 7, name: "A" }, "email"],
      ["service-ids", { name: ["a"] }, "name"],
      [
        "api-keys",
        { iam_id: "IBMid-0000000000000001", name: "A", expires_at: "tomorrow" },
        "expires_at",
      ],
      ["policies", { subject: "IBMid-0000000000000001", roles: [] }, "roles"],
      [
        "policies",
        { subject: "IBMid-0000000000000001", roles: ["Reader"], resource: { city: "x" } },
        undefined,
      ],
    ] as const) {
      const { status, body } = await post(path, payload);
      expect([status, body.errors[0].code, body.errors[0].field]).toEqual([
        400,
        "invalid_request",
        field,
      ]);
    }
    const { body: unknown } = await post("users", { email: "a@b", name: "A", admin: true });
    expect(unknown.errors[0].message).toBe(
      "The request has a field that is not known here; those that are: email, name.",
    );
    for (const path of ["users?limit=1000", "users?limit=x", "users?offset=-1", "users?all=1"]) {
      expect([path, (await get(path)).status]).toEqual([path, 400]);
    }
  });

  it("does not repeat a text that is no id, in an answer or in the record", async () => {
    const pasted = wire.app.first.apiKey.reveal();
    for (const path of ["users", "service-ids", "api-keys", "policies"]) {
      const { status, body } = await remove(`${path}/${pasted}`);
      expect([status, body.errors[0].field]).toEqual([400, "id"]);
      expect(JSON.stringify(body)).not.toContain(pasted);
    }
    expect((await get(`api-keys?iam_id=${pasted}`)).status).toBe(400);
    expect((await post("policies", { subject: pasted, roles: ["Reader"] })).status).toBe(400);
    const ledger = wire.app.parts.log.lines.map((line) => Buffer.from(line).toString()).join();
    expect(ledger).not.toContain(pasted);
  });

  it("tells somebody without a token, and somebody with a bad one, no more than that", async () => {
    for (const header of [undefined, "Bearer eyJhbGciOiJub25lIn0.e30."]) {
      const { status, headers } = await wire.send({
        method: "GET",
        url: "/trail/v1/users",
        ...(header === undefined ? {} : { authorization: header }),
      });
      expect(status).toBe(401);
      expect(headers["www-authenticate"]).toContain("Bearer");
    }
  });
});
