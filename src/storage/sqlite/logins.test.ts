import { PLAIN_PROVIDER, type IdentityProvider } from "../../identity/identity-provider.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../../identity/session.ts";
import { noCredentials } from "../../identity/user-credentials.ts";
import { Database } from "./database.ts";
import { stateMigrations } from "./migrations.ts";
import { identitySchema } from "./identity-schema.ts";
import { secretsSchema } from "./secrets-schema.ts";
import { identityStores } from "./identity-stores.ts";
import { MAX_FORGOTTEN_AT_ONCE } from "./logins.ts";

const ACCOUNT = "0123456789abcdef0123456789abcdef";
const ADA = "IBMid-0000000000000ADA";

let db: Database;
let stores: ReturnType<typeof identityStores>;

beforeEach(async () => {
  db = Database.open(":memory:", [identitySchema, secretsSchema], stateMigrations);
  stores = identityStores(db);
  await stores.identity.putAccount({ id: ACCOUNT, name: "Test", createdAt: 1, isHandedOver: true });
  await stores.identity.putUser({
    kind: "user",
    iamId: ADA,
    account: ACCOUNT,
    email: "ada@example.com",
    name: "Ada",
    state: "active",
    isOwner: false,
    realm: "IBMid",
    sessionsSince: 0,
    createdAt: 2,
    createdBy: "",
  });
});
afterEach(() => db.close());

const session = (id: string, changes: Partial<Session> = {}): Session => ({
  id,
  account: ACCOUNT,
  iamId: ADA,
  credentialId: ADA,
  parent: null,
  clientId: "bx",
  grantType: "password",
  profile: null,
  profilesByClaims: ["Profile-1"],
  realm: null,
  startedAt: 10,
  endsAt: 1_000,
  isEnded: false,
  ...changes,
});

const token = (hash: string, of: string, expiresAt = 500) => ({
  hash,
  session: of,
  clientId: "bx",
  account: ACCOUNT,
  expiresAt,
  isUsed: false,
});

describe("sessions on SQLite", () => {
  it("come back as they were put, also to whoever asked before they were there", async () => {
    const { logins } = stores;
    expect(await logins.session("one")).toBeUndefined();
    await logins.putSession(session("one"));
    expect(await logins.session("one")).toEqual(session("one"));
    await logins.putRefreshToken(token("hash", "one"));
    expect(await logins.refreshToken("hash")).toEqual(token("hash", "one"));
    await logins.useRefreshToken("hash");
    expect((await logins.refreshToken("hash"))?.isUsed).toBe(true);
  });

  it("that have ended are seen to have, at once, and have no tokens", async () => {
    const { logins } = stores;
    await logins.putSession(session("one"));
    await logins.putRefreshToken(token("hash", "one"));
    expect((await logins.session("one"))?.isEnded).toBe(false);
    await logins.endSession("one");
    expect((await logins.session("one"))?.isEnded).toBe(true);
    expect(await logins.refreshToken("hash")).toBeUndefined();
  });

  it("end with the one that they came out of, however far removed, also if that left no row", async () => {
    const { logins } = stores;
    await logins.putSession(session("child", { parent: "without a row" }));
    await logins.putSession(session("grandchild", { parent: "child" }));
    await logins.putSession(session("stranger"));
    await logins.putRefreshToken(token("hash", "grandchild"));
    expect((await logins.session("grandchild"))?.isEnded).toBe(false);
    expect(await logins.putEndedSession(session("without a row"))).toBe(3);
    expect((await logins.session("grandchild"))?.isEnded).toBe(true);
    expect(await logins.refreshToken("hash")).toBeUndefined();
    expect((await logins.session("stranger"))?.isEnded).toBe(false);
  });

  it("that left no row are seen to have ended, also by whoever asked before", async () => {
    const { logins } = stores;
    expect(await logins.hasEnded("one")).toBe(false);
    await logins.putEndedSession(session("one"));
    expect(await logins.hasEnded("one")).toBe(true);
    expect(await logins.hasEnded("other")).toBe(false);
    expect(await logins.sessionsOf(ACCOUNT, ADA, 30)).toEqual([]);
  });

  it("of one identity are those that go on, and end together or by credential", async () => {
    const { logins } = stores;
    await logins.putSession(session("new", { startedAt: 20 }));
    await logins.putSession(session("old", { credentialId: "ApiKey-1" }));
    await logins.putSession(session("past", { endsAt: 30 }));
    const ids = async () => (await logins.sessionsOf(ACCOUNT, ADA, 30)).map(({ id }) => id);
    expect(await ids()).toEqual(["old", "new"]);
    await logins.endSessionsOf(ACCOUNT, ADA, "ApiKey-1");
    expect(await ids()).toEqual(["new"]);
    await logins.endSessionsOf(ACCOUNT, ADA);
    expect(await ids()).toEqual([]);
  });

  it("go with the API key they were opened with, and with their user", async () => {
    const { logins, identity } = stores;
    const key = {
      id: "ApiKey-1",
      account: ACCOUNT,
      iamId: ADA,
      name: "key",
      description: "",
      accessKeyId: null,
      locked: false,
      disabled: false,
      expiresAt: null,
      actionWhenLeaked: "disable",
      supportSessions: true,
      sessionsSince: 2,
      entityTag: "1-0",
      createdAt: 3,
      createdBy: "",
      modifiedAt: 3,
    } as const;
    await identity.putApiKey(key, "hash of the key");
    expect(await identity.apiKey(ACCOUNT, key.id)).toEqual(key);
    await logins.putSession(session("by key", { credentialId: key.id }));
    await logins.putSession(session("by password"));
    await logins.putRefreshToken(token("one", "by key"));
    await logins.putRefreshToken(token("two", "by password"));
    expect((await logins.session("by key"))?.id).toBe("by key");
    await identity.deleteApiKey(ACCOUNT, key.id);
    expect(await logins.session("by key")).toBeUndefined();
    expect(await logins.refreshToken("one")).toBeUndefined();
    expect(await logins.refreshToken("two")).toBeDefined();
    await identity.deleteUser(ACCOUNT, ADA);
    expect(await logins.session("by password")).toBeUndefined();
    expect(await logins.refreshToken("two")).toBeUndefined();
  });

  it("are forgotten once they are past, a bounded number of each kind at a time", async () => {
    const { logins } = stores;
    await logins.putSession(session("going on"));
    for (let n = 0; n <= MAX_FORGOTTEN_AT_ONCE; n++) {
      await logins.putRefreshToken(token(`old ${n}`, "going on", 1));
    }
    await logins.putRefreshToken(token("new", "going on", 10));
    const left = (): unknown => db.get("SELECT count(*) AS n FROM refresh_tokens")?.["n"];
    await logins.forgetExpiredLogins(10);
    expect(left()).toBe(2);
    await logins.forgetExpiredLogins(10);
    expect(left()).toBe(1);
    await logins.forgetExpiredLogins(2_000);
    expect(await logins.session("going on")).toBeUndefined();
    expect(left()).toBe(0);
  });
});

describe("what people log in with, on SQLite", () => {
  it("comes back as it was put, and goes with the user", async () => {
    const { logins, identity } = stores;
    expect(await logins.userCredentials(ACCOUNT, ADA)).toBeUndefined();
    const credentials = {
      ...noCredentials(ACCOUNT, ADA),
      password: "$argon2id$",
      passwordSetAt: 4,
      totp: Uint8Array.of(1, 2),
      isTotpConfirmed: true,
      lastTotpStep: 7,
      failures: 2,
      lockedUntil: 99,
    };
    await logins.putUserCredentials(credentials);
    expect(await logins.userCredentials(ACCOUNT, ADA)).toEqual(credentials);
    expect(await logins.userCredentials("other", ADA)).toBeUndefined();
    await logins.putSession(session("asked in"));
    const passcode = {
      hash: "p",
      account: ACCOUNT,
      iamId: ADA,
      session: "asked in",
      expiresAt: 50,
    };
    await logins.putPasscode(passcode);
    expect(await logins.passcode("p")).toEqual(passcode);
    await identity.deleteUser(ACCOUNT, ADA);
    expect(await logins.userCredentials(ACCOUNT, ADA)).toBeUndefined();
    expect(await logins.passcode("p")).toBeUndefined();
  });

  it("by a provider goes with the provider", async () => {
    const { logins } = stores;
    const provider: IdentityProvider = {
      ...PLAIN_PROVIDER,
      id: "IdentityProvider-1",
      account: ACCOUNT,
      name: "Example",
      realm: "example.com",
      issuer: "https://id.example.com",
      clientId: "keytrail",
      scopes: ["openid", "email"],
      createsUsers: true,
      enabled: false,
      createdAt: 5,
      createdBy: ADA,
      modifiedAt: 6,
    };
    await logins.putIdentityProvider(provider, Uint8Array.of(9));
    expect(await logins.identityProvider(ACCOUNT, provider.id)).toEqual(provider);
    expect(await logins.identityProviderOfRealm(ACCOUNT, "example.com")).toEqual(provider);
    expect(await logins.identityProviders(ACCOUNT)).toEqual([provider]);
    expect(await logins.identityProviderSecret(provider.id)).toEqual(Uint8Array.of(9));
    const twice = { ...provider, id: "IdentityProvider-2" };
    await expect(logins.putIdentityProvider(twice, null)).rejects.toThrow("UNIQUE");
    const link = { provider: provider.id, subject: "sub", account: ACCOUNT, iamId: ADA };
    const flow = {
      hash: "f",
      provider: provider.id,
      account: ACCOUNT,
      clientId: "bx",
      codeVerifier: "v",
      nonce: "n",
      returnTo: "/",
      callback: null,
      person: { subject: "sub", email: null, name: null, claims: { groups: ["a"] } },
      expiresAt: 9,
    };
    const challenge = {
      id: "c",
      hash: "h",
      provider: provider.id,
      account: ACCOUNT,
      certificates: "PEM",
      expiresAt: 9,
    };
    await logins.putFederatedLink(link);
    await logins.putLoginFlow(flow);
    await logins.putCertificateChallenge(challenge);
    expect(await logins.certificateChallenge("c")).toEqual(challenge);
    expect(await logins.federatedLinksBy(provider.id)).toEqual([link]);
    expect(await logins.federatedLink(provider.id, "sub")).toEqual(link);
    expect(await logins.federatedLinksOf(ACCOUNT, ADA)).toEqual([link]);
    expect(await logins.loginFlow("f")).toEqual(flow);
    await logins.deleteIdentityProvider(ACCOUNT, provider.id);
    expect(await logins.federatedLink(provider.id, "sub")).toBeUndefined();
    expect(await logins.loginFlow("f")).toBeUndefined();
    expect(await logins.certificateChallenge("c")).toBeUndefined();
  });
});
