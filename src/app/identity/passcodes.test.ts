import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PASSCODE_LIFETIME_MS } from "../../identity/passcode.ts";
import type { Caller } from "../call.ts";
import { logOut } from "./log-out.ts";
import type { IssuedTokens } from "./login.ts";
import { createPasscode } from "./passcodes.ts";
import { IdentityApp, NOBODY, type TestUser } from "./testing/identity-app.ts";
import {
  attempt,
  byPasscode,
  byPassword,
  byRefresh,
  loggedIn,
  notLoggedIn,
  person,
  recorded,
} from "./testing/logins.ts";

const ADA = "ada@example.com";

let app: IdentityApp;
let ada: TestUser;
let browser: IssuedTokens;
let caller: Caller;
beforeEach(async () => {
  app = await IdentityApp.open();
  ada = await person(app);
  browser = await loggedIn(app, byPassword(ADA, { client_id: "HOP55v1CCT", isOnPage: true }));
  caller = await app.authenticated(browser.accessToken);
});
afterEach(() => app.close());

describe("a passcode", () => {
  it("is recorded when it is made, without saying what it is", async () => {
    const { passcode, expires_at } = await app.done(createPasscode, caller, {});
    expect(expires_at).toBe("2026-11-21T09:10:00.000Z");
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "passcode.create",
      outcome: "success",
      initiator: { id: ada.user.iamId, host: { agent: "Not Set" } },
      target: { name: ADA },
      responseData: { expires_at },
    });
    await loggedIn(app, byPasscode(passcode));
    expect(recorded(app)).not.toContain(passcode.reveal());
    expect(recorded(app)).not.toContain(passcode.reveal().replaceAll("-", ""));
  });

  it("logs the command line in, recorded as IBM records it, with a session of its own", async () => {
    const { passcode } = await app.done(createPasscode, caller, {});
    const tokens = await loggedIn(app, byPasscode(passcode));
    expect(tokens.refreshToken?.reveal()).toMatch(/^ktr_/);
    expect(tokens.session).not.toBe(browser.session);
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "cli-passcode.login",
      action: "iam-identity.user-refreshtoken.login",
      account: app.first.account.id,
      initiator: { id: ada.user.iamId, host: { agent: "IBM Cloud CLI" } },
      requestData: { client_id: "bx", grant_type: "urn:ibm:params:oauth:grant-type:passcode" },
    });
  });

  it("opens a session that ends when the one it was asked for in is logged out of, with all that came of it", async () => {
    const { passcode } = await app.done(createPasscode, caller, {});
    const tokens = await loggedIn(app, byPasscode(passcode));
    const again = await app.done(createPasscode, await app.authenticated(tokens.accessToken), {});
    const next = await loggedIn(app, byPasscode(again.passcode));
    const other = await loggedIn(app, byPassword(ADA));
    await app.done(logOut, caller, {});
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "session.logout",
      responseData: { session: browser.session, endedSessions: 3 },
    });
    for (const { accessToken, refreshToken } of [tokens, next]) {
      expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
      expect(await notLoggedIn(app, byRefresh(refreshToken!))).toContain("unknown-refresh-token");
    }
    expect((await app.authenticated(other.accessToken)).kind).toBe("identity");
  });

  it("whose session is logged out of leaves the one it was asked for in", async () => {
    const { passcode } = await app.done(createPasscode, caller, {});
    const { accessToken } = await loggedIn(app, byPasscode(passcode));
    await app.done(logOut, await app.authenticated(accessToken), {});
    expect((await app.authenticated(browser.accessToken)).kind).toBe("identity");
  });

  it("of another client is recorded under the name in IBM's table", async () => {
    const { passcode } = await app.done(createPasscode, caller, {});
    await loggedIn(app, byPasscode(passcode, "a-tool"));
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "passcode.login",
      action: "iam-identity.user-passcode.login",
      requestData: { client_id: "a-tool" },
    });
  });

  it("is good once", async () => {
    const { passcode } = await app.done(createPasscode, caller, {});
    const both = await Promise.all([
      attempt(app, byPasscode(passcode)),
      attempt(app, byPasscode(passcode)),
    ]);
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(["done", "refused"]);
    expect(await notLoggedIn(app, byPasscode(passcode))).toContain("bad-passcode: ");
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "cli-passcode.login",
      account: "operator",
      outcome: "failure",
      requestData: { fault: "bad-passcode" },
    });
  });

  it("is good for ten minutes, and no longer than the session it was asked for in", async () => {
    const late = await app.done(createPasscode, caller, {});
    app.parts.clock.advance(PASSCODE_LIFETIME_MS);
    expect(await notLoggedIn(app, byPasscode(late.passcode))).toContain("bad-passcode: ");
    const orphan = await app.done(createPasscode, caller, {});
    await app.done(logOut, caller, {});
    expect(await notLoggedIn(app, byPasscode(orphan.passcode))).toContain("session-over: ");
  });

  it("gives no session that ends later than the one it was asked for in", async () => {
    app.parts.clock.advance(60 * 60 * 1_000 - 1);
    const { passcode } = await app.done(createPasscode, caller, {});
    const { session } = await loggedIn(app, byPasscode(passcode));
    const ends = await app.parts.state.read(async ({ logins }) => [
      (await logins.session(browser.session))?.endsAt,
      (await logins.session(session))?.endsAt,
    ]);
    expect(ends[1]).toBe(ends[0]);
  });

  it("is not given to an API key, nor to nobody", async () => {
    const { accessToken } = await app.login(ada.key.value, "bx");
    for (const one of [ada.caller, await app.authenticated(accessToken)]) {
      expect(await app.refused(createPasscode, one, {})).toContain("forbidden: A passcode is for");
    }
    expect(await app.refused(createPasscode, NOBODY, {})).toContain("unauthenticated");
  });
});
