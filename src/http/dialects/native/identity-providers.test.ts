import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IdentityServer, type Answered } from "../../testing/identity-server.ts";
import { identityProviderRoutes } from "./identity-providers.ts";

let wire: IdentityServer;
let authorization: string;
beforeAll(async () => {
  wire = await IdentityServer.open();
  const { accessToken } = await wire.app.login(wire.app.first.apiKey);
  authorization = `Bearer ${accessToken.reveal()}`;
});
afterAll(() => wire.close());

const PATH = "/trail/v1/identity-providers";
const SECRET = "canary-client-secret";

async function send(line: string, payload?: object): Promise<Answered> {
  const [method = "", url = ""] = line.split(" ");
  const response = await wire.server.inject({
    method: method as "GET",
    url,
    headers: { authorization, ...(payload ? { "content-type": "application/json" } : {}) },
    ...(payload ? { payload } : {}),
  });
  const { statusCode: status, headers, body } = response;
  return { status, headers, body: body === "" ? null : response.json() };
}

let made = 0;
function asked(over: object = {}): object {
  made += 1;
  return {
    name: "Example",
    realm: `realm-${made}`,
    issuer: "https://login.example.com",
    client_id: "keytrail",
    client_secret: SECRET,
    ...over,
  };
}

/** What a route's document promises of its answer. */
function promised(operationId: string, given: unknown): unknown {
  const found = identityProviderRoutes.find(({ document }) => document.operationId === operationId);
  const shape = found?.document.answer.content["application/json"];
  return typeof shape === "object" ? shape.parse(given) : null;
}

describe("the native wire of identity providers", () => {
  it("makes, reads, lists, changes and deletes one, and answers as its document says", async () => {
    const created = await send(`POST ${PATH}`, asked({ scopes: ["email"], creates_users: true }));
    expect(created.status).toBe(201);
    expect(promised("createIdentityProvider", created.body)).toMatchObject({
      issuer: "https://login.example.com",
      scopes: ["openid", "email"],
      creates_users: true,
      enabled: true,
    });
    const one = `${PATH}/${created.body.id}`;
    const read = await send(`GET ${one}`);
    expect(promised("readIdentityProvider", read.body)).toEqual(created.body);
    const listed = await send(`GET ${PATH}`);
    expect(promised("listIdentityProviders", listed.body)).toMatchObject({ total_count: 1 });
    const changed = await send(`PATCH ${one}`, { enabled: false, client_secret: null });
    expect(promised("updateIdentityProvider", changed.body)).toMatchObject({ enabled: false });
    expect((await send(`DELETE ${one}`)).status).toBe(204);
    expect((await send(`GET ${one}`)).status).toBe(404);
    expect(JSON.stringify([created, read, listed, changed])).not.toContain(SECRET);
  });

  it.each([
    ["an issuer without TLS", { issuer: "http://login.example.com" }, "issuer"],
    ["a realm of our own", { realm: "IBMid" }, "realm"],
    ["a name that is too long", { name: "a".repeat(5_000) }, "name"],
    ["scopes that are none", { scopes: "openid" }, "scopes"],
    ["a secret that is no text", { client_secret: 7 }, "client_secret"],
  ])("refuses %s, and says which field it is", async (_what, over, field) => {
    const { status, body: answer } = await send(`POST ${PATH}`, asked(over));
    expect([status, JSON.stringify(answer)]).toEqual([400, expect.stringContaining(field)]);
    expect(wire.app.parts.lastEvent().requestData).toEqual({});
  });

  it("neither changes what stays, nor repeats what it does not know", async () => {
    const { body: created } = await send(`POST ${PATH}`, asked());
    for (const [name, value] of [
      ["issuer", "https://other.example.com"],
      ["realm", "other"],
      [SECRET, "x"],
    ] as const) {
      const { status, body: answer } = await send(`PATCH ${PATH}/${created.id}`, { [name]: value });
      expect([name, status]).toEqual([name, 400]);
      expect(JSON.stringify(answer)).not.toContain(SECRET);
    }
    const { status, body: answer } = await send(`GET ${PATH}/${SECRET}`);
    expect([status, JSON.stringify(answer)]).toEqual([400, expect.not.stringContaining(SECRET)]);
    const log = wire.app.parts.log.lines.map((line) => Buffer.from(line).toString()).join("");
    expect(log).not.toContain(SECRET);
  });
});
