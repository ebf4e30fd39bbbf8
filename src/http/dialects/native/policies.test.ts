import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROLE_NAMES } from "../../../identity/roles.ts";
import { IdentityServer, type Answered } from "../../testing/identity-server.ts";
import { policyRoutes } from "./policies.ts";

let wire: IdentityServer;
let authorization: string;
let subject: string;
beforeAll(async () => {
  wire = await IdentityServer.open();
  const { accessToken } = await wire.app.login(wire.app.first.apiKey);
  authorization = `Bearer ${accessToken.reveal()}`;
  subject = (await wire.app.user("ada@example.com")).user.iamId;
});
afterAll(() => wire.close());

function send(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  payload?: object,
): Promise<Answered> {
  const body = payload === undefined ? {} : { type: "application/json", payload };
  return wire.send({ method, url: `/trail/v1/${path}`, authorization, ...body });
}

/** What a route's document promises of its answer. */
function promised(operationId: string, body: unknown): unknown {
  const found = policyRoutes.find(({ document }) => document.operationId === operationId);
  const shape = found?.document.answer.content["application/json"];
  if (typeof shape !== "object") throw new Error(`no shape of ${operationId}`);
  return shape.parse(body);
}

describe("the native wire of policies", () => {
  it("makes, reads, changes, puts out of force and deletes them, and answers as its document says", async () => {
    const resource = { service: "secrets-manager", region: "us-south", secret_group: "default" };
    const roles = ["SecretsReader"];
    const made = await send("POST", "policies", { subject, roles, resource, description: "ours" });
    expect([made.status, promised("createPolicy", made.body)]).toMatchObject([
      201,
      { subject, roles, resource, description: "ours", state: "active" },
    ]);
    const { id, entity_tag } = made.body;
    const read = await send("GET", `policies/${id}`);
    expect(promised("readPolicy", read.body)).toEqual(made.body);

    const changed = await send("PUT", `policies/${id}`, {
      subject,
      roles: ["Reader"],
      resource,
      entity_tag,
    });
    expect([changed.status, promised("updatePolicy", changed.body)]).toMatchObject([
      200,
      { id, roles: ["Reader"], description: "" },
    ]);
    expect(wire.app.parts.lastEvent()).toMatchObject({
      action: "iam-am.policy.update",
      dialect: "native",
      requestData: { roles: ["Reader"], previous: { roles } },
    });
    const late = { subject, roles, resource, entity_tag };
    expect((await send("PUT", `policies/${id}`, late)).status).toBe(412);

    const out = { subject, roles: ["Reader"], resource, state: "deleted" };
    expect((await send("PUT", `policies/${id}`, out)).body.state).toBe("deleted");
    for (const [state, count] of [
      ["active", 0],
      ["deleted", 1],
    ] as const) {
      const { body } = await send("GET", `policies?subject=${subject}&state=${state}`);
      promised("listPolicies", body);
      expect([state, body.total_count]).toEqual([state, count]);
    }
    expect((await send("DELETE", `policies/${id}`)).status).toBe(204);
    expect((await send("GET", `policies/${id}`)).status).toBe(404);
  });

  it("lists the roles with their operations", async () => {
    const { status, body } = await send("GET", "roles");
    expect(status).toBe(200);
    promised("listRoles", body);
    expect(body.roles.map(({ name }: { readonly name: string }) => name)).toEqual(ROLE_NAMES);
  });

  it("repeats nothing that is no id, no service and no role", async () => {
    const pasted = wire.app.first.apiKey.reveal();
    const roles = ["Reader"];
    const answers = [
      await send("GET", `policies/${pasted}`),
      await send("PUT", `policies/${pasted}`, { subject, roles }),
      await send("GET", `policies?subject=${pasted}`),
      await send("GET", `policies?service=${pasted}`),
      await send("GET", `roles?service=${pasted}`),
      await send("POST", "policies", { subject: pasted, roles }),
      await send("POST", "policies", { subject, roles: [pasted] }),
      await send("POST", "policies", { subject, roles, resource: { service: pasted } }),
      await send("POST", "policies", { subject, roles, resource: { region: pasted } }),
      await send("POST", "policies", { subject, roles, [pasted]: 1 }),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(JSON.stringify(body)).not.toContain(pasted);
    }
    const ledger = wire.app.parts.log.lines.map((line) => Buffer.from(line).toString()).join();
    expect(ledger).not.toContain(pasted);
  });
});
