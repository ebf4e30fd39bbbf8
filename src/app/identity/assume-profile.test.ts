import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newProfileId, type TrustedProfile } from "../../identity/trusted-profile.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { addProfileIdentity } from "../profiles/identities.ts";
import { createProfile } from "../profiles/profiles.ts";
import { deleteApiKey } from "./api-keys.ts";
import { logOut } from "./log-out.ts";
import { IdentityApp, type TestUser } from "./testing/identity-app.ts";
import {
  asProfile,
  byPassword,
  byRefresh,
  loggedIn,
  notLoggedIn,
  person,
} from "./testing/logins.ts";

const ADA = "ada@example.com";
const NOT_APPLICABLE =
  "profile-not-applicable: There is no such trusted profile, or it does not trust whoever asks for it.";

let app: IdentityApp;
let ada: TestUser;
let profile: TrustedProfile;
beforeEach(async () => {
  app = await IdentityApp.open();
  ada = await person(app);
  profile = await profileTrusting(ada.user.iamId);
});
afterEach(() => app.close());

async function profileTrusting(identifier: string, name = "deployer"): Promise<TrustedProfile> {
  const admin = await app.administrator();
  const made = await app.done(createProfile, admin, { name });
  await app.done(addProfileIdentity, admin, { id: made.id, identityType: "user", identifier });
  return made;
}

describe("applying a trusted profile", () => {
  it("is recorded as the profile's login, with who applied it", async () => {
    const { accessToken } = await loggedIn(app, byPassword(ADA));
    const tokens = await loggedIn(app, asProfile({ accessToken }, { id: profile.id }));
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "profile.login",
      action: "iam-identity.trustedprofile-apikey.login",
      outcome: "success",
      account: app.first.account.id,
      initiator: {
        id: profile.iamId,
        name: "deployer",
        typeURI: "service/security/account/profile",
        authnId: ada.user.iamId,
        authnName: ADA,
      },
      target: { name: "deployer" },
      requestData: { client_id: "bx", profile_id: profile.id },
    });
    expect(decodeJwt(tokens.accessToken.reveal())).toMatchObject({
      iam_id: profile.iamId,
      sub_type: "Profile",
      authn: { iam_id: ada.user.iamId },
    });
    expect(await app.authenticated(tokens.accessToken)).toMatchObject({
      id: profile.iamId,
      authnId: ada.user.iamId,
    });
  });

  it("goes by its id, its CRN's account and id, or its name and account, with an API key as well", async () => {
    const { account, name, id } = profile;
    const by = { apiKey: ada.key.value };
    for (const selector of [{ id }, { id, account }, { name, account }]) {
      const { refreshToken } = await loggedIn(app, asProfile(by, selector));
      expect(refreshToken).not.toBeNull();
    }
    const { refreshToken } = await loggedIn(app, asProfile(by, { id }, "default"));
    expect(refreshToken).toBeNull();
  });

  it("is gone on with by a refresh token, still as the profile", async () => {
    const by = { apiKey: ada.key.value };
    const { refreshToken } = await loggedIn(app, asProfile(by, { id: profile.id }));
    const next = await loggedIn(app, byRefresh(refreshToken!));
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "profile.login",
      initiator: { id: profile.iamId, authnId: ada.user.iamId },
      requestData: { grant_type: "refresh_token", profile_id: profile.id },
    });
    expect(await app.authenticated(next.accessToken)).toMatchObject({ id: profile.iamId });
  });

  it("is refused alike to whom it does not trust, and where there is none", async () => {
    const { key, user } = await app.user("bob@example.com");
    const account = "f".repeat(32);
    for (const selector of [
      { id: profile.id },
      { id: newProfileId() },
      { id: profile.id, account },
      { name: "deployer", account },
      { name: "nobody", account: profile.account },
    ]) {
      expect(await notLoggedIn(app, asProfile({ apiKey: key.value }, selector))).toBe(
        NOT_APPLICABLE,
      );
      expect(app.parts.lastEvent()).toMatchObject({
        operation: "profile.login",
        account: "operator",
        initiator: { id: user.iamId },
        requestData: { fault: "profile-not-applicable" },
      });
    }
  });

  it("takes no credential that is no good, and none of another profile", async () => {
    const selector = { id: profile.id };
    const forged = { accessToken: new Sensitive("a.b.c") };
    expect(await notLoggedIn(app, asProfile(forged, selector))).toContain("bad-access-token: ");
    const unknown = { apiKey: new Sensitive("hunter2") };
    expect(await notLoggedIn(app, asProfile(unknown, selector))).toContain("unknown-api-key: ");
    const { accessToken } = await loggedIn(app, byPassword(ADA));
    await app.done(logOut, await app.authenticated(accessToken), {});
    expect(await notLoggedIn(app, asProfile({ accessToken }, selector))).toContain("bad-access");
    const other = await profileTrusting(ada.user.iamId, "other");
    const acting = await loggedIn(app, asProfile({ apiKey: ada.key.value }, selector));
    const chained = asProfile({ accessToken: acting.accessToken }, { id: other.id });
    expect(await notLoggedIn(app, chained)).toContain("does not apply another one");
  });

  it("ends with the credential it was applied with", async () => {
    const by = { apiKey: ada.key.value };
    const { accessToken, refreshToken } = await loggedIn(app, asProfile(by, { id: profile.id }));
    await app.done(deleteApiKey, await app.administrator(), { id: ada.key.id });
    expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
    expect(await notLoggedIn(app, byRefresh(refreshToken!))).toContain("unknown-refresh-token");
  });

  it("ends no later than the session in which it was applied", async () => {
    const opened = await loggedIn(app, byPassword(ADA));
    app.parts.clock.advance(60 * 60 * 1_000 - 1);
    const by = { accessToken: opened.accessToken };
    const { session } = await loggedIn(app, asProfile(by, { id: profile.id }));
    const [own, applied] = await app.parts.state.read(async ({ logins }) => [
      await logins.session(opened.session),
      await logins.session(session),
    ]);
    expect(applied?.endsAt).toBe(own?.endsAt);
  });

  it("with a token that left no row ends with that token, and when it is logged out of", async () => {
    const opened = await app.login(ada.key.value);
    app.parts.clock.advance(10 * 60 * 1_000);
    const by = { accessToken: opened.accessToken };
    const applied = await loggedIn(app, asProfile(by, { id: profile.id }));
    expect(applied.expiration).toBe(opened.expiration);
    const again = await loggedIn(app, byRefresh(applied.refreshToken!));
    await app.done(logOut, await app.authenticated(opened.accessToken), {});
    expect((await app.authenticated(again.accessToken)).kind).toBe("anonymous");
    expect(await notLoggedIn(app, byRefresh(again.refreshToken!))).toContain("unknown-refresh");

    const late = await loggedIn(
      app,
      asProfile({ accessToken: (await app.login(ada.key.value)).accessToken }, { id: profile.id }),
    );
    app.parts.clock.advance(3_600_000);
    expect(await notLoggedIn(app, byRefresh(late.refreshToken!))).toContain(
      "refresh-token-expired",
    );
  });

  it("may be logged out of", async () => {
    const by = { apiKey: ada.key.value };
    const { accessToken } = await loggedIn(app, asProfile(by, { id: profile.id }));
    await app.done(logOut, await app.authenticated(accessToken), {});
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "session.logout",
      initiator: { id: profile.iamId, authnId: ada.user.iamId },
      target: { id: expect.stringContaining(`profile:${profile.id}`), name: "deployer" },
    });
    expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
  });
});
