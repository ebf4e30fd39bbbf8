/** People who log in by a real OpenID Connect provider, as a browser does it: over sockets, with its cookies and forms. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createUser } from "../../src/app/identity/users.ts";
import { Browser, signInAt } from "../support/openid-provider.ts";
import { FederatedWire, REALM, type Json } from "./federated-wire.ts";

let wire: FederatedWire;
/** Of the provider, as it is made known for each test. */
let id: string;

beforeAll(async () => {
  wire = await FederatedWire.open();
});
afterAll(() => wire.close());
beforeEach(async () => {
  id = await wire.introduceProvider();
  wire.says({ email: "late@example.com" });
});

describe("a login by a provider", () => {
  it("makes a user of somebody new, logs in, and is recorded as the console's", async () => {
    wire.says({ email: "Grace@Example.com", name: "Grace Hopper" });
    const browser = new Browser();
    const visit = await wire.signIn({ browser, subject: "grace" });
    expect([visit.response.status, visit.url.pathname]).toEqual([200, "/identity/callback"]);
    expect(visit.response.headers.get("refresh")).toBe("0; url=/identity/passcode");
    expect(browser.cookie("keytrail_identity")).toMatch(/^ktc_/);

    const login = wire.lastOf("refreshtoken.login");
    expect(login).toMatchObject({
      action: "iam-identity.user-refreshtoken.login",
      outcome: "success",
      account: wire.account,
      initiator: {
        name: "grace@example.com",
        credential: { type: "user" },
        host: { agent: "Not Set" },
      },
      target: { name: "grace@example.com" },
      requestData: {
        client_id: "HOP55v1CCT",
        grant_type: "authorization_code",
        realm_name: REALM,
      },
      responseData: { session: expect.any(String) },
    });
    expect(wire.lastOf("user.create")).toMatchObject({
      initiator: { id: "keytrail-federation" },
      requestData: { email: "grace@example.com", name: "Grace Hopper" },
      responseData: { iamId: login.initiator.id },
      correlationId: login.correlationId,
    });
    expect(wire.lastOf("federation.begin")).toMatchObject({
      account: "operator",
      requestData: { realm_name: REALM, client_id: "HOP55v1CCT" },
    });
  });

  it("begins on the login page, and goes on to where that was to go", async () => {
    wire.says({ email: "page@example.com" });
    const page = await fetch(`${wire.url}/identity/login?return_to=/console`);
    const link = /<a href="([^"]+)">Continue with Example</.exec(await page.text())?.[1] ?? "";
    const address = wire.url + link.replaceAll("&amp;", "&");
    const { response } = await signInAt(wire.provider, address, { subject: "page" });
    expect(response.headers.get("refresh")).toBe("0; url=/console");
    expect(wire.lastOf("refreshtoken.login")).toMatchObject({
      outcome: "success",
      requestData: { client_id: "HOP55v1CCT", realm_name: REALM },
    });
  });

  it("is refused for what names no provider, without repeating it", async () => {
    for (const query of ["", "realm=hunter2+hunter2", "provider=hunter2", "hunter2=1"]) {
      const response = await fetch(`${wire.url}/identity/authorize?${query}`);
      expect([query, response.status]).toEqual([query, 400]);
      expect(await response.text()).not.toContain("hunter2");
    }
    const both = await fetch(`${wire.begin()}&provider=${id}`);
    expect(both.status).toBe(400);
    expect(wire.log).not.toContain("hunter2");
  });

  it("finds the same user again by the subject, whatever the address is by then", async () => {
    wire.says({ email: "ada@example.com" });
    await wire.signIn({ subject: "ada" });
    const first = wire.lastOf("refreshtoken.login").initiator.id;
    wire.says({ email: "countess@example.com", email_verified: false });
    await wire.signIn({ subject: "ada" }, "&client_id=bx");
    expect(wire.lastOf("refreshtoken.login")).toMatchObject({
      outcome: "success",
      initiator: { id: first, name: "ada@example.com", host: { agent: "IBM Cloud CLI" } },
      requestData: { client_id: "bx" },
    });
  });

  it("finds a user who was invited by the address, if the provider has verified it", async () => {
    const email = "invited@example.com";
    const caller = await wire.server.app.administrator();
    const invited = await wire.server.app.done(createUser, caller, { email, name: "Invited" });
    wire.says({ email, email_verified: false });
    const refused = await wire.signIn({ subject: "invited" });
    expect(refused.response.status).toBe(401);
    expect(wire.lastOf("refreshtoken.login")).toMatchObject({
      outcome: "failure",
      account: "operator",
    });
    wire.says({ email });
    await wire.signIn({ subject: "invited" });
    expect(wire.lastOf("refreshtoken.login").initiator.id).toBe(invited.iamId);
    // Another subject with the same address is somebody else.
    await wire.signIn({ subject: "impostor" });
    expect(wire.lastOf("refreshtoken.login")).toMatchObject({
      outcome: "failure",
      requestData: { fault: "user-not-known" },
    });
  });

  it("is refused in words that say why, where the provider is down or not known", async () => {
    const down = { name: "Down", realm: "down", issuer: "http://127.0.0.1:9", client_id: "a" };
    await wire.send("POST /trail/v1/identity-providers", down);
    const refused = async (realm: string): Promise<Json> => {
      const address = `${wire.url}/identity/authorize?realm=${realm}`;
      const { response, text } = await new Browser().visit(address);
      return { status: response.status, ...JSON.parse(text) };
    };
    expect(await refused("down")).toMatchObject({
      status: 503,
      errorDetails: "The identity provider cannot be reached, or does not answer in time.",
    });
    expect(wire.lastOf("federation.begin")).toMatchObject({
      outcome: "failure",
      account: "operator",
      target: { name: "Down" },
      requestData: { realm_name: "down", client_id: "HOP55v1CCT", fault: "provider-unreachable" },
    });
    expect(await refused("nowhere")).toMatchObject({ status: 404 });
    expect(wire.lastOf("federation.begin").requestData).toEqual({
      client_id: "HOP55v1CCT",
      fault: "unknown-provider",
    });
  });

  it("makes no user unless the provider may", async () => {
    await wire.send(`PATCH /trail/v1/identity-providers/${id}`, { creates_users: false });
    wire.says({ email: "nobody@example.com" });
    const visit = await wire.signIn({ subject: "nobody" });
    expect(visit.response.status).toBe(401);
    expect(visit.text).toContain("There is no user with this address in the account.");
  });

  it("refuses a disabled user", async () => {
    wire.says({ email: "mallory@example.com" });
    await wire.signIn({ subject: "mallory" });
    const { id: iamId } = wire.lastOf("refreshtoken.login").initiator;
    await wire.server.app.parts.state.transact(async ({ identity }) => {
      const user = await identity.principal(wire.account, iamId);
      if (user?.kind === "user") await identity.putUser({ ...user, state: "disabled" });
    });
    const visit = await wire.signIn({ subject: "mallory" });
    expect(visit.response.status).not.toBe(200);
    expect(wire.lastOf("refreshtoken.login")).toMatchObject({
      outcome: "failure",
      initiator: { id: iamId },
      requestData: { fault: "owner-disabled" },
    });
  });

  it("goes on to a path of ours, and nowhere else", async () => {
    wire.says({ email: "grace@example.com" });
    const goesOnTo = async (path: string): Promise<string | null> => {
      const more = `&return_to=${encodeURIComponent(path)}`;
      return (await wire.signIn({ subject: "grace2" }, more)).response.headers.get("refresh");
    };
    expect(await goesOnTo("/console/events?q=1")).toBe("0; url=/console/events?q=1");
    for (const path of ["//evil.example", "https://evil.example", "/\\evil.example"]) {
      expect([path, await goesOnTo(path)]).toEqual([path, "0; url=/identity/passcode"]);
    }
  });
});

describe("what comes back", () => {
  const faultOf = (): unknown => wire.lastOf("refreshtoken.login").reason.reasonForFailure;

  it("is good once", async () => {
    const browser = new Browser();
    const back = await wire.returning(browser);
    expect((await browser.send(back)).status).toBe(200);
    const again = await browser.send(back);
    expect(again.status).toBe(401);
    expect(faultOf()).toMatch(/is finished/);
    expect(wire.lastOf("refreshtoken.login")).toMatchObject({
      account: "operator",
      requestData: { fault: "unknown-login" },
    });
  });

  it("opens no two sessions where it comes twice at the same time", async () => {
    const browser = new Browser();
    const back = await wire.returning(browser);
    const answers = await Promise.all([browser.send(back), browser.send(back)]);
    // Providers may take back what they gave for a code that comes twice (RFC 6749, section 4.1.2).
    expect(answers.filter(({ ok }) => ok).length).toBeLessThanOrEqual(1);
    expect((await browser.send(back)).status).toBe(401);
  });

  it("is good in the browser that began only, and there still after others tried", async () => {
    const browser = new Browser();
    const back = await wire.returning(browser);
    expect((await new Browser().send(back)).status).toBe(401);
    const other = new Browser();
    await other.send(new URL(wire.begin()));
    expect((await other.send(back)).status).toBe(401);
    expect((await browser.send(back)).status).toBe(200);
  });

  it("is refused with another state, and after ten minutes", async () => {
    const browser = new Browser();
    const back = await wire.returning(browser);
    const other = new URL(back);
    other.searchParams.set("state", "A".repeat(43));
    expect((await browser.send(other)).status).toBe(401);
    const { clock } = wire;
    const before = clock.now();
    clock.advance(10 * 60 * 1_000);
    expect((await browser.send(back)).status).toBe(401);
    clock.set(before);
    // Nothing of it was used up.
    expect((await browser.send(back)).status).toBe(200);
  });

  it("is refused with another code, and then for good", async () => {
    const browser = new Browser();
    const back = await wire.returning(browser);
    const other = new URL(back);
    other.searchParams.set("code", "stolen-or-guessed");
    expect((await browser.send(other)).status).toBe(401);
    expect(wire.lastOf("refreshtoken.login").requestData).toMatchObject({
      fault: "provider-refused",
    });
    expect((await browser.send(back)).status).toBe(401);
  });

  it("may be the provider's refusal, in whose words is not repeated", async () => {
    const browser = new Browser();
    const back = await wire.returning(browser);
    const declined = new URL(back.origin + back.pathname);
    declined.searchParams.set("state", back.searchParams.get("state") ?? "");
    declined.searchParams.set("error", "hunter2");
    declined.searchParams.set("error_description", "hunter2");
    const response = await browser.send(declined);
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain("hunter2");
    expect(wire.log).not.toContain("hunter2");
  });

  it("leaves no code, state, token, claim or cookie in the record", async () => {
    const browser = new Browser();
    const back = await wire.returning(browser);
    wire.says({ email: "late@example.com", groups: ["a-claim-nobody-needs-to-know"] });
    await browser.send(back);
    const { log } = wire;
    expect(log).toContain("late@example.com");
    const secrets = [
      back.searchParams.get("code"),
      back.searchParams.get("state"),
      browser.cookie("keytrail_login"),
      browser.cookie("keytrail_identity"),
      wire.provider.clientSecret,
      "a-claim-nobody-needs-to-know",
    ];
    for (const secret of secrets) {
      expect(secret).toBeTruthy();
      expect(log).not.toContain(secret);
    }
  });
});
