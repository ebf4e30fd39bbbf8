import { hash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COOKIE_GRANT } from "../../../../app/identity/login.ts";
import { PASSWORD, person, recorded } from "../../../../app/identity/testing/logins.ts";
import type { TestUser } from "../../../../app/identity/testing/identity-app.ts";
import { newIdentityProviderId, PLAIN_PROVIDER } from "../../../../identity/identity-provider.ts";
import { IdentityServer } from "../../../testing/identity-server.ts";

const ADA = "ada@example.com";
const HOST = "keytrail.test:7700";
const OWN = `http://${HOST}`;
const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8", host: HOST };

let wire: IdentityServer;
let ada: TestUser;
beforeEach(async () => {
  wire = await IdentityServer.open();
  ada = await person(wire.app);
});
afterEach(() => wire.close());

type Form = Readonly<Record<string, string>>;
type Headers = Readonly<Record<string, string>>;

const post = (url: string, form: Form = {}, headers: Headers = {}) =>
  wire.server.inject({
    method: "POST",
    url,
    headers: {
      ...BROWSER,
      origin: OWN,
      ...headers,
      "content-type": "application/x-www-form-urlencoded",
    },
    payload: new URLSearchParams(form).toString(),
  });

const get = (url: string, headers: Headers = {}) =>
  wire.server.inject({ method: "GET", url, headers: { ...BROWSER, ...headers } });

const logIn = (form: Form = {}, headers: Headers = {}) =>
  post("/identity/login", { username: ADA, password: PASSWORD, ...form }, headers);

/** What the browser would send along from now on. */
async function cookie(): Promise<string> {
  const { headers } = await logIn();
  return String(headers["set-cookie"]).split(";", 1)[0] ?? "";
}

describe("the login page", () => {
  it("is a form without scripts, under a policy that allows none", async () => {
    const { statusCode, headers, body } = await get("/identity/login?return_to=/console");
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    const style = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? "";
    expect(headers["content-security-policy"]).toContain(hash("sha256", style, "base64"));
    expect(body).toContain('action="/identity/login"');
    expect(body).toContain('name="return_to" value="/console"');
    expect(body).not.toMatch(/<script|https?:\/\/|javascript:|\son[a-z]+=/);
  });

  it("offers the account's identity providers, those that are enabled", async () => {
    const { account } = wire.app.first;
    const provider = {
      ...PLAIN_PROVIDER,
      account: account.id,
      issuer: "https://id.example.com",
      clientId: "keytrail",
      scopes: ["openid"],
      createsUsers: false,
      createdAt: 1,
      createdBy: "",
      modifiedAt: 1,
    };
    const id = newIdentityProviderId();
    await wire.app.parts.state.transact(async ({ logins }) => {
      const on = { ...provider, id, name: "<Example>", realm: "example.com", enabled: true };
      const off = { ...on, id: newIdentityProviderId(), name: "Old", realm: "old", enabled: false };
      await logins.putIdentityProvider(on, null);
      await logins.putIdentityProvider(off, null);
    });
    const { body } = await get("/identity/login?return_to=/console");
    expect(body).toContain(
      `href="/identity/authorize?provider=${id}&amp;client_id=HOP55v1CCT&amp;return_to=%2Fconsole"`,
    );
    expect(body).toContain("Continue with &lt;Example&gt;");
    expect(body).not.toContain("Old");
  });

  it("goes nowhere but to a path of this server, and says nothing again as it was sent", async () => {
    for (const elsewhere of [
      "https://evil.example/",
      "//evil.example",
      "/\\evil.example",
      "/\tevil",
      '"><script>alert(1)</script>',
    ]) {
      const shown = await get(`/identity/login?return_to=${encodeURIComponent(elsewhere)}`);
      expect(shown.body).toContain('value="/identity/passcode"');
      const { headers } = await logIn({ return_to: elsewhere });
      expect(headers.location).toBe("/identity/passcode");
    }
    const { body } = await get("/identity/login?return_to=/%22%3E%3Cscript%3E");
    expect(body).toContain('value="/&quot;&gt;&lt;script&gt;"');
  });

  it("logs in with a cookie that no script and no other site gets, recorded as IBM's console", async () => {
    const { statusCode, headers } = await logIn({ return_to: "/console?tab=1" });
    expect([statusCode, headers.location]).toEqual([303, "/console?tab=1"]);
    expect(headers["set-cookie"]).toMatch(
      /^keytrail_identity=ktc_[\w-]{43}; Path=\/identity; Max-Age=86400; HttpOnly; SameSite=Strict$/,
    );
    expect(headers["x-global-transaction-id"]).toBe(wire.app.parts.lastEvent().requestId);
    expect(wire.app.parts.lastEvent()).toMatchObject({
      operation: "refreshtoken.login",
      initiator: { id: ada.user.iamId, host: { agent: "Not Set" } },
      requestData: { client_id: "HOP55v1CCT", grant_type: "password" },
    });
  });

  it("says in plain words what was wrong, and offers to try again", async () => {
    const { statusCode, headers, body } = await logIn({ password: "wrong", return_to: "/console" });
    expect([statusCode, headers["content-type"]]).toEqual([400, "text/html; charset=utf-8"]);
    expect(headers["set-cookie"]).toBeUndefined();
    expect(body).toContain("The user is not known, or the password is not right.");
    expect(body).toContain('href="/identity/login?return_to=%2Fconsole"');
    expect(body).not.toContain(ADA);
  });

  it("is not for pages of other sites, and records that they tried", async () => {
    const foreign = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://keytrail.test" },
    ];
    for (const headers of foreign) {
      expect((await logIn({}, headers)).statusCode).toBe(403);
      expect(wire.app.parts.lastEvent()).toMatchObject({ outcome: "failure", account: "operator" });
    }
    const crossSite = await wire.server.inject({
      method: "POST",
      url: "/identity/login",
      headers: {
        ...BROWSER,
        "sec-fetch-site": "cross-site",
        "content-type": "application/x-www-form-urlencoded",
      },
      payload: new URLSearchParams({ username: ADA, password: PASSWORD }).toString(),
    });
    expect(crossSite.statusCode).toBe(403);
  });
});

describe("the page of passcodes", () => {
  it("sends to the login whoever has no cookie", async () => {
    const { statusCode, headers } = await get("/identity/passcode");
    expect([statusCode, headers.location]).toEqual([
      303,
      "/identity/login?return_to=%2Fidentity%2Fpasscode",
    ]);
  });

  it("gives a passcode to a browser, and it logs a command line in", async () => {
    const held = await cookie();
    const start = await get("/identity/passcode", { cookie: held });
    expect(start.body).toContain('action="/identity/passcode"');
    const { statusCode, body } = await post("/identity/passcode", {}, { cookie: held });
    expect(statusCode).toBe(200);
    const passcode = /<code>(ktp-[0-9a-z-]+)<\/code>/.exec(body)?.[1] ?? "";
    const form = { grant_type: "urn:ibm:params:oauth:grant-type:passcode", passcode };
    const tokens = await wire.token(form, "bx:bx");
    expect(tokens.body).toMatchObject({ token_type: "Bearer" });
    expect(tokens.body.refresh_token).toMatch(/^ktr_/);
    expect(wire.app.parts.lastEvent()).toMatchObject({
      action: "iam-identity.user-refreshtoken.login",
      requestData: { client_id: "bx" },
    });
    const again = await wire.token(form, "bx:bx");
    expect([again.status, again.body.errorCode]).toEqual([400, "BXNIM0420E"]);
    expect(recorded(wire.app)).not.toContain(passcode);
  });

  it("gives one to a program with an access token as well, as JSON", async () => {
    const form = { grant_type: "password", username: ADA, password: PASSWORD };
    const { body } = await wire.token(form, "bx:bx");
    const answered = await wire.send({
      method: "POST",
      url: "/identity/passcode",
      authorization: `Bearer ${body.access_token}`,
    });
    expect(answered.body).toEqual({
      passcode: expect.stringMatching(/^ktp-/),
      expires_at: "2026-11-21T09:10:00.000Z",
    });
    expect(answered.headers["cache-control"]).toBe("no-store");
  });

  it("takes a cookie that is no good away", async () => {
    const { statusCode, headers, body } = await post(
      "/identity/passcode",
      {},
      { cookie: `keytrail_identity=ktc_${"A".repeat(43)}` },
    );
    expect(statusCode).toBe(401);
    expect(headers["set-cookie"]).toMatch(
      /^keytrail_identity=; Path=\/identity; Max-Age=0; HttpOnly/,
    );
    expect(body).toContain("log in again");
  });

  it("is not for pages of other sites", async () => {
    const held = await cookie();
    const { statusCode } = await post(
      "/identity/passcode",
      {},
      { cookie: held, origin: "https://evil.example" },
    );
    expect(statusCode).toBe(403);
  });
});

describe("logging out on the wire", () => {
  it("ends the session of a cookie, takes it away and goes to the login page", async () => {
    const held = await cookie();
    const { statusCode, headers } = await post("/identity/logout", {}, { cookie: held });
    expect([statusCode, headers.location]).toEqual([303, "/identity/login"]);
    expect(headers["set-cookie"]).toContain("Max-Age=0");
    expect(wire.app.parts.lastEvent()).toMatchObject({
      operation: "session.logout",
      requestData: { client_id: "HOP55v1CCT" },
    });
    expect((await post("/identity/passcode", {}, { cookie: held })).statusCode).toBe(401);
  });

  it("answers 204 to programs, by access token or refresh token, also with a client's name", async () => {
    const form = { grant_type: "password", username: ADA, password: PASSWORD };
    const first = await wire.token(form, "bx:bx");
    const authorization = `Bearer ${first.body.access_token}`;
    const url = "/identity/logout";
    expect((await wire.send({ method: "POST", url, authorization })).status).toBe(204);
    expect((await wire.send({ method: "POST", url, authorization })).status).toBe(401);
    const second = await wire.token(form, "bx:bx");
    const { statusCode } = await wire.server.inject({
      method: "POST",
      url,
      headers: {
        authorization: `Basic ${Buffer.from("bx:bx").toString("base64")}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      payload: new URLSearchParams({ refresh_token: second.body.refresh_token }).toString(),
    });
    expect(statusCode).toBe(204);
    const refresh = { grant_type: "refresh_token", refresh_token: second.body.refresh_token };
    expect((await wire.token(refresh, "bx:bx")).status).toBe(400);
  });

  it("says that there is nothing to log out of", async () => {
    const { status, body } = await wire.send({ method: "POST", url: "/identity/logout" });
    expect([status, body.errorCode]).toEqual([401, "BXNIM0407E"]);
  });
});

describe("the cookie on the wire", () => {
  const exchange = (headers: Headers) =>
    wire.server.inject({
      method: "POST",
      url: "/identity/token",
      headers: { host: HOST, ...headers, "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams({ grant_type: COOKIE_GRANT }).toString(),
    });

  it("is exchanged for an access token by a page of this server, and by no other", async () => {
    const held = `other=1; ${await cookie()}; last=2`;
    const { statusCode, body } = await exchange({ cookie: held, origin: OWN });
    expect([statusCode, JSON.parse(body).refresh_token]).toEqual([200, "not_supported"]);
    expect(wire.app.parts.lastEvent().operation).toBe("identitycookie.login");
    const foreign = await exchange({ cookie: held, origin: "https://evil.example" });
    expect(foreign.statusCode).toBe(403);
    expect(recorded(wire.app)).not.toContain("ktc_");
  });

  it("is for encrypted connections only where the browser has one", async () => {
    const secure = await IdentityServer.open({}, { trustedProxies: () => true });
    await person(secure.app);
    const { headers } = await secure.server.inject({
      method: "POST",
      url: "/identity/login",
      headers: {
        host: "keytrail.test",
        "x-forwarded-proto": "https",
        origin: "https://keytrail.test",
        "content-type": "application/x-www-form-urlencoded",
      },
      payload: new URLSearchParams({ username: ADA, password: PASSWORD }).toString(),
    });
    expect(headers["set-cookie"]).toMatch(/; SameSite=Strict; Secure$/);
    await secure.close();
  });
});
