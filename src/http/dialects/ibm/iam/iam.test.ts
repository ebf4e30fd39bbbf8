import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IdentityServer, type Answered } from "../../../testing/identity-server.ts";

let wire: IdentityServer;
let authorization: string;
let accountId: string;
let iamId: string;
beforeAll(async () => {
  wire = await IdentityServer.open();
  const { accessToken } = await wire.app.login(wire.app.first.apiKey);
  authorization = `Bearer ${accessToken.reveal()}`;
  accountId = wire.app.first.account.id;
  iamId = wire.app.first.administrator.iamId;
});
afterAll(() => wire.close());

type Sent = Pick<InjectOptions, "headers"> & { readonly body?: object | string };

async function send(call: string, { body, headers = {} }: Sent = {}): Promise<Answered> {
  const [method = "GET", url = "/"] = call.split(" ", 2);
  const response = await wire.server.inject({
    method: method as "GET",
    url,
    headers: {
      authorization,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: body }),
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.body === "" ? null : response.json(),
  };
}

const NO_KEY = "ApiKey-00000000-0000-4000-8000-000000000000";
const NO_SERVICE_ID = "ServiceId-00000000-0000-4000-8000-000000000000";
const ANY = { headers: { "if-match": "*" } };

describe("the wire of IAM Identity", () => {
  it("says in every refusal what is wrong, by which id it is found, and gives no URL", async () => {
    const answer = await send(`GET /v1/apikeys/${NO_KEY}`, {
      headers: { "user-agent": "x".repeat(1_000) },
    });
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      context: {
        transaction_id: answer.body.trace,
        operation: "GET /v1/apikeys/:id",
        user_agent: "x".repeat(256),
      },
      status_code: 404,
      errors: [
        {
          code: "not_found",
          message_code: "not_found",
          message: "There is no such API key.",
          details: "",
        },
      ],
      trace: answer.headers["x-global-transaction-id"],
    });
    expect(wire.app.parts.lastEvent()).toMatchObject({
      requestId: answer.body.trace,
      target: { id: expect.stringContaining(NO_KEY) },
    });
  });

  it.each([
    [`PUT /v1/apikeys/${NO_KEY}`, {}, "If-Match"],
    [`PUT /v1/serviceids/${NO_SERVICE_ID}`, {}, "If-Match"],
    [`PUT /v1/apikeys/${NO_KEY}`, { ...ANY, body: { hunter2: 1 } }, "not known"],
    [`PUT /v1/apikeys/${NO_KEY}`, { ...ANY, body: { name: { hunter2: 1 } } }, "name"],
    [`PUT /v1/apikeys/${NO_KEY}`, { ...ANY, body: '{"name":"hunter2"' }, "JSON"],
    [`PUT /v1/apikeys/${NO_KEY}`, { ...ANY, body: '{"__proto__":{}}' }, "reserved"],
    ["PUT /v1/apikeys/hunter2", ANY, "ApiKey-"],
    ["GET /v1/apikeys/hunter2", {}, "ApiKey-"],
    ["POST /v1/apikeys/hunter2/lock", {}, "ApiKey-"],
    ["GET /v1/serviceids/hunter2", {}, "ServiceId-"],
    ["DELETE /v1/serviceids/hunter2/lock", {}, "ServiceId-"],
    ["GET /v1/accounts/hunter2/settings/identity", {}, "hexadecimal"],
    ["GET /v1/apikeys/details", {}, "IAM-ApiKey"],
    ["GET /v1/apikeys?hunter2=1", {}, "not known"],
    ["GET /v1/apikeys?iam_id=hunter2", {}, "iam_id"],
    ["GET /v1/apikeys?type=user&type=serviceid", {}, "more than once"],
    ["GET /v1/apikeys?pagetoken=a&pagetoken=b", {}, "pagetoken"],
    ["GET /v1/apikeys?pagesize=ten", {}, "pagesize"],
    [`GET /v1/apikeys/${NO_KEY}?include_history=yes`, {}, "include_history"],
    ["POST /v1/serviceids", { body: { name: "x" } }, "account_id"],
  ])("refuses %s with %j, and keeps nothing of it", async (call, sent, words) => {
    const answer = await send(call, sent);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].message).toContain(words);
    const event = wire.app.parts.lastEvent();
    expect(event.requestData).toEqual({});
    expect(JSON.stringify([answer.body, event])).not.toContain("hunter2");
  });

  it.each([
    { asked: {}, offset: 0, side: "after", value: 1, id: "x", more: 1 },
    { asked: {}, offset: -1, side: "after", value: 1, id: "x" },
    { asked: {}, offset: 0, side: "beside", value: 1, id: "x" },
    { asked: {}, offset: 0, side: "after", value: "a text where a time belongs", id: "x" },
    { asked: { sort: "name" }, offset: 0, side: "after", value: 1, id: "x" },
    { asked: { hunter2: "1" }, offset: 0, side: "after", value: 1, id: "x" },
    { asked: { iam_id: ["a"] }, offset: 0, side: "after", value: 1, id: "x" },
    { asked: {}, offset: 0, side: "after", value: 1, id: "x".repeat(101) },
    null,
    [],
  ])("refuses the page token %j", async (token) => {
    const pagetoken = Buffer.from(JSON.stringify(token)).toString("base64url");
    const answer = await send(`GET /v1/apikeys?pagetoken=${pagetoken}`);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).not.toContain("hunter2");
  });

  it("lets a page token show nothing that its bearer may not see", async () => {
    const { key } = await wire.app.user("eve@example.com");
    const { accessToken } = await wire.app.login(key.value);
    const token = { asked: { iam_id: iamId }, offset: 0, side: "after", value: 0, id: "" };
    const pagetoken = Buffer.from(JSON.stringify(token)).toString("base64url");
    const headers = { authorization: `Bearer ${accessToken.reveal()}` };
    expect((await send(`GET /v1/apikeys?pagetoken=${pagetoken}`, { headers })).status).toBe(403);
  });

  it("takes paths with a slash at the end, quoted entity tags, and no notice of a lock's body", async () => {
    const made = await send("POST /v1/serviceids/", {
      body: { account_id: accountId, name: "ci" },
      headers: { "entity-lock": "false" },
    });
    expect([made.status, made.headers["etag"]]).toEqual([201, `"${made.body.entity_tag}"`]);
    const { id } = made.body;
    const quoted = { "if-match": String(made.headers["etag"]) };
    const changed = await send(`PUT /v1/serviceids/${id}/`, {
      headers: quoted,
      body: { description: "d" },
    });
    expect(changed.body).toMatchObject({ name: "ci", description: "d" });
    const lock = await send(`POST /v1/serviceids/${id}/lock`, { body: { name: "other" } });
    expect(lock.status).toBe(204);
    const read = await send(`GET /v1/serviceids/${id}`);
    expect(read.body).toMatchObject({ name: "ci", description: "d", locked: true });
    const stale = await send(`PUT /v1/serviceids/${id}`, { headers: quoted, body: { name: "x" } });
    expect([stale.status, stale.body.errors[0].code]).toEqual([412, "locked"]);
  });

  it("has no method but its own on its paths", async () => {
    for (const call of ["PATCH /v1/apikeys", `POST /v1/apikeys/${NO_KEY}`, "GET /v1/accounts"]) {
      const answer = await send(call);
      expect([answer.status, answer.body.errors[0].code]).toEqual([404, "not_found"]);
      expect(wire.app.parts.lastEvent().operation).toBe("request.reject");
    }
  });

  it("shows the value of a key once, and in no header, list or record", async () => {
    const made = await send("POST /v1/apikeys", { body: { iam_id: iamId, name: "once" } });
    const { id, apikey } = made.body;
    const seen = [
      await send(`GET /v1/apikeys/${id}`),
      await send(`GET /v1/apikeys?account_id=${accountId}&scope=account`),
      await send("GET /v1/apikeys/details", { headers: { "iam-apikey": apikey } }),
      await send(`PUT /v1/apikeys/${id}`, { ...ANY, body: { name: "again" } }),
      wire.app.parts.events(),
    ];
    expect(JSON.stringify(seen)).toContain(id);
    expect(JSON.stringify(seen)).not.toContain(apikey);
  });
});
