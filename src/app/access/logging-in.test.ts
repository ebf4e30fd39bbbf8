import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialSettings } from "../../identity/account-settings.ts";
import {
  newIdentityProviderId,
  PLAIN_PROVIDER,
  type IdentityProvider,
} from "../../identity/identity-provider.ts";
import { noCredentials, type UserCredentials } from "../../identity/user-credentials.ts";
import { HOME_REALM, newUserId, type User } from "../../identity/user.ts";
import { ACCOUNT, openTestApp, START, type TestApp } from "../testing/test-app.ts";
import { canLogIn } from "./logging-in.ts";

const USER: User = {
  kind: "user",
  iamId: newUserId(),
  account: ACCOUNT,
  email: "ada@example.com",
  name: "Ada",
  state: "active",
  isOwner: false,
  realm: HOME_REALM,
  sessionsSince: START,
  createdAt: START,
  createdBy: "test",
};

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
  await app.state.transact(({ identity }) => identity.putUser(USER));
});
afterEach(() => app.close());

const can = (user: User = USER): Promise<boolean> =>
  app.state.read((view) => canLogIn(user, view, app.clock.now()));

async function has(credentials: Partial<UserCredentials>): Promise<void> {
  const kept = { ...noCredentials(ACCOUNT, USER.iamId), ...credentials };
  await app.state.transact(({ logins }) => logins.putUserCredentials(kept));
}

async function provider(realm: string, enabled = true): Promise<IdentityProvider> {
  const made: IdentityProvider = {
    ...PLAIN_PROVIDER,
    id: newIdentityProviderId(),
    account: ACCOUNT,
    name: realm,
    realm,
    issuer: "https://idp.example",
    clientId: "c",
    scopes: [],
    createsUsers: false,
    enabled,
    createdAt: START,
    createdBy: "test",
    modifiedAt: START,
  };
  await app.state.transact(({ logins }) => logins.putIdentityProvider(made, null));
  return made;
}

describe("whether a user could log in", () => {
  it("depends on a password, until guesses have locked the user out, and again after that", async () => {
    expect(await can()).toBe(false);
    await has({ password: "$argon2id$" });
    expect(await can()).toBe(true);
    expect(await can({ ...USER, state: "disabled" })).toBe(false);
    await has({ password: "$argon2id$", lockedUntil: START + 1_000 });
    expect(await can()).toBe(false);
    app.clock.advance(1_000);
    expect(await can()).toBe(true);
  });

  it("depends on a second factor with it, where the account asks everyone for one", async () => {
    await has({ password: "$argon2id$" });
    await app.state.transact(({ identity }) =>
      identity.putSettings({ ...initialSettings(ACCOUNT, START), mfa: "TOTP" }),
    );
    expect(await can()).toBe(false);
    await has({ password: "$argon2id$", totp: new Uint8Array(8), isTotpConfirmed: true });
    expect(await can()).toBe(true);
  });

  it("depends on the identity provider that vouched for the user, or on any as long as none has", async () => {
    await provider("off", false);
    expect(await can()).toBe(false);
    const { id } = await provider("first");
    expect(await can()).toBe(true);
    const link = { provider: id, subject: "s", account: ACCOUNT, iamId: USER.iamId };
    await app.state.transact(({ logins }) => logins.putFederatedLink(link));
    await provider("second");
    expect(await can()).toBe(true);
    await app.state.transact(({ logins }) => logins.deleteIdentityProvider(ACCOUNT, id));
    const known = { ...link, provider: (await provider("third", false)).id };
    await app.state.transact(({ logins }) => logins.putFederatedLink(known));
    expect(await can()).toBe(false);
  });
});
