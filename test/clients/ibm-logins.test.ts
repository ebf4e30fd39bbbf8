/** IBM's own authenticators and SDKs, unmodified: how people and programs log in, as whom, and how that ends. */
import {
  BaseService,
  BearerTokenAuthenticator,
  IamAssumeAuthenticator,
  IamAuthenticator,
  IamTokenManager,
  type Authenticator,
} from "ibm-cloud-sdk-core";
import IamIdentityV1 from "@ibm-cloud/platform-services/iam-identity/v1.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PASSWORD, person } from "../../src/app/identity/testing/logins.ts";
import type { TestUser } from "../../src/app/identity/testing/identity-app.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { IdentityServer } from "../../src/http/testing/identity-server.ts";
import { ManualClock } from "../../src/kernel/clock.ts";

const ADA = "ada@example.com";

let wire: IdentityServer;
let url: string;
let ada: TestUser;
let account: string;
let profileId: string;
let profileCrn: string;

beforeAll(async () => {
  // The SDK looks at its own clock to tell whether a token is still good.
  wire = await IdentityServer.open({ clock: new ManualClock(Date.now()) });
  url = await wire.server.listen({ host: "127.0.0.1", port: 0 });
  ada = await person(wire.app);
  account = wire.app.first.account.id;
  const admin = new IamAuthenticator({ apikey: wire.app.first.apiKey.reveal(), url });
  const iam = new IamIdentityV1({ authenticator: admin, serviceUrl: url });
  const { result } = await iam.createProfile({ name: "deployer", accountId: account });
  profileId = result.id;
  profileCrn = result.crn;
  await iam.setProfileIdentity({
    profileId,
    identityType: "user",
    identifier: ada.user.iamId,
    type: "user",
  });
});
afterAll(() => wire.close());

const last = (): AuditEvent => wire.app.parts.lastEvent();

/** What an SDK asks of any service, with what it was given to log in with. */
const readAda = (authenticator: Authenticator): Promise<{ status: number; result: unknown }> =>
  new BaseService({ authenticator, serviceUrl: url })["createRequest"]({
    options: { url: `/trail/v1/users/${ada.user.iamId}`, method: "GET", qs: {} },
    defaultOptions: { serviceUrl: url, headers: { Accept: "application/json" } },
  });

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** What IBM's command line sends: a form, and its name in the Basic header. */
async function asCommandLine(form: Readonly<Record<string, string>>): Promise<Tokens> {
  const response = await fetch(`${url}/identity/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from("bx:bx").toString("base64")}` },
    body: new URLSearchParams(form),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("x-global-transaction-id")).toBe(last().requestId);
  return (await response.json()) as Tokens;
}

describe("IamAssumeAuthenticator", () => {
  it.each([
    ["id", () => ({ iamProfileId: profileId })],
    ["CRN", () => ({ iamProfileCrn: profileCrn })],
    ["name and account", () => ({ iamProfileName: "deployer", iamAccountId: account })],
  ])("acts as the profile that it names by %s", async (_how, profile) => {
    const apikey = ada.key.value.reveal();
    const authenticator = new IamAssumeAuthenticator({ apikey, url, ...profile() });
    // The profile has no role: what Ada may do as herself, it may not.
    await expect(readAda(authenticator)).rejects.toMatchObject({ status: 403 });
    expect(last()).toMatchObject({
      operation: "user.read",
      outcome: "failure",
      initiator: {
        id: `iam-${profileId}`,
        name: "deployer",
        typeURI: "service/security/account/profile",
        authnId: ada.user.iamId,
        authnName: ADA,
      },
    });
    const [login, applied] = wire.app.parts.events().slice(-3, -1);
    expect(login).toMatchObject({ action: "iam-identity.user-apikey.login" });
    expect(applied).toMatchObject({
      action: "iam-identity.trustedprofile-apikey.login",
      initiator: { id: `iam-${profileId}`, authnId: ada.user.iamId },
      requestData: {
        client_id: "default",
        grant_type: "urn:ibm:params:oauth:grant-type:assume",
        profile_id: profileId,
      },
    });
  });

  it("reports a profile that does not trust it", async () => {
    const apikey = wire.app.first.apiKey.reveal();
    const authenticator = new IamAssumeAuthenticator({ apikey, url, iamProfileId: profileId });
    await expect(readAda(authenticator)).rejects.toMatchObject({
      status: 400,
      message: "The trusted profile could not be applied with the provided credentials.",
    });
    expect(last()).toMatchObject({ account: "operator", operation: "profile.login" });
  });
});

describe("a person on the command line", () => {
  it("logs in with a password, refreshes, and logs out of all of it", async () => {
    const first = await asCommandLine({
      grant_type: "password",
      username: ADA,
      password: PASSWORD,
    });
    expect(
      (await readAda(new BearerTokenAuthenticator({ bearerToken: first.access_token }))).status,
    ).toBe(200);
    const second = await asCommandLine({
      grant_type: "refresh_token",
      refresh_token: first.refresh_token,
      account,
    });
    expect(last()).toMatchObject({
      action: "iam-identity.user-refreshtoken.login",
      initiator: { id: ada.user.iamId, host: { agent: "IBM Cloud CLI" } },
      requestData: { client_id: "bx", grant_type: "refresh_token" },
    });
    const bearer = new BearerTokenAuthenticator({ bearerToken: second.access_token });
    expect((await readAda(bearer)).status).toBe(200);
    expect(last().initiator.host.agent).toBe("IBM Cloud CLI");
    const { status } = await fetch(`${url}/identity/logout`, {
      method: "POST",
      headers: { authorization: `Bearer ${second.access_token}` },
    });
    expect(status).toBe(204);
    expect(last()).toMatchObject({ action: "iam-identity.user.logout", outcome: "success" });
    for (const bearerToken of [first.access_token, second.access_token]) {
      await expect(readAda(new BearerTokenAuthenticator({ bearerToken }))).rejects.toMatchObject({
        status: 401,
      });
    }
  });

  it("logs in with a passcode from the browser, where discovery says to get it", async () => {
    const discovery = await fetch(`${url}/identity/.well-known/openid-configuration`);
    const endpoints = (await discovery.json()) as { readonly passcode_endpoint: string };
    const browser = await fetch(`${url}/identity/login`, {
      method: "POST",
      redirect: "manual",
      headers: { accept: "text/html", origin: url },
      body: new URLSearchParams({ username: ADA, password: PASSWORD }),
    });
    expect(browser.status).toBe(303);
    expect(last()).toMatchObject({
      action: "iam-identity.user-refreshtoken.login",
      initiator: { host: { agent: "Not Set" } },
      requestData: { client_id: "HOP55v1CCT" },
    });
    const cookie = browser.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    const asked = await fetch(endpoints.passcode_endpoint, { method: "POST", headers: { cookie } });
    const { passcode } = (await asked.json()) as { readonly passcode: string };
    const grant_type = "urn:ibm:params:oauth:grant-type:passcode";
    const { access_token } = await asCommandLine({ grant_type, passcode });
    const bearer = new BearerTokenAuthenticator({ bearerToken: access_token });
    expect((await readAda(bearer)).status).toBe(200);
    const ledger = wire.app.parts.log.lines.map(String).join();
    for (const secret of [passcode, PASSWORD, cookie.slice(cookie.indexOf("=") + 1)]) {
      expect(ledger).not.toContain(secret);
    }
  });
});

describe("IamTokenManager with a client", () => {
  it("has a refresh token that logs out with it", async () => {
    const apikey = ada.key.value.reveal();
    const manager = new IamTokenManager({ apikey, url, clientId: "bx", clientSecret: "bx" });
    const bearerToken = await manager.getToken();
    const authenticator = new BearerTokenAuthenticator({ bearerToken });
    expect((await readAda(authenticator)).status).toBe(200);
    const { status } = await fetch(`${url}/identity/logout`, {
      method: "POST",
      body: new URLSearchParams({ refresh_token: manager.getRefreshToken() }),
    });
    expect(status).toBe(204);
    await expect(readAda(authenticator)).rejects.toMatchObject({ status: 401 });
  });
});
