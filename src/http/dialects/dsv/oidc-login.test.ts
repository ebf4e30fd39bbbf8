import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  signInAt,
  startProvider,
  type TestProvider,
} from "../../../../test/support/openid-provider.ts";
import {
  asksForCodes,
  Authenticator,
  person,
  recorded,
} from "../../../app/identity/testing/logins.ts";
import { DsvServer, type DsvAnswered } from "./testing/dsv-server.ts";

/** Where DSV's command line waits: nobody asks for it here, its address is read off the redirect. */
let callback: string;
let waiting: Server;
let provider: TestProvider;
beforeAll(async () => {
  waiting = createServer();
  await new Promise<void>((resolve) => waiting.listen(0, "127.0.0.1", resolve));
  callback = `http://127.0.0.1:${(waiting.address() as AddressInfo).port}/callback`;
  provider = await startProvider({
    callback,
    claims: { email: "grace@example.com", email_verified: true, upn: "grace", owner: "" },
  });
});
afterAll(async () => {
  await provider.close();
  waiting.close();
});

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
});
afterEach(() => server.close());

async function named(over: object = {}, type = "oidc"): Promise<void> {
  const { issuer: baseUri, clientId, clientSecret } = provider;
  const properties = { baseUri, clientId, clientSecret, ...over };
  const body = { name: "okta", type, properties };
  expect(await server.call("POST", "/config/auth", { body })).toMatchObject({ status: 201 });
}

const begin = (over: object = {}): Promise<DsvAnswered> =>
  server.call("POST", "/oidc/auth", {
    as: null,
    body: { provider: "okta", callback_url: callback, ...over },
  });

interface Brought {
  readonly state: string;
  readonly authorization_code: string;
}

async function signedIn(subject = "grace-1"): Promise<Brought> {
  const { status, body } = await begin();
  expect(status).toBe(200);
  const visit = await signInAt(provider, body.redirect_url, { subject, until: callback });
  const { searchParams } = visit.url;
  return {
    state: searchParams.get("state") ?? "",
    authorization_code: searchParams.get("code") ?? "",
  };
}

const token = (brought: object): Promise<DsvAnswered> =>
  server.call("POST", "/token", {
    as: null,
    body: { grant_type: "oidc", provider: "okta", ...brought },
  });

describe("a login by an OpenID Connect provider", () => {
  it.each(["oidc", "thycoticone"])("of the type %s gives a token for the user", async (type) => {
    await named({}, type);
    await server.user("grace@example.com");
    const brought = await signedIn();
    const { status, body, record, events } = await token({ ...brought, callback_url: callback });
    expect([status, body.tokenType]).toEqual([200, "bearer"]);
    expect(record).toMatchObject({
      path: "token",
      status: 200,
      principal: "users:grace@example.com",
    });
    expect(events[0]?.requestData).toMatchObject({ realm_name: "okta", client_id: "dsv" });
    const refreshed = await server.call("POST", "/token", {
      as: null,
      body: { grant_type: "refresh_token", refresh_token: body.refreshToken },
    });
    expect(refreshed.body.refreshToken).toBe(body.refreshToken);
    const again = await token(brought);
    expect([again.status, again.record?.status]).toEqual([401, 0]);
    for (const secret of [brought.state, brought.authorization_code, body.refreshToken]) {
      expect(recorded(server.http.app)).not.toContain(secret);
    }
  });

  it("may go by another claim than the address", async () => {
    await named({ usernameClaim: "upn" });
    await server.user("grace");
    expect((await token(await signedIn())).record?.principal).toBe("users:grace");
  });

  it("is a version of the user, the first time, and none of one who was deleted", async () => {
    await named({ createUsers: true });
    await server.user("grace@example.com");
    const path = "/users/grace@example.com";
    expect((await server.call("GET", path)).body).toMatchObject({ version: "0", provider: "" });
    await token(await signedIn());
    await token(await signedIn());
    expect((await server.call("GET", path)).body).toMatchObject({
      version: "1",
      provider: "okta",
      externalId: "grace-1",
      lastModifiedBy: "clients:keytrail-federation",
    });
    await server.call("DELETE", path);
    expect(await token(await signedIn())).toMatchObject({ status: 401, record: { status: 0 } });
    await server.call("PUT", `${path}/restore`);
    expect((await token(await signedIn())).status).toBe(200);
  });

  it("is recorded as it begins, and refused to a provider that nobody has named", async () => {
    await named();
    const { record, body } = await begin();
    expect(record).toMatchObject({ path: "oidc:auth", action: "POST", status: 200 });
    expect(body.redirect_url).toContain("code_challenge_method=S256");
    const unknown = await begin({ provider: "canary" });
    expect([unknown.status, unknown.body.message]).toEqual([
      404,
      "unable to find provider with specified name.",
    ]);
    expect(recorded(server.http.app)).not.toContain("canary");
  });

  it.each(["http://example.com/callback", "javascript:alert(1)", "https://a:b@example.com", ""])(
    "sends nobody to %s",
    async (callback_url) => {
      await named();
      expect(await begin({ callback_url })).toMatchObject({ status: 400, record: { status: 400 } });
    },
  );

  it("is finished by nobody who says something else than what it was begun with", async () => {
    await named();
    await server.user("grace@example.com");
    const brought = await signedIn();
    const others = [
      { provider: "other" },
      { callback_url: "http://127.0.0.1:1/callback" },
      { state: "A".repeat(43) },
    ];
    for (const other of others) {
      expect(await token({ ...brought, ...other })).toMatchObject({ status: 401 });
    }
    // Nor in another account.
    await server.app.state.transact(({ identity }) =>
      identity.putAccount({ id: "f".repeat(32), name: "Other", createdAt: 1, isHandedOver: true }),
    );
    const elsewhere = await server.call("POST", "/token", {
      as: null,
      body: { grant_type: "oidc", provider: "okta", ...brought },
      headers: { host: "other.keytrail.test" },
    });
    expect(elsewhere.status).toBe(401);
    // Nor is it by a browser that is sent to the server's own page with it.
    const { state, authorization_code: code } = brought;
    const own = `/identity/callback?${new URLSearchParams({ state, code }).toString()}`;
    const browser = await server.http.server.inject({ method: "GET", url: own });
    expect(browser.statusCode).not.toBe(200);
    expect(await token(brought)).toMatchObject({ status: 200 });
  });

  it("asks for a code as well, where the account asks everyone for one", async () => {
    await named();
    const grace = await person(server.http.app, "grace@example.com");
    const authenticator = await Authenticator.confirmed(server.http.app, grace);
    await asksForCodes(server);
    const { state, authorization_code } = await signedIn();
    const asked = await token({ state, authorization_code });
    expect([asked.status, asked.body.message]).toEqual([401, expect.stringContaining("totp")]);
    expect(asked.record).toMatchObject({ path: "oidc:auth", action: "PUT", status: 200 });
    const wrong = await token({ state, totp: "000000" });
    expect([wrong.status, wrong.record?.status]).toEqual([401, 0]);
    const right = await token({ state, totp: authenticator.code() });
    expect([right.status, right.record?.principal]).toEqual([200, "users:grace@example.com"]);
  });

  it("does not make anybody the owner of the account", async () => {
    await named({ usernameClaim: "owner" });
    provider.claims = { ...provider.claims, owner: "admin@keytrail.local" };
    const { status, events } = await token(await signedIn("mallory-1"));
    expect([status, events[0]?.requestData["fault"]]).toEqual([401, "user-not-known"]);
  });

  it("lets in nobody whom the account does not know", async () => {
    await named();
    const { status, body, record } = await token(await signedIn());
    expect([status, body.message, record?.status]).toEqual([401, "unable to authenticate", 0]);
  });
});
