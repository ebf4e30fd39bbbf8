import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

async function send(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  payload?: object,
): Promise<Answered> {
  const response = await wire.server.inject({
    method,
    url: `/trail/v1/${path}`,
    headers: { authorization, ...(payload ? { "content-type": "application/json" } : {}) },
    ...(payload ? { payload } : {}),
  });
  const body = response.body === "" ? null : response.json();
  return { status: response.statusCode, headers: response.headers, body };
}

function report(payload: object): Promise<Answered> {
  const url = "/trail/v1/leaked-keys";
  return wire.send({ method: "POST", url, type: "application/json", payload });
}

/** What a route's document promises of its answer. */
function promised(operationId: string, body: unknown): unknown {
  const { answer } = identityRoutes.find(
    ({ document }) => document.operationId === operationId,
  )!.document;
  const shape = answer.content["application/json"];
  return typeof shape === "object" ? shape.parse(body) : null;
}

describe("a service ID and its key", () => {
  it("are looked at, changed, locked and unlocked, as the document says", async () => {
    const service = (await send("POST", "service-ids", { name: "ci" })).body;
    const key = (await send("POST", "api-keys", { iam_id: service.iam_id, name: "key" })).body;
    for (const [path, id] of [
      ["service-ids", service.id],
      ["api-keys", key.id],
    ]) {
      const kind = path === "api-keys" ? "ApiKey" : "ServiceId";
      const one = `${path}/${id}`;
      const read = await send("GET", one);
      expect(promised(`read${kind}`, read.body)).toMatchObject({ id, locked: false });
      const entity_tag = read.body.entity_tag as string;
      const changed = await send("PATCH", one, { description: "new", entity_tag });
      expect(promised(`update${kind}`, changed.body)).toMatchObject({ description: "new" });
      expect((await send("PATCH", one, { name: "x", entity_tag })).status).toBe(412);
      expect((await send("POST", `${one}/lock`)).status).toBe(204);
      const refused = await send("PATCH", one, { name: "x" });
      expect([refused.status, refused.body.errors[0].code]).toEqual([412, "locked"]);
      expect((await send("DELETE", `${one}/lock`)).status).toBe(204);
      expect((await send("PATCH", one, { name: "renamed" })).body.name).toBe("renamed");
      expect(wire.app.parts.lastEvent().target.name).toBe("renamed");
    }
    expect((await send("POST", `api-keys/${key.id}/disable`)).status).toBe(204);
    expect((await send("GET", `api-keys/${key.id}`)).body.disabled).toBe(true);
    expect((await send("DELETE", `api-keys/${key.id}/disable`)).status).toBe(204);
    const expiring = { expires_at: "2030-01-01T00:00:00Z", action_when_leaked: "delete" };
    expect((await send("PATCH", `api-keys/${key.id}`, expiring)).body).toMatchObject({
      expires_at: "2030-01-01T00:00:00.000Z",
      action_when_leaked: "delete",
    });
    expect((await send("PATCH", `api-keys/${key.id}`, { expires_at: null })).body.expires_at).toBe(
      null,
    );
  });

  it.each([
    ["GET", "api-keys/ktk_0000000000000000000000000000000000000000000", undefined],
    ["POST", "service-ids/a-password-of-mine/lock", undefined],
    ["PATCH", "api-keys/ApiKey-00000000-0000-4000-8000-000000000000", { hunter2: "x" }],
    [
      "PATCH",
      "api-keys/ApiKey-00000000-0000-4000-8000-000000000000",
      { action_when_leaked: "hunter2" },
    ],
  ] as const)("leave nothing of %s %s in the record or the answer", async (method, path, body) => {
    const answer = await send(method, path, body);
    expect(answer.status).toBe(400);
    const told = JSON.stringify([answer.body, wire.app.parts.lastEvent()]);
    expect(told).not.toMatch(/ktk_|a-password|hunter2/);
  });
});

describe("a leaked key", () => {
  it("is reported by anyone, and the answer tells nobody whether it was one", async () => {
    const { iamId } = wire.app.first.administrator;
    const key = (await send("POST", "api-keys", { iam_id: iamId, name: "leaky" })).body;
    await send("PATCH", `api-keys/${key.id}`, { action_when_leaked: "disable" });
    const known = await report({ apikey: key.apikey });
    expect((await send("GET", `api-keys/${key.id}`)).body.disabled).toBe(true);
    const unknown = await report({ apikey: `${key.apikey.slice(0, -2)}AA` });
    const nonsense = await report({ apikey: "hunter2" });
    for (const { status, body } of [known, unknown, nonsense]) {
      expect([status, body]).toEqual([202, null]);
    }
    expect(wire.app.parts.lastEvent()).toMatchObject({ account: "operator", outcome: "failure" });
    const ledger = wire.app.parts.log.lines.map((line) => Buffer.from(line).toString()).join();
    expect(ledger).not.toContain(key.apikey);
    expect(ledger).not.toContain("hunter2");
  });
});
