import { hash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { person, PASSWORD, recorded, Authenticator } from "../../../app/identity/testing/logins.ts";
import type { TestUser } from "../../../app/identity/testing/identity-app.ts";
import { CONFIG, CONFIG_NAME } from "../../../identity/documents/document.ts";
import { newItem } from "../../../items/item.ts";
import { DsvServer, type DsvAnswered } from "./testing/dsv-server.ts";

const EMAIL = "ada@example.com";

let server: DsvServer;
let ada: TestUser;
beforeEach(async () => {
  server = await DsvServer.open();
  ada = await person(server.http.app, EMAIL);
});
afterEach(() => server.close());

const token = (body: object | string): Promise<DsvAnswered> =>
  server.call("POST", "/token", { as: null, body });
const login = (over: object = {}): Promise<DsvAnswered> =>
  token({ grant_type: "password", username: EMAIL, password: PASSWORD, ...over });

function claims(accessToken: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString());
}

describe("a token", () => {
  it("is for the principal, whom DSV's clients read out of it, and works on every wire", async () => {
    const { status, body, record, headers } = await login();
    expect([status, headers["cache-control"]]).toEqual([200, "no-store"]);
    expect(body).toEqual({
      accessToken: expect.any(String),
      tokenType: "bearer",
      expiresIn: 3_600,
      refreshToken: expect.stringMatching(/^ktr_/),
    });
    expect(claims(body.accessToken)).toMatchObject({ sub: `users:${EMAIL}`, client_id: "dsv" });
    expect(record).toMatchObject({
      action: "POST",
      path: "token",
      status: 200,
      message: "login succeeded",
      principal: `users:${EMAIL}`,
      tenant: server.account,
    });
    const whoami = await server.call("GET", "/whoami", { as: body.accessToken });
    expect(whoami.body).toMatchObject({ principal: `users:${EMAIL}`, id: ada.user.iamId });
    expect(whoami.record).toMatchObject({ path: "whoami", status: 200 });
    const bearer = await server.call("GET", "/whoami", { as: `Bearer ${body.accessToken}` });
    expect(bearer.status).toBe(200);
    const ibm = await server.http.send({
      method: "GET",
      url: `/v2/accounts/${server.account}/users/${ada.user.iamId}`,
      authorization: `Bearer ${body.accessToken}`,
    });
    expect(ibm.status).not.toBe(401);
  });

  it("is asked for, and given back, also with one that is no good any more", async () => {
    const { body } = await login();
    server.app.clock.advance(3_600_000);
    for (const as of [body.accessToken, "no token", "Basic x"]) {
      const again = { grant_type: "password", username: EMAIL, password: PASSWORD };
      const answer = await server.call("POST", "/token", { as, body: again });
      expect([answer.status, answer.record?.principal]).toEqual([200, `users:${EMAIL}`]);
      expect((await server.call("GET", "/whoami", { as })).status).toBe(401);
    }
    const revoked = await server.call("POST", `/revoke/${body.refreshToken}`, {
      as: body.accessToken,
    });
    expect([revoked.status, revoked.record?.status]).toEqual([204, 204]);
  });

  it("is asked for by a form, in any letter case, with the fields of other grants empty", async () => {
    const form = new URLSearchParams({ GRANT_TYPE: "password", UserName: EMAIL.toUpperCase() });
    form.set("Password", PASSWORD);
    form.set("client_id", "");
    form.set("provider", "");
    expect(await token(form.toString())).toMatchObject({ status: 200 });
    const event = server.app.lastEvent();
    expect(event).toMatchObject({ operation: "refreshtoken.login", outcome: "success" });
    expect(event.requestData).toEqual({ client_id: "dsv", grant_type: "password" });
  });

  it.each([
    ["a wrong password", { password: "canary-guess" }, "wrong-password"],
    ["somebody unknown", { username: "canary-nobody" }, "unknown-user"],
  ])("is refused to %s, and recorded with status 0 and nobody", async (_who, over, fault) => {
    const { status, body, record, events } = await login(over);
    expect([status, body]).toEqual([401, { code: 401, message: "unable to authenticate" }]);
    expect(record).toMatchObject({ path: "token", status: 0, principal: "", principalItemId: "" });
    expect(record?.message).not.toBe("login succeeded");
    expect(events[0]?.requestData).toMatchObject({ fault });
    expect(recorded(server.http.app)).not.toContain("canary");
  });

  it.each([
    ["an object without a grant", {}],
    ["a grant that is none", { grant_type: "canary-grant" }],
    ["no password", { grant_type: "password", username: "canary-name" }],
    ["a field of nobody's", { grant_type: "password", canaryfield: "x" }],
    ["a password of a provider", { grant_type: "password", provider: "canary-okta" }],
    ["what AWS signs", { grant_type: "aws_iam", aws_body: "canary", aws_headers: "canary" }],
    ["what Azure signs", { grant_type: "azure", jwt: "canary" }],
    ["what Google signs", { grant_type: "gcp", jwt: "canary" }],
    ["a code without a state", { grant_type: "oidc", provider: "x", authorization_code: "canary" }],
    ["no JSON", "{"],
  ])("is not to be had for %s: 400, recorded as a login that failed", async (_what, body) => {
    const refused = await token(body);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ code: 400, message: expect.any(String) });
    expect(refused.record).toMatchObject({ path: "token", action: "POST", status: 0 });
    expect(refused.text + recorded(server.http.app)).not.toContain("canary");
  });

  it("asks for the code of a second factor where there is one", async () => {
    const authenticator = await Authenticator.confirmed(server.http.app, ada);
    const { status, body } = await login();
    expect([status, body.message]).toEqual([401, expect.stringContaining("second factor")]);
    expect(await login({ totp: authenticator.code() })).toMatchObject({ status: 200 });
  });

  it("is of the account that the host's name names", async () => {
    const host = { host: "nobody-else.keytrail.test" };
    const body = { grant_type: "password", username: EMAIL, password: PASSWORD };
    const there = await server.call("POST", "/token", { as: null, body, headers: host });
    expect(there.status).toBe(200);
    await server.app.state.transact(({ identity }) =>
      identity.putAccount({ id: "f".repeat(32), name: "Other", createdAt: 1, isHandedOver: true }),
    );
    const headers = { host: "other.keytrail.test" };
    const elsewhere = await server.call("POST", "/token", { as: null, body, headers });
    expect(elsewhere.status).toBe(401);
  });
});

describe("a token of a client", () => {
  it("is for its role, and nothing is left to refresh it with", async () => {
    const role = { name: "deployers", description: "" };
    expect(await server.call("POST", "/roles", { body: role })).toMatchObject({ status: 201 });
    const { body: client } = await server.call("POST", "/clients", { body: { role: "deployers" } });
    const { clientId, clientSecret } = client;
    const grant = { grant_type: "client_credentials", client_id: clientId };
    const { status, body, record } = await token({ ...grant, client_secret: clientSecret });
    expect([status, Object.keys(body)]).toEqual([200, ["accessToken", "tokenType", "expiresIn"]]);
    expect(claims(body.accessToken)).toMatchObject({ sub: "roles:deployers" });
    expect(record).toMatchObject({ path: "token", status: 200, principal: "roles:deployers" });
    const whoami = await server.call("GET", "/whoami", { as: body.accessToken });
    expect(whoami.body.principal).toBe("roles:deployers");
    const wrong = await token({ ...grant, client_secret: "canary" });
    expect([wrong.status, wrong.record?.status]).toEqual([401, 0]);
    expect(recorded(server.http.app)).not.toContain("canary");
    expect(recorded(server.http.app)).not.toContain(clientSecret);
  });
});

describe("a refresh token", () => {
  const refresh = (refreshToken: string): Promise<DsvAnswered> =>
    token({ grant_type: "refresh_token", refresh_token: refreshToken });

  it("stays the same, and is good for as long as it is used", async () => {
    const { body: first } = await login();
    for (let n = 0; n < 4; n++) {
      server.app.clock.advance(7_000_000);
      const { status, body } = await refresh(first.refreshToken);
      expect([status, body.refreshToken]).toEqual([200, first.refreshToken]);
      expect(claims(body.accessToken)).toMatchObject({ sub: `users:${EMAIL}` });
    }
    expect(server.app.lastEvent()).toMatchObject({ operation: "refreshtoken.login" });
    server.app.clock.advance(7_200_001);
    expect(await refresh(first.refreshToken)).toMatchObject({ status: 401 });
  });

  it("lies still as long as the account's configuration says, and not beyond its session", async () => {
    const content = { permissionDocument: [], refreshTokenTTLHours: 10 };
    const hand = { by: "users:admin", now: server.app.clock.now() };
    const config = newItem(CONFIG, { account: server.account, name: CONFIG_NAME, content }, hand);
    await server.app.state.transact(({ items }) => items.putItem(config));
    const { body: first } = await login();
    server.app.clock.advance(9 * 3_600_000);
    expect(await refresh(first.refreshToken)).toMatchObject({ status: 200 });
    server.app.clock.advance(9 * 3_600_000);
    expect(await refresh(first.refreshToken)).toMatchObject({ status: 200 });
    server.app.clock.advance(9 * 3_600_000);
    expect(await refresh(first.refreshToken)).toMatchObject({ status: 401 });
  });

  it("is revoked by whoever has it, and with it all that its session has given out", async () => {
    const { body } = await login();
    const path = `/revoke/${body.refreshToken}`;
    const revoked = await server.call("POST", path, { as: null });
    expect([revoked.status, revoked.body]).toEqual([204, null]);
    const fingerprint = hash("sha256", body.refreshToken, "hex").slice(0, 16);
    expect(revoked.record).toMatchObject({
      path: `revoke:${fingerprint}`,
      action: "POST",
      status: 204,
      principal: `users:${EMAIL}`,
    });
    expect(revoked.events[0]).toMatchObject({ account: server.account });
    expect(await refresh(body.refreshToken)).toMatchObject({ status: 401 });
    const after = await server.call("GET", "/whoami", { as: body.accessToken });
    expect(after.status).toBe(401);
    expect(recorded(server.http.app)).not.toContain(body.refreshToken);
  });

  it("that is not known, or is revoked already, is recorded by its fingerprint too", async () => {
    for (const unknown of ["ktr_canary", `ktr_${"a".repeat(43)}`, "canary/../../x"]) {
      const path = `/revoke/${encodeURIComponent(unknown)}`;
      const { status, record, text } = await server.call("POST", path, { as: null });
      expect(status).toBe(404);
      const fingerprint = hash("sha256", unknown, "hex").slice(0, 16);
      expect(record).toMatchObject({ path: `revoke:${fingerprint}`, status: 404, principal: "" });
      expect(text + recorded(server.http.app)).not.toContain("canary");
    }
  });
});

describe("before anybody logs in", () => {
  it("the server says that it is there, and that it has its administrator", async () => {
    const beat = await server.call("GET", "/heartbeat", { as: null });
    expect([beat.status, beat.body]).toEqual([200, { StatusCode: 1, Message: "" }]);
    const body = { UserName: "canary", Password: "canary" };
    const again = await server.call("POST", "/initialize", { as: null, body });
    expect([again.status, again.body.code]).toEqual([400, 400]);
    expect(again.events).toHaveLength(1);
    expect(recorded(server.http.app)).not.toContain("canary");
  });
});
