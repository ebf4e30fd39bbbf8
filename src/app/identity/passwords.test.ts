import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_LOGIN_FAILURES } from "../../identity/user-credentials.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { RootKeyRotation, rotateRootKey } from "../rotate-root-key.ts";
import { unlockUser } from "./lock-out.ts";
import { deletePassword, setPassword } from "./passwords.ts";
import { confirmSecondFactor, enrollSecondFactor, removeSecondFactor } from "./second-factor.ts";
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
import { createUser, deleteUser, readUser, updateUser } from "./users.ts";

const ADA = "ada@example.com";
const NEXT = new Sensitive("another passphrase altogether");

let app: IdentityApp;
let ada: TestUser;
let iamId: string;
beforeEach(async () => {
  app = await IdentityApp.open();
  ada = await person(app);
  ({ iamId } = ada.user);
});
afterEach(() => app.close());

const dataKeys = (): unknown =>
  app.parts.database.get("SELECT count(*) AS n FROM data_keys WHERE owner = ?", iamId)?.["n"];

describe("setting a password", () => {
  it("takes the current one from its owner, and ends every session", async () => {
    app.parts.clock.advance(1);
    const before = await loggedIn(app, byPassword(ADA));
    app.parts.clock.advance(1);
    const caller = await app.authenticated(before.accessToken);
    const current = new Sensitive(PASSWORD);
    expect(await app.refused(setPassword, caller, { iamId, password: NEXT })).toContain(
      "bring the one you have",
    );
    await app.done(setPassword, caller, { iamId, password: NEXT, current });
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "user-password.set",
      severity: "critical",
      initiator: { id: iamId },
      target: { name: ADA },
      requestData: { iamId },
    });
    expect((await app.authenticated(before.accessToken)).kind).toBe("anonymous");
    expect(await notLoggedIn(app, byPassword(ADA))).toContain("bad-login");
    await loggedIn(app, byPassword(ADA, { password: NEXT.reveal() }));
    expect(recorded(app)).not.toContain(NEXT.reveal());
  });

  it("by an administrator needs no current one, and by anyone else it is refused", async () => {
    await app.done(setPassword, await app.administrator(), { iamId, password: NEXT });
    await loggedIn(app, byPassword(ADA, { password: NEXT.reveal() }));
    const { caller } = await app.user("bob@example.com");
    expect(await app.refused(setPassword, caller, { iamId, password: NEXT })).toContain(
      "forbidden",
    );
  });

  it("refuses one that is too short, and says nothing of it in the record", async () => {
    const short = new Sensitive("short-canary");
    const admin = await app.administrator();
    expect(await app.refused(setPassword, admin, { iamId, password: short })).toContain("between");
    expect(recorded(app)).not.toContain("canary");
  });

  it("is not for users of an identity provider", async () => {
    await app.parts.state.transact(({ identity }) =>
      identity.putUser({ ...ada.user, realm: "example.com" }),
    );
    const admin = await app.administrator();
    expect(await app.refused(setPassword, admin, { iamId, password: NEXT })).toContain("conflict");
  });

  it("is undone by an administrator alone", async () => {
    expect(await app.refused(deletePassword, ada.caller, { iamId })).toContain("forbidden");
    const admin = await app.administrator();
    await app.done(deletePassword, admin, { iamId });
    expect(await notLoggedIn(app, byPassword(ADA))).toContain("bad-login");
    expect(await app.refused(deletePassword, admin, { iamId })).toContain("not_found");
  });
});

describe("a second factor", () => {
  it("is shown once, sealed, and needs a code to count", async () => {
    const { secret, uri } = await app.done(enrollSecondFactor, ada.caller, { iamId });
    expect(new URL(uri.reveal()).searchParams.get("secret")).toBe(secret.reveal());
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "user-totp.enroll",
      requestData: { iamId },
      responseData: {},
    });
    const kept = app.parts.database.get(
      "SELECT totp FROM user_credentials WHERE iam_id = ?",
      iamId,
    );
    const bytes = Buffer.from(kept?.["totp"] as Uint8Array);
    expect(bytes.includes(Buffer.from(secret.reveal()))).toBe(false);
    const wrong = { iamId, code: new Sensitive("000000") };
    expect(await app.refused(confirmSecondFactor, ada.caller, wrong)).toContain("not good now");
    expect((await app.done(readUser, ada.caller, { iamId })).credentials?.isTotpConfirmed).toBe(
      false,
    );
    expect(recorded(app)).not.toContain(secret.reveal());
  });

  it("that is confirmed has to be removed before there is another", async () => {
    const authenticator = await Authenticator.confirmed(app, ada);
    expect(await app.refused(enrollSecondFactor, ada.caller, { iamId })).toContain("conflict");
    expect(await app.refused(removeSecondFactor, ada.caller, { iamId })).toContain("show a code");
    const wrong = { iamId, code: new Sensitive("not one") };
    expect(await app.refused(removeSecondFactor, ada.caller, wrong)).toContain("not good now");
    expect((await app.done(readUser, ada.caller, { iamId })).credentials?.failures).toBe(1);
    const code = new Sensitive(authenticator.code());
    await app.done(removeSecondFactor, ada.caller, { iamId, code });
    expect(dataKeys()).toBe(0);
    await loggedIn(app, byPassword(ADA));
    await app.done(enrollSecondFactor, ada.caller, { iamId });
  });

  it("is not guessed at while its user is locked out: the right code is refused as well", async () => {
    const authenticator = await Authenticator.confirmed(app, ada);
    const wrong = { iamId, code: new Sensitive("not one") };
    for (let n = 0; n < MAX_LOGIN_FAILURES; n++) {
      expect(await app.refused(removeSecondFactor, ada.caller, wrong)).toContain("not good now");
    }
    const right = { iamId, code: new Sensitive(authenticator.code()) };
    expect(await app.refused(removeSecondFactor, ada.caller, right)).toContain("not good now");
    await app.done(unlockUser, await app.administrator(), { iamId });
    await app.done(removeSecondFactor, ada.caller, right);
  });

  it("that is lost is removed by an administrator, without a code", async () => {
    await Authenticator.confirmed(app, ada);
    const admin = await app.administrator();
    await app.done(removeSecondFactor, admin, { iamId });
    await loggedIn(app, byPassword(ADA));
    expect(await app.refused(removeSecondFactor, admin, { iamId })).toContain("not_found");
  });

  it("goes with its user, key and all", async () => {
    await Authenticator.confirmed(app, ada);
    expect(dataKeys()).toBe(1);
    await app.done(deleteUser, await app.administrator(), { iamId });
    expect(dataKeys()).toBe(0);
  });

  it("is resealed with a new root key, and goes on", async () => {
    const authenticator = await Authenticator.confirmed(app, ada);
    const before = app.parts.database.get("SELECT root_key_id AS id FROM data_keys");
    const operator = await app.user("op@example.com", ["Operator"]);
    await app.done(rotateRootKey, operator.caller, {});
    const { state, capabilities } = app.parts;
    const { vault, rootKeys } = capabilities;
    await new RootKeyRotation({ state, vault, rootKeys }).step();
    expect(app.parts.database.get("SELECT root_key_id AS id FROM data_keys")).not.toEqual(before);
    await loggedIn(app, byPassword(ADA, { code: authenticator.code() }));
  });
});

describe("a user", () => {
  it("who was disabled is out of every session, also of one that left no row, for good", async () => {
    app.parts.clock.advance(1);
    const { accessToken } = await app.login(ada.key.value);
    app.parts.clock.advance(1);
    const admin = await app.administrator();
    for (const state of ["disabled", "active"] as const) {
      await app.done(updateUser, admin, { iamId, state });
      expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
    }
    expect((await app.authenticated((await app.login(ada.key.value)).accessToken)).kind).toBe(
      "identity",
    );
  });

  it("reads itself, and nobody else without a role", async () => {
    const { user } = await app.done(readUser, ada.caller, { iamId });
    expect(user.email).toBe(ADA);
    const { caller } = await app.user("bob@example.com");
    expect(await app.refused(readUser, caller, { iamId })).toContain("forbidden");
  });

  it("is renamed, and not by itself", async () => {
    const admin = await app.administrator();
    const { user } = await app.done(updateUser, admin, { iamId, name: "Countess" });
    expect([user.name, user.state]).toEqual(["Countess", "active"]);
    expect(await app.refused(updateUser, ada.caller, { iamId, name: "x" })).toContain("forbidden");
  });

  it("who administers the account does not disable itself", async () => {
    const admin = await app.administrator();
    const own = { iamId: app.first.administrator.iamId, state: "disabled" } as const;
    expect(await app.refused(updateUser, admin, own)).toContain("Nobody disables themselves");
  });

  it("is not found in another account, nor by an id that is no user's", async () => {
    const admin = await app.administrator();
    await app.done(createUser, admin, { email: "b@example.com", name: "B" });
    expect(await app.refused(readUser, admin, { iamId: "IBMid-0000000000" })).toContain(
      "not_found",
    );
  });
});
