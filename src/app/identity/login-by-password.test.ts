import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialSettings, type AccountSettings } from "../../identity/account-settings.ts";
import { FIRST_LOCK_OUT_MS, MAX_LOGIN_FAILURES } from "../../identity/user-credentials.ts";
import { unlockUser } from "./lock-out.ts";
import { setPassword } from "./passwords.ts";
import { readUser, updateUser } from "./users.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { IdentityApp, type TestUser } from "./testing/identity-app.ts";
import {
  Authenticator,
  byPassword,
  loggedIn,
  notLoggedIn,
  PASSWORD,
  person,
  recorded,
} from "./testing/logins.ts";

const ADA = "ada@example.com";
const BAD = "bad-login: The user is not known, or the password is not right.";

let app: IdentityApp;
let ada: TestUser;
beforeEach(async () => {
  app = await IdentityApp.open();
  ada = await person(app);
});
afterEach(() => app.close());

async function settings(changes: Partial<AccountSettings>): Promise<void> {
  const initial = initialSettings(app.first.account.id, app.parts.clock.now());
  await app.parts.state.transact(({ identity }) =>
    identity.putSettings({ ...initial, ...changes }),
  );
}

const guess = (): Promise<string> =>
  notLoggedIn(app, byPassword(ADA, { password: "a guess of mine" }));

async function locked(): Promise<void> {
  for (let n = 0; n < MAX_LOGIN_FAILURES; n++) expect(await guess()).toBe(BAD);
}

describe("a login with a password", () => {
  it("is recorded in the account as IBM's console's, with its client and no agent", async () => {
    const { accessToken, cookie, refreshToken } = await loggedIn(
      app,
      byPassword(ADA, { client_id: "HOP55v1CCT", isOnPage: true }),
    );
    expect([cookie?.value.reveal(), refreshToken]).toEqual([expect.stringMatching(/^ktc_/), null]);
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "refreshtoken.login",
      action: "iam-identity.user-refreshtoken.login",
      outcome: "success",
      account: app.first.account.id,
      initiator: {
        id: ada.user.iamId,
        name: ADA,
        credential: { type: "user" },
        host: { agent: "Not Set" },
      },
      target: { name: ADA },
      requestData: { client_id: "HOP55v1CCT", grant_type: "password" },
    });
    expect(await app.authenticated(accessToken)).toMatchObject({ id: ada.user.iamId });
  });

  it("from the command line has its agent, and a refresh token", async () => {
    const { refreshToken } = await loggedIn(app, byPassword(ADA));
    expect(refreshToken?.reveal()).toMatch(/^ktr_/);
    expect(app.parts.lastEvent()).toMatchObject({
      initiator: { host: { agent: "IBM Cloud CLI" } },
      requestData: { client_id: "bx" },
    });
  });

  it("by a client without a name lasts as long as its token, and nothing goes on with it", async () => {
    const { refreshToken, cookie, accessToken, expiresInS } = await loggedIn(
      app,
      byPassword(ADA, { client_id: "default" }),
    );
    expect([refreshToken, cookie, expiresInS]).toEqual([null, null, 3_600]);
    app.parts.clock.advance(3_600_000 - 1);
    expect((await app.authenticated(accessToken)).kind).toBe("identity");
    app.parts.clock.advance(1);
    expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
  });

  it("takes the address in any case, and the account by name", async () => {
    const account = app.first.account.id;
    await loggedIn(app, byPassword(" ADA@Example.com ", { account }));
    expect(await notLoggedIn(app, byPassword(ADA, { account: "f".repeat(32) }))).toBe(BAD);
  });

  it("is refused in the same words whoever is not known, has none, or brings a wrong one", async () => {
    const { user } = await app.user("bob@example.com");
    for (const [input, fault, attacked] of [
      [byPassword("nobody@example.com"), "unknown-user", ""],
      [byPassword("x".repeat(1_000)), "unknown-user", ""],
      [byPassword(""), "unknown-user", ""],
      [byPassword("bob@example.com"), "no-password", user.email],
      [byPassword(ADA, { password: "x".repeat(1_000) }), "wrong-password", ADA],
      [byPassword(ADA, { password: `${PASSWORD} ` }), "wrong-password", ADA],
    ] as const) {
      expect(await notLoggedIn(app, input)).toBe(BAD);
      expect(app.parts.lastEvent()).toMatchObject({
        operation: "refreshtoken.login",
        account: "operator",
        outcome: "failure",
        initiator: { id: "", name: "" },
        target: { name: attacked === "" ? "login" : attacked },
        requestData: { client_id: "bx", fault },
      });
    }
  });

  it("of a user who is disabled is refused in those words too, and the record says whose it was", async () => {
    const { iamId } = ada.user;
    const { accessToken } = await loggedIn(app, byPassword(ADA));
    const admin = await app.administrator();
    const { endedSessions } = await app.done(updateUser, admin, { iamId, state: "disabled" });
    expect(endedSessions).toBe(1);
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "user.update",
      requestData: { iamId, state: "disabled" },
      responseData: { endedSessions: 1 },
    });
    expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
    expect(await notLoggedIn(app, byPassword(ADA))).toBe(BAD);
    expect(app.parts.lastEvent()).toMatchObject({
      initiator: { id: iamId },
      requestData: { fault: "owner-disabled" },
    });
    await app.done(updateUser, admin, { iamId, state: "active" });
    expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
    await loggedIn(app, byPassword(ADA));
  });

  it("is for the login page only, where the account says so", async () => {
    await settings({ mfa: "NONE_NO_ROPC" });
    expect(await notLoggedIn(app, byPassword(ADA))).toContain("password-not-allowed: ");
    await loggedIn(app, byPassword(ADA, { isOnPage: true }));
  });

  it("puts nothing that was typed into the record", async () => {
    const authenticator = await Authenticator.confirmed(app, ada);
    const code = authenticator.code();
    const tokens = await loggedIn(app, byPassword(ADA, { code, isOnPage: true }));
    await notLoggedIn(app, byPassword("a-stranger-typed-this", { password: "and-this" }));
    const ledger = recorded(app);
    for (const secret of [
      PASSWORD,
      code,
      authenticator.secret,
      "a-stranger-typed-this",
      "and-this",
      tokens.accessToken.reveal(),
      tokens.cookie?.value.reveal() ?? "",
    ]) {
      expect(ledger).not.toContain(secret);
    }
  });
});

describe("a user whose password is guessed at", () => {
  it("is locked out by the fifth guess, answered like any guess, and the account hears of it", async () => {
    await locked();
    const [login, lockOut] = app.parts.events().slice(-2);
    expect(login).toMatchObject({ account: "operator", requestData: { fault: "wrong-password" } });
    expect(lockOut).toMatchObject({
      operation: "user.lock-out",
      outcome: "success",
      severity: "critical",
      account: app.first.account.id,
      initiator: { id: "keytrail-logins" },
      target: { name: ADA },
      requestData: {
        iamId: ada.user.iamId,
        failures: MAX_LOGIN_FAILURES,
        until: "2026-11-21T09:15:00.000Z",
      },
      requestId: login?.requestId,
    });
    expect(await notLoggedIn(app, byPassword(ADA))).toBe(BAD);
    expect(app.parts.lastEvent()).toMatchObject({ requestData: { fault: "user-locked" } });
  });

  it("may try again after a quarter of an hour", async () => {
    await locked();
    app.parts.clock.advance(FIRST_LOCK_OUT_MS);
    await loggedIn(app, byPassword(ADA));
    const { credentials } = await app.done(readUser, ada.caller, { iamId: ada.user.iamId });
    expect(credentials).toMatchObject({ failures: 0, lockedUntil: null });
  });

  it("is let in again by an administrator, and not by itself", async () => {
    await locked();
    const { iamId } = ada.user;
    expect(await app.refused(unlockUser, ada.caller, { iamId })).toContain("forbidden");
    await app.done(unlockUser, await app.administrator(), { iamId });
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "user.unlock",
      target: { name: ADA },
      requestData: { iamId },
    });
    await loggedIn(app, byPassword(ADA));
  });

  it("is one who brings a wrong current password as well", async () => {
    const current = new Sensitive("a guess of mine");
    const input = { iamId: ada.user.iamId, password: new Sensitive("x".repeat(20)), current };
    for (let n = 0; n < MAX_LOGIN_FAILURES; n++) {
      expect(await app.refused(setPassword, ada.caller, input)).toContain("not right");
    }
    expect(app.parts.lastEvent().operation).toBe("user.lock-out");
    const right = { ...input, current: new Sensitive(PASSWORD) };
    expect(await app.refused(setPassword, ada.caller, right)).toContain("not right");
  });
});

describe("an address from which the account lets nobody come", () => {
  it("is no place to try passwords, nor to lock anybody out", async () => {
    await settings({ allowedIpAddresses: ["198.51.100.1"] });
    for (let n = 0; n < MAX_LOGIN_FAILURES; n++) {
      expect(await guess()).toContain("address-not-allowed: ");
    }
    expect(app.parts.lastEvent()).toMatchObject({
      account: "operator",
      target: { name: ADA },
      requestData: { fault: "address-not-allowed" },
    });
    expect(await notLoggedIn(app, byPassword(ADA))).toContain("address-not-allowed: ");
    const stranger = byPassword("nobody@example.com");
    expect(await notLoggedIn(app, stranger)).toContain("address-not-allowed: ");
    await settings({ allowedIpAddresses: [] });
    await loggedIn(app, byPassword(ADA));
  });
});

describe("the second factor", () => {
  it("is asked for with the password once it is confirmed, each code good once", async () => {
    const authenticator = await Authenticator.enrolled(app, ada);
    await loggedIn(app, byPassword(ADA));
    const confirmed = await Authenticator.confirmed(app, ada);
    expect(await notLoggedIn(app, byPassword(ADA, { code: authenticator.code() }))).toContain(
      "bad-second-factor",
    );
    expect(await notLoggedIn(app, byPassword(ADA))).toContain("second-factor-required: A code");
    expect(app.parts.lastEvent()).toMatchObject({
      account: "operator",
      initiator: { id: ada.user.iamId },
      requestData: { fault: "second-factor-required" },
    });
    const code = confirmed.code();
    await loggedIn(app, byPassword(ADA, { code }));
    expect(await notLoggedIn(app, byPassword(ADA, { code }))).toContain("bad-second-factor");
  });

  it("that is guessed at locks the user out, and a right password does not undo that", async () => {
    const authenticator = await Authenticator.confirmed(app, ada);
    for (let n = 0; n < MAX_LOGIN_FAILURES; n++) {
      await notLoggedIn(app, byPassword(ADA));
      expect(await notLoggedIn(app, byPassword(ADA, { code: "not one" }))).toContain("bad-second");
    }
    expect(app.parts.lastEvent().operation).toBe("user.lock-out");
    expect(await notLoggedIn(app, byPassword(ADA, { code: authenticator.code() }))).toBe(BAD);
  });

  it("must be there where the account asks everyone for one", async () => {
    for (const mfa of ["TOTP", "TOTP4ALL"] as const) {
      await settings({ mfa });
      expect(await notLoggedIn(app, byPassword(ADA))).toContain("second-factor-missing");
    }
    const authenticator = await Authenticator.confirmed(app, ada);
    await loggedIn(app, byPassword(ADA, { code: authenticator.code() }));
  });
});

describe("the sessions of a person", () => {
  it("are as many as the account lets there be: the oldest ends for the newest, recorded", async () => {
    await settings({ maxSessionsPerIdentity: 2 });
    const [first, second, third] = [
      await loggedIn(app, byPassword(ADA)),
      await loggedIn(app, byPassword(ADA)),
      await loggedIn(app, byPassword(ADA)),
    ];
    const kinds = await Promise.all(
      [first, second, third].map(
        async ({ accessToken }) => (await app.authenticated(accessToken)).kind,
      ),
    );
    expect(kinds.toSorted()).toEqual(["anonymous", "identity", "identity"]);
    expect(kinds[2]).toBe("identity");
    expect(app.parts.events().at(-2)?.operation).toBe("refreshtoken.login");
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "session.end",
      requestData: { because: "too-many-sessions" },
    });
  });
});
