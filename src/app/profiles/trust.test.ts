import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../../identity/session.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { createApiKey } from "../identity/api-keys.ts";
import { ASSUME_GRANT, type IssuedTokens } from "../identity/login.ts";
import { openSession } from "../identity/open-session.ts";
import { createPasscode } from "../identity/passcodes.ts";
import { createPolicy } from "../identity/policies.ts";
import { createServiceId } from "../identity/service-ids.ts";
import { IdentityApp, NOBODY, START, type TestUser } from "../identity/testing/identity-app.ts";
import { asProfile, attempt, byPasscode, loggedIn } from "../identity/testing/logins.ts";
import { deleteUser } from "../identity/users.ts";
import {
  addProfileIdentity,
  deleteProfileIdentity,
  listProfileIdentities,
  setProfileIdentities,
} from "./identities.ts";
import { createProfileLink, deleteProfileLink } from "./links.ts";
import { createProfile, deleteProfile, updateProfile } from "./profiles.ts";
import { readProfile } from "./read-profiles.ts";
import { createProfileRule, deleteProfileRule, updateProfileRule } from "./rules.ts";
import { profilesByClaims, trustIn, type Trust } from "./trust.ts";

const REALM = "https://idp.example.com";
const ENGINEERS = { claim: "groups", operator: "CONTAINS", value: '"engineers"' };

let app: IdentityApp;
let admin: Caller;
let ada: TestUser;
let profile: TrustedProfile;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
  ada = await app.user("ada@example.com");
  profile = await app.done(createProfile, admin, { name: "on-duty" });
});
afterEach(() => app.close());

const trustAda = (): Promise<unknown> =>
  app.done(addProfileIdentity, admin, {
    id: profile.id,
    identityType: "user",
    identifier: ada.user.iamId,
  });

const ruleOf = (change: object = {}) => ({
  id: profile.id,
  type: "Profile-SAML" as const,
  realm_name: REALM,
  expiration: 3_600,
  conditions: [ENGINEERS],
  ...change,
});

function assume(apiKey: Sensitive<string>): Promise<IssuedTokens> {
  const login = { client_id: "bx", grant_type: ASSUME_GRANT, by: { apiKey } } as const;
  return app.done(openSession, NOBODY, { ...login, profile: { id: profile.id } });
}

/** A session of Ada's in which a provider's claims made her one of these profiles. */
function sessionOfAda(change: Partial<Session> = {}): Session {
  return {
    id: "session",
    account: profile.account,
    iamId: ada.user.iamId,
    credentialId: ada.user.iamId,
    parent: null,
    clientId: "bx",
    grantType: "authorization_code",
    profile: null,
    profilesByClaims: [profile.id],
    realm: REALM,
    startedAt: app.parts.clock.now(),
    endsAt: START + 86_400_000,
    isEnded: false,
    ...change,
  };
}

/** The trust in her in such a session. */
async function trustInAda(change: Partial<Session> = {}): Promise<Trust | undefined> {
  const session = sessionOfAda(change);
  return app.parts.state.read(async ({ profiles }) => {
    const now = await profiles.profile(profile.account, profile.id);
    if (!now) return undefined;
    const applying = { profile: now, credential: { key: null, owner: ada.user }, session };
    return trustIn(applying, profiles);
  });
}

describe("trust by id", () => {
  it("lets a user act as the profile, with what the profile may do and nothing else", async () => {
    await expect(assume(ada.key.value)).rejects.toThrow("does not trust");
    await trustAda();
    const caller = await app.authenticated((await assume(ada.key.value)).accessToken);
    expect(caller).toMatchObject({ id: profile.iamId, authnId: ada.user.iamId });
    const { id } = profile;
    expect(await app.refused(readProfile, caller, { id })).toMatch(/^forbidden: /);
    await app.done(createPolicy, admin, {
      subject: profile.iamId,
      roles: ["Viewer"],
      resource: {},
    });
    expect(await app.done(readProfile, caller, { id })).toMatchObject({ profile: { id } });
    expect(await app.refused(readProfile, ada.caller, { id })).toMatch(/^forbidden: /);
  });

  it("lets a service ID act as the profile, by either of its ids", async () => {
    const made = await app.done(createServiceId, admin, { name: "ci", description: "builds" });
    const key = await app.done(createApiKey, admin, { iamId: made.iamId, name: "key" });
    for (const identifier of [made.id, made.iamId]) {
      const input = { id: profile.id, identityType: "serviceid", identifier } as const;
      expect(await app.done(addProfileIdentity, admin, input)).toMatchObject({
        identifier: made.iamId,
        description: "builds",
      });
      await assume(key.value);
      await app.done(deleteProfileIdentity, admin, input);
      await expect(assume(key.value)).rejects.toThrow("does not trust");
      app.parts.clock.advance(1);
    }
  });

  it("is of no use to anybody else, and to nobody once the user is gone", async () => {
    await trustAda();
    const bob = await app.user("bob@example.com");
    await expect(assume(bob.key.value)).rejects.toThrow("does not trust");
    const another = await app.done(createProfile, admin, { name: "another" });
    const inBob = { identityType: "user", identifier: bob.user.iamId } as const;
    await app.done(addProfileIdentity, admin, { id: another.id, ...inBob });
    await expect(assume(bob.key.value)).rejects.toThrow("does not trust");
    const { accessToken } = await assume(ada.key.value);
    await app.done(deleteUser, admin, { iamId: ada.user.iamId });
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-identity.profile-identity.delete",
      target: { name: "on-duty" },
      requestData: { id: profile.id, identityType: "user", identifier: ada.user.iamId },
    });
    expect(await app.authenticated(accessToken)).toMatchObject({ kind: "anonymous" });
    const { identities } = await app.done(listProfileIdentities, admin, { id: profile.id });
    expect(identities).toEqual([]);
  });
});

describe("trust by claims", () => {
  const met = (claims: Readonly<Record<string, readonly string[]>>, realm = REALM) =>
    app.parts.state.read(({ profiles }) =>
      profilesByClaims(profile.account, { realm, claims }, profiles),
    );

  it("is in whoever meets every condition of any one rule for the realm", async () => {
    const adult = { claim: "age", operator: "NOT_EQUALS", value: "17" };
    await app.done(createProfileRule, admin, ruleOf({ conditions: [ENGINEERS, adult] }));
    const chief = { claim: "title", operator: "EQUALS", value: "chief" };
    await app.done(createProfileRule, admin, ruleOf({ conditions: [chief] }));
    expect(await met({ groups: ["engineers"], age: ["30"] })).toEqual([profile.id]);
    expect(await met({ title: ["chief"] })).toEqual([profile.id]);
    expect(await met({ title: ["chief"], groups: ["engineers"], age: ["30"] })).toHaveLength(1);
    expect(await met({ groups: ["engineers"], age: ["17"] })).toEqual([]);
    expect(await met({ groups: ["engineers"] })).toEqual([]);
    expect(await met({ title: ["chief"] }, "https://other.example.com")).toEqual([]);
  });

  it("is never in a compute resource, which nothing here can prove to be one", async () => {
    const compute = { type: "Profile-CR", cr_type: "VSI", realm_name: undefined };
    await app.done(createProfileRule, admin, ruleOf({ ...compute, expiration: undefined }));
    expect(await met({ groups: ["engineers"] })).toEqual([]);
    expect(await met({ groups: ["engineers"] }, "")).toEqual([]);
  });

  it("lasts no longer than the shortest of the profile's rules for the realm", async () => {
    expect(await trustInAda()).toBeUndefined();
    await app.done(createProfileRule, admin, ruleOf({ expiration: 7_200 }));
    expect(await trustInAda()).toEqual({ lifetimeS: 7_200 });
    await app.done(createProfileRule, admin, ruleOf({ expiration: 1_800 }));
    await app.done(createProfileRule, admin, ruleOf({ expiration: 900, realm_name: "other" }));
    expect(await trustInAda()).toEqual({ lifetimeS: 1_800 });
    await trustAda();
    expect(await trustInAda()).toEqual({ lifetimeS: null });
  });

  it("is in a session that was told so at its login, and that is of nobody else", async () => {
    await app.done(createProfileRule, admin, ruleOf());
    expect(await trustInAda()).toBeDefined();
    expect(await trustInAda({ profilesByClaims: [] })).toBeUndefined();
    expect(await trustInAda({ realm: "https://other.example.com" })).toBeUndefined();
    const another = await app.done(createProfile, admin, { name: "another" });
    expect(await trustInAda({ profile: another.id })).toBeUndefined();
  });

  it("has to be earned again, by a new login, after any of it has been taken away", async () => {
    const first = await app.done(createProfileRule, admin, ruleOf());
    await app.done(createProfileRule, admin, ruleOf({ realm_name: "other" }));
    const startedAt = app.parts.clock.now();
    await app.done(deleteProfileRule, admin, { id: profile.id, ruleId: first.id });
    await app.done(createProfileRule, admin, ruleOf());
    expect(await trustInAda({ startedAt })).toBeUndefined();
    app.parts.clock.advance(1);
    expect(await trustInAda()).toBeDefined();
  });
});

describe("a session that comes out of a federated one", () => {
  /** The caller in a session that a provider's claims opened just now. */
  async function federated(): Promise<Caller> {
    const now = app.parts.clock.now();
    const session = sessionOfAda();
    await app.parts.state.transact(({ logins }) => logins.putSession(session));
    const { token } = await app.tokens.issue(
      { credential: { key: null, owner: ada.user }, profile: null },
      {
        session: { id: session.id, beganAt: now, isKept: true },
        clientId: "bx",
        grantType: session.grantType,
        now,
        lifetimeS: 3_600,
      },
    );
    return app.authenticated(token);
  }

  const applied = async (caller: Caller): Promise<string> => {
    const { passcode } = await app.done(createPasscode, caller, {});
    const { accessToken } = await loggedIn(app, byPasscode(passcode));
    const performed = await attempt(app, asProfile({ accessToken }, { id: profile.id }));
    return performed.kind;
  };

  it("has its trust, but none that was taken away in between", async () => {
    const rule = await app.done(createProfileRule, admin, ruleOf());
    app.parts.clock.advance(1);
    const caller = await federated();
    expect(await applied(caller)).toBe("done");
    await app.done(deleteProfileRule, admin, { id: profile.id, ruleId: rule.id });
    const chief = { claim: "title", operator: "EQUALS", value: "chief" };
    await app.done(createProfileRule, admin, ruleOf({ conditions: [chief] }));
    app.parts.clock.advance(1);
    expect(await applied(caller)).toBe("refused");
  });
});

describe("sessions of a profile", () => {
  const isOver = async ({ accessToken }: IssuedTokens): Promise<boolean> =>
    (await app.authenticated(accessToken)).kind === "anonymous";

  beforeEach(trustAda);

  it("are over as soon as any trust in anybody is taken away", async () => {
    const { id } = profile;
    const rule = await app.done(createProfileRule, admin, ruleOf());
    const link = { crType: "VSI", crn: "crn:v1:bluemix:public:is:us-south:a/1::instance:2" };
    const linked = await app.done(createProfileLink, admin, { id, link });
    const crn = { identityType: "crn", identifier: link.crn } as const;
    await app.done(addProfileIdentity, admin, { id, ...crn });
    const oneOf = { identityType: "user", identifier: ada.user.iamId } as const;
    const ruleId = rule.id;
    const ifMatch = "*";
    for (const take of [
      () => app.done(updateProfileRule, admin, { ...ruleOf({ expiration: 900 }), ruleId, ifMatch }),
      () => app.done(deleteProfileRule, admin, { id, ruleId }),
      () => app.done(deleteProfileLink, admin, { id, which: linked.id }),
      () => app.done(setProfileIdentities, admin, { id, identities: [oneOf], ifMatch }),
    ]) {
      const tokens = await assume(ada.key.value);
      expect(await isOver(tokens)).toBe(false);
      await take();
      expect(await isOver(tokens)).toBe(true);
      app.parts.clock.advance(1);
    }
    const tokens = await assume(ada.key.value);
    await app.done(deleteProfileIdentity, admin, { id, ...oneOf });
    expect(await isOver(tokens)).toBe(true);
    await expect(assume(ada.key.value)).rejects.toThrow("does not trust");
  });

  it("go on while trust is only given, and while things are only called something else", async () => {
    const { id } = profile;
    const tokens = await assume(ada.key.value);
    app.parts.clock.advance(1_000);
    const { id: ruleId } = await app.done(createProfileRule, admin, ruleOf());
    const renamed = { ...ruleOf({ name: "engineers" }), ruleId, ifMatch: "*" };
    await app.done(updateProfileRule, admin, renamed);
    await app.done(updateProfile, admin, { id, name: "day-duty", ifMatch: "*" });
    const bob = await app.user("bob@example.com");
    const both = [ada, bob].map(({ user }) => ({
      identityType: "user" as const,
      identifier: user.iamId,
    }));
    await app.done(setProfileIdentities, admin, { id, identities: both, ifMatch: "*" });
    expect(await isOver(tokens)).toBe(false);
  });

  it("are over when the profile is deleted", async () => {
    const tokens = await assume(ada.key.value);
    await app.done(deleteProfile, admin, { id: profile.id });
    expect(await isOver(tokens)).toBe(true);
  });
});
