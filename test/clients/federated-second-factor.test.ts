/** An account that asks everybody for a code of its own (TOTP4ALL) asks for it after the provider has vouched. */
import { TOTP } from "otpauth";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { confirmSecondFactor, enrollSecondFactor } from "../../src/app/identity/second-factor.ts";
import { createUser } from "../../src/app/identity/users.ts";
import { MAX_LOGIN_FAILURES } from "../../src/identity/user-credentials.ts";
import { Sensitive } from "../../src/kernel/sensitive.ts";
import { Browser } from "../support/openid-provider.ts";
import { FederatedWire, REALM } from "./federated-wire.ts";

const STEP_MS = 30_000;

let wire: FederatedWire;
let totp: TOTP;
let iamId: string;

beforeAll(async () => {
  wire = await FederatedWire.open();
  await wire.introduceProvider();
  await wire.server.app.parts.state.transact(async ({ identity }) => {
    await identity.putSettings({ ...(await identity.settings(wire.account)), mfa: "TOTP4ALL" });
  });
  const { app } = wire.server;
  const admin = await app.administrator();
  const user = { email: "grace@example.com", name: "Grace" };
  ({ iamId } = await app.done(createUser, admin, user));
  const { secret } = await app.done(enrollSecondFactor, admin, { iamId });
  totp = new TOTP({ secret: secret.reveal() });
  await app.done(confirmSecondFactor, admin, { iamId, code: new Sensitive(code()) });
});
afterAll(() => wire.close());
beforeEach(() => {
  // No code is good twice.
  wire.clock.advance(2 * STEP_MS);
  wire.says({ email: "grace@example.com" });
});

function code(): string {
  return totp.generate({ timestamp: wire.clock.now() });
}

function wrongCode(): string {
  return String((Number(code()) + 1) % 1_000_000).padStart(6, "0");
}

/** Signs in at the provider, and comes to the page that asks for a code; resolves to the state in its form. */
async function vouched(browser: Browser): Promise<string> {
  const { response, text } = await wire.signIn({ browser, subject: "grace" });
  expect([response.status, text]).toEqual([200, expect.stringContaining("One-time code")]);
  return /name="state" value="([\w-]{43})"/.exec(text)?.[1] ?? "";
}

function show(browser: Browser, state: string, shown: string): Promise<Response> {
  const body = new URLSearchParams({ state, totp: shown });
  return browser.send(new URL(`${wire.url}/identity/callback`), { method: "POST", body });
}

describe("a second factor after the provider's word", () => {
  it("is asked for, and opens the session", async () => {
    const browser = new Browser();
    const state = await vouched(browser);
    expect(browser.cookie("keytrail_identity")).toBeUndefined();
    expect(wire.lastOf("federation.vouch")).toMatchObject({
      account: "operator",
      outcome: "success",
      requestData: { realm_name: REALM, client_id: "HOP55v1CCT" },
    });
    expect((await show(browser, state, code())).status).toBe(200);
    expect(wire.lastOf("refreshtoken.login")).toMatchObject({
      account: wire.account,
      outcome: "success",
      initiator: { id: iamId },
      requestData: { grant_type: "authorization_code", realm_name: REALM },
    });
    expect(await wire.tokenOf(browser)).toMatch(/^eyJ/);
    expect((await show(browser, state, code())).status).toBe(401);
  });

  it("may be put right after a wrong code, and is good once", async () => {
    const browser = new Browser();
    const state = await vouched(browser);
    expect((await show(browser, state, wrongCode())).status).toBe(400);
    expect(wire.lastOf("refreshtoken.login")).toMatchObject({
      account: "operator",
      initiator: { id: iamId },
      requestData: { fault: "bad-second-factor", realm_name: REALM },
    });
    const good = code();
    expect((await show(browser, state, good)).status).toBe(200);
    const again = new Browser();
    expect((await show(again, await vouched(again), good)).status).toBe(400);
  });

  it("is good in the browser that signed in only, and for ten minutes", async () => {
    const browser = new Browser();
    const state = await vouched(browser);
    expect((await show(new Browser(), state, code())).status).toBe(401);
    wire.clock.advance(10 * 60 * 1_000);
    expect((await show(browser, state, code())).status).toBe(401);
  });

  it("is not to be had without the provider's word", async () => {
    const browser = new Browser();
    const sent = await browser.send(new URL(wire.begin()));
    const state = new URL(sent.headers.get("location") ?? "").searchParams.get("state") ?? "";
    expect((await show(browser, state, code())).status).toBe(401);
    expect(wire.lastOf("refreshtoken.login").reason.reasonForFailure).toMatch(/begin it again/);
  });

  it("that a user does not have lets nobody in", async () => {
    wire.says({ email: "new@example.com" });
    const { response, text } = await wire.signIn({ subject: "new" });
    expect([response.status, text]).toEqual([400, expect.stringContaining("has none")]);
    expect(wire.lastOf("refreshtoken.login")).toMatchObject({
      account: "operator",
      initiator: { id: "" },
      requestData: { fault: "second-factor-missing" },
    });
    expect(wire.lastOf("user.create").requestData).not.toMatchObject({ email: "new@example.com" });
  });

  it("locks out whoever guesses it, also with the right code then", async () => {
    const browser = new Browser();
    const state = await vouched(browser);
    for (let n = 0; n < MAX_LOGIN_FAILURES; n++) {
      expect((await show(browser, state, wrongCode())).status).toBe(400);
    }
    expect(wire.lastOf("user.lock-out")).toMatchObject({
      account: wire.account,
      requestData: { iamId, failures: MAX_LOGIN_FAILURES },
    });
    expect((await show(browser, state, code())).status).toBe(400);
    expect(wire.lastOf("refreshtoken.login").requestData).toMatchObject({ fault: "user-locked" });
  });
});
