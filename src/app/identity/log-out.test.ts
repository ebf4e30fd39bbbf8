import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { authenticateCookie } from "./authenticate.ts";
import { logOut } from "./log-out.ts";
import { IdentityApp, NOBODY, type TestUser } from "./testing/identity-app.ts";
import {
  byCookie,
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
beforeEach(async () => {
  app = await IdentityApp.open();
  ada = await person(app);
});
afterEach(() => app.close());

describe("logging out", () => {
  it("ends the session at once, and is recorded with its client", async () => {
    const { accessToken, refreshToken, session } = await loggedIn(app, byPassword(ADA));
    const other = await loggedIn(app, byPassword(ADA));
    await app.done(logOut, await app.authenticated(accessToken), {});
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "session.logout",
      action: "iam-identity.user.logout",
      outcome: "success",
      account: app.first.account.id,
      initiator: { id: ada.user.iamId, name: ADA, host: { agent: "IBM Cloud CLI" } },
      target: { name: ADA },
      requestData: { client_id: "bx" },
      responseData: { session },
    });
    expect(await app.authenticated(accessToken)).toMatchObject({
      kind: "anonymous",
      claimed: { id: ada.user.iamId },
    });
    expect(await notLoggedIn(app, byRefresh(refreshToken!))).toContain("unknown-refresh-token");
    expect((await app.authenticated(other.accessToken)).kind).toBe("identity");
  });

  it("of a session that left no row behind is remembered for as long as its token would last", async () => {
    const { accessToken } = await app.login(ada.key.value);
    const other = await app.login(ada.key.value);
    const caller = await app.authenticated(accessToken);
    await app.authenticated(other.accessToken);
    await app.done(logOut, caller, {});
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "session.logout",
      responseData: { apikeyId: ada.key.id },
    });
    expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
    expect((await app.authenticated(other.accessToken)).kind).toBe("identity");
    app.parts.clock.advance(3_600_000 + 1);
    await loggedIn(app, byPassword(ADA));
    expect(app.parts.database.get("SELECT count(*) AS n FROM sessions WHERE ended = 1")).toEqual({
      n: 0,
    });
  });

  it("takes a refresh token for want of an access token", async () => {
    const { accessToken, refreshToken } = await loggedIn(app, byPassword(ADA));
    await app.done(logOut, NOBODY, { refreshToken: refreshToken! });
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "session.logout",
      account: app.first.account.id,
      initiator: { id: ada.user.iamId },
    });
    expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
    expect(recorded(app)).not.toContain(refreshToken!.reveal());
  });

  it("of nothing is refused, in the operator's stream", async () => {
    for (const input of [{}, { refreshToken: new Sensitive("hunter2") }]) {
      expect(await app.refused(logOut, NOBODY, input)).toContain("unauthenticated");
      expect(app.parts.lastEvent()).toMatchObject({
        operation: "session.logout",
        account: "operator",
        outcome: "failure",
      });
    }
    expect(recorded(app)).not.toContain("hunter2");
  });
});

describe("the identity cookie", () => {
  const onPage = () => loggedIn(app, byPassword(ADA, { client_id: "HOP55v1CCT", isOnPage: true }));

  const whoHolds = (cookie: Sensitive<string>) => {
    const { state, clock, capabilities } = app.parts;
    return authenticateCookie(cookie, { state, clock, credentials: capabilities.credentials });
  };

  it("gives access tokens of its session as long as that lasts, recorded as IBM's console's", async () => {
    const { cookie, session } = await onPage();
    for (let n = 0; n < 2; n++) {
      const tokens = await loggedIn(app, byCookie(cookie!.value));
      expect([tokens.session, tokens.refreshToken, tokens.cookie]).toEqual([session, null, null]);
      expect(app.parts.lastEvent()).toMatchObject({
        operation: "identitycookie.login",
        action: "iam-identity.user-identitycookie.login",
        account: app.first.account.id,
        initiator: { id: ada.user.iamId, host: { agent: "Not Set" } },
        requestData: {
          client_id: "HOP55v1CCT",
          grant_type: "urn:ibm:params:oauth:grant-type:identity-cookie",
        },
      });
      expect((await app.authenticated(tokens.accessToken)).kind).toBe("identity");
    }
    expect(recorded(app)).not.toContain(cookie!.value.reveal());
  });

  it("ends with its session, and so do the tokens that it gave", async () => {
    const { cookie } = await onPage();
    const { accessToken } = await loggedIn(app, byCookie(cookie!.value));
    expect(await whoHolds(cookie!.value)).toMatchObject({ id: ada.user.iamId });
    await app.done(logOut, await app.authenticated(accessToken), {});
    expect(await notLoggedIn(app, byCookie(cookie!.value))).toContain("bad-cookie: ");
    expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
    expect((await whoHolds(cookie!.value)).kind).toBe("anonymous");
  });

  it("lies still for two hours, each use giving it two more, and a day in all", async () => {
    const { cookie } = await onPage();
    const hourMs = 60 * 60 * 1_000;
    app.parts.clock.advance(2 * hourMs - 1);
    await loggedIn(app, byCookie(cookie!.value));
    app.parts.clock.advance(2 * hourMs - 1);
    await loggedIn(app, byCookie(cookie!.value));
    app.parts.clock.advance(2 * hourMs);
    expect(await notLoggedIn(app, byCookie(cookie!.value))).toContain("bad-cookie: ");
    expect((await whoHolds(cookie!.value)).kind).toBe("anonymous");

    const busy = await onPage();
    for (let n = 0; n < 23; n++) {
      app.parts.clock.advance(hourMs);
      await loggedIn(app, byCookie(busy.cookie!.value));
    }
    app.parts.clock.advance(hourMs);
    expect(await notLoggedIn(app, byCookie(busy.cookie!.value))).toContain("bad-cookie: ");
  });

  it("is no refresh token, and a refresh token is no cookie", async () => {
    const { cookie } = await onPage();
    const { refreshToken } = await loggedIn(app, byPassword(ADA));
    expect(await notLoggedIn(app, byRefresh(cookie!.value, "HOP55v1CCT"))).toContain("unknown");
    expect(await notLoggedIn(app, byCookie(refreshToken!))).toContain("bad-cookie: ");
  });
});
