import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_CONDITIONS_PER_RULE } from "../../identity/claims.ts";
import { ANY_ENTITY_TAG } from "../../identity/entity-tag.ts";
import { MAX_CONDITIONS_CHARS } from "../../identity/profile-rule.ts";
import {
  MAX_IDENTITIES_PER_PROFILE,
  MAX_LINKS_PER_PROFILE,
  MAX_RULES_PER_PROFILE,
} from "../../identity/trusted-profile.ts";
import type { Caller } from "../call.ts";
import { IdentityApp, type TestUser } from "../identity/testing/identity-app.ts";
import {
  addProfileIdentity,
  deleteProfileIdentity,
  listProfileIdentities,
  readProfileIdentity,
  setProfileIdentities,
  type GivenIdentity,
} from "./identities.ts";
import {
  createProfileLink,
  deleteProfileLink,
  listProfileLinks,
  readProfileLink,
} from "./links.ts";
import { createProfile } from "./profiles.ts";
import {
  createProfileRule,
  deleteProfileRule,
  listProfileRules,
  readProfileRule,
  updateProfileRule,
} from "./rules.ts";

const REALM = "https://idp.example.com";
const CONDITIONS = [{ claim: "groups", operator: "EQUALS", value: '"engineers"' }];
const CRN = "crn:v1:bluemix:public:containers-kubernetes:us-south:a/1:cluster::";
const crnOf = (n: number): GivenIdentity => ({ identityType: "crn", identifier: `${CRN}${n}` });

let app: IdentityApp;
let admin: Caller;
let ada: TestUser;
let id: string;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
  ada = await app.user("ada@example.com");
  ({ id } = await app.done(createProfile, admin, { name: "on-duty" }));
});
afterEach(() => app.close());

const saml = (change: object = {}) => ({
  id,
  type: "Profile-SAML" as const,
  name: "engineers",
  realm_name: REALM,
  expiration: 3_600,
  conditions: CONDITIONS,
  ...change,
});

/** Every change of trust is found as a change of the profile, and says of what. */
const lastRequest = (action: string) => {
  const event = app.parts.lastEvent();
  expect(event).toMatchObject({ action, target: { name: "on-duty" } });
  expect(event.target.id.endsWith(`:profile:${id}`)).toBe(true);
  return event.requestData;
};

describe("the rules of a profile", () => {
  it("are recorded with what they ask, what they asked before, and what is no longer asked", async () => {
    const rule = await app.done(createProfileRule, admin, saml());
    expect(rule).toMatchObject({ name: "engineers", realm: REALM, crType: "", expirationS: 3_600 });
    const terms = {
      name: "engineers",
      type: "Profile-SAML",
      realm_name: REALM,
      expiration: 3_600,
      conditions: CONDITIONS,
    };
    const ruleId = rule.id;
    expect(lastRequest("iam-identity.profile-rule.create")).toEqual({ id, ruleId, ...terms });
    const change = { ...saml({ name: "", expiration: 7_200 }), ruleId, ifMatch: rule.entityTag };
    const changed = await app.done(updateProfileRule, admin, change);
    expect(lastRequest("iam-identity.profile-rule.update")).toEqual({
      id,
      ruleId,
      ...terms,
      name: "",
      expiration: 7_200,
      previous: terms,
    });
    expect(await app.refused(updateProfileRule, admin, change)).toMatch(/^precondition_failed/);
    expect(await app.done(readProfileRule, admin, { id, ruleId })).toEqual(changed);
    await app.done(deleteProfileRule, admin, { id, ruleId });
    expect(lastRequest("iam-identity.profile-rule.delete")).toMatchObject({
      ruleId,
      conditions: CONDITIONS,
    });
    for (const gone of [readProfileRule, deleteProfileRule]) {
      expect(await app.refused(gone, admin, { id, ruleId })).toMatch(/^not_found: /);
    }
  });

  it("are refused where they say what means nothing in a rule of their type", async () => {
    const compute = { type: "Profile-CR", realm_name: undefined, cr_type: "VSI" } as const;
    for (const [change, field] of [
      [{ realm_name: undefined }, "realm_name"],
      [{ realm_name: "two words" }, "realm"],
      [{ cr_type: "VSI" }, "cr_type"],
      [{ expiration: undefined }, "expiration"],
      [{ expiration: 899 }, "expiration"],
      [{ expiration: 86_401 }, "expiration"],
      [{ expiration: 1_000.5 }, "expiration"],
      [{ conditions: [] }, "conditions"],
      [{ ...compute, realm_name: REALM }, "realm_name"],
      [{ ...compute, cr_type: "TOASTER" }, "cr_type"],
      [{ ...compute, cr_type: undefined }, "cr_type"],
    ] as const) {
      const performed = await app.perform(createProfileRule, admin, saml(change));
      expect(performed).toMatchObject({
        refusal: { code: "invalid_request", details: { field } },
      });
      expect(app.parts.lastEvent().requestData).toEqual({});
    }
    const rule = await app.done(createProfileRule, admin, saml(compute));
    expect(rule).toMatchObject({ type: "Profile-CR", crType: "VSI", realm: "" });
  });

  it("cannot be so long that the record leaves out what they ask", async () => {
    const long = (letter: string) =>
      Array.from({ length: MAX_CONDITIONS_PER_RULE }, () => {
        const value = letter.repeat(MAX_CONDITIONS_CHARS / MAX_CONDITIONS_PER_RULE - 10);
        return { claim: "職", operator: "EQUALS", value };
      });
    const { id: ruleId } = await app.done(
      createProfileRule,
      admin,
      saml({ conditions: long("部") }),
    );
    const change = { ...saml({ conditions: long("課") }), ruleId, ifMatch: ANY_ENTITY_TAG };
    await app.done(updateProfileRule, admin, change);
    const ten = expect.objectContaining({ length: MAX_CONDITIONS_PER_RULE });
    expect(app.parts.lastEvent().requestData).toMatchObject({
      conditions: ten,
      previous: { conditions: ten },
    });
    const longer = [...long("部").slice(1), { ...CONDITIONS[0], value: "部".repeat(900) }];
    const refused = await app.refused(createProfileRule, admin, saml({ conditions: longer }));
    expect(refused).toMatch(/^invalid_request: .* 8192 characters/);
  });

  it("are a bounded number, in the order in which they came", async () => {
    for (let n = 0; n < MAX_RULES_PER_PROFILE; n++) {
      app.parts.clock.advance(1);
      await app.done(createProfileRule, admin, saml({ name: `rule ${n}` }));
    }
    expect(await app.refused(createProfileRule, admin, saml())).toMatch(/^limit_reached: /);
    const { rules, totalCount } = await app.done(listProfileRules, admin, { id });
    expect(rules.map(({ name }) => name).slice(0, 2)).toEqual(["rule 0", "rule 1"]);
    expect(totalCount).toBe(MAX_RULES_PER_PROFILE);
  });
});

describe("the links of a profile", () => {
  const account = { crType: "IKS_SA", crn: CRN, namespace: "default", resourceName: "ci" };

  it("are kept, shown, and recorded with what they link to", async () => {
    const given = { ...account, name: "cluster", isCrossAccount: true };
    const link = await app.done(createProfileLink, admin, { id, link: given });
    expect(link).toMatchObject({ ...given, componentType: "", componentName: "" });
    const recorded = {
      id,
      linkId: link.id,
      name: "cluster",
      cr_type: "IKS_SA",
      link: expect.objectContaining({ crn: CRN, namespace: "default", name: "ci" }),
    };
    expect(lastRequest("iam-identity.profile-link.create")).toEqual(recorded);
    expect(await app.done(readProfileLink, admin, { id, linkId: link.id })).toEqual(link);
    expect(await app.done(listProfileLinks, admin, { id })).toEqual({
      links: [link],
      totalCount: 1,
    });
    await app.done(deleteProfileLink, admin, { id, which: link.id });
    expect(lastRequest("iam-identity.profile-link.delete")).toEqual(recorded);
  });

  it("are to one resource each, by which they can be deleted", async () => {
    await app.done(createProfileLink, admin, { id, link: account });
    const again = { id, link: { ...account, name: "again" } };
    expect(await app.refused(createProfileLink, admin, again)).toMatch(/^conflict: /);
    const other = { ...account, resourceName: "other" };
    expect(await app.refused(deleteProfileLink, admin, { id, which: other })).toMatch(/^not_found/);
    await app.done(deleteProfileLink, admin, { id, which: account });
    expect((await app.done(listProfileLinks, admin, { id })).links).toEqual([]);
  });

  it("are refused where they do not name a resource of their kind", async () => {
    for (const link of [
      { ...account, crType: "TOASTER" },
      { ...account, crn: "elsewhere" },
      { ...account, crn: `crn:v1:${"x".repeat(1_100)}` },
      { ...account, namespace: "" },
      { ...account, resourceName: undefined },
      { ...account, crType: "VSI" },
      { crType: "CE", crn: CRN, componentType: "job" },
      { crType: "VSI", crn: CRN, name: "a\u0000b" },
    ]) {
      expect(await app.refused(createProfileLink, admin, { id, link })).toMatch(/^invalid_request/);
    }
  });

  it("are a bounded number", async () => {
    for (let n = 0; n < MAX_LINKS_PER_PROFILE; n++) {
      const link = { crType: "VSI", crn: `${CRN}${n}` };
      await app.done(createProfileLink, admin, { id, link });
    }
    const refused = await app.refused(createProfileLink, admin, { id, link: account });
    expect(refused).toMatch(/^limit_reached: /);
  });
});

describe("the identities of a profile", () => {
  const trustsAda = (): GivenIdentity => ({
    identityType: "user",
    identifier: ada.user.iamId,
    description: "on call",
  });
  const tag = async (): Promise<string> =>
    (await app.done(listProfileIdentities, admin, { id })).entityTag;

  it("are added, read and taken away one by one", async () => {
    const first = await tag();
    const { identityType, identifier } = trustsAda();
    const one = { id, identityType, identifier };
    await app.done(addProfileIdentity, admin, { ...one, description: "on call" });
    expect(lastRequest("iam-identity.profile-identity.add")).toEqual(one);
    expect(await tag()).not.toBe(first);
    app.parts.clock.advance(1_000);
    await app.done(addProfileIdentity, admin, { ...one, description: "at night" });
    expect(await app.done(readProfileIdentity, admin, one)).toMatchObject({
      kind: "user",
      identifier,
      description: "at night",
      createdAt: app.parts.clock.now() - 1_000,
    });
    await app.done(deleteProfileIdentity, admin, one);
    expect(lastRequest("iam-identity.profile-identity.delete")).toEqual(one);
    expect(await tag()).toBe(first);
    expect(await app.refused(readProfileIdentity, admin, one)).toMatch(/^not_found: /);
    expect(await app.refused(deleteProfileIdentity, admin, one)).toMatch(/^not_found: /);
  });

  it("are replaced as a whole by who knows the present list", async () => {
    const ifMatch = await tag();
    const both = { id, ifMatch, identities: [trustsAda(), crnOf(1)] };
    const listed = await app.done(setProfileIdentities, admin, both);
    expect(listed.identities.map(({ kind }) => kind).toSorted()).toEqual(["crn", "user"]);
    expect(await app.refused(setProfileIdentities, admin, both)).toMatch(/^precondition_failed/);
    const none = { id, ifMatch: listed.entityTag, identities: [] };
    expect((await app.done(setProfileIdentities, admin, none)).identities).toEqual([]);
    expect(lastRequest("iam-identity.profile-identity.set")).toEqual({
      id,
      identities: [],
      previous: [
        { type: "crn", identifier: `${CRN}1` },
        { type: "user", identifier: ada.user.iamId },
      ],
    });
  });

  it("are users and service IDs of the account, or have the form of a CRN", async () => {
    for (const change of [
      { identifier: "IBMid-0000000000AAAAAA" },
      { identifier: ada.user.email },
      { identifier: ada.key.value.reveal() },
      { identityType: "serviceid" },
      {
        identityType: "serviceid",
        identifier: "iam-ServiceId-00000000-0000-4000-8000-000000000000",
      },
      { identityType: "crn" },
      { identityType: "crn", identifier: "crn:v1:with blanks" },
      { identityType: "crn", identifier: 'crn:v1:with"quotes' },
      { identityType: "crn", identifier: "crn:v1:with\\backslashes" },
      { accounts: ["another"] },
      { description: "x".repeat(1_001) },
    ] as const) {
      const given = { ...trustsAda(), ...change };
      const added = await app.refused(addProfileIdentity, admin, { id, ...given });
      expect(added).toMatch(/^invalid_request: /);
      const whole = { id, ifMatch: ANY_ENTITY_TAG, identities: [given] };
      expect(await app.refused(setProfileIdentities, admin, whole)).toBe(added);
      expect(app.parts.lastEvent().requestData).toEqual({});
    }
    const accounts = [app.first.account.id];
    await app.done(addProfileIdentity, admin, { id, ...trustsAda(), accounts });
  });

  it("are all in the record of a change, however long their names", async () => {
    const long = (first: number): readonly GivenIdentity[] =>
      Array.from({ length: MAX_IDENTITIES_PER_PROFILE }, (_, n) => ({
        identityType: "crn",
        identifier: `crn:v1:${first + n}${"x".repeat(1_000)}`,
      }));
    const whole = { id, ifMatch: ANY_ENTITY_TAG };
    await app.done(setProfileIdentities, admin, { ...whole, identities: long(100) });
    await app.done(setProfileIdentities, admin, { ...whole, identities: long(200) });
    const twenty = expect.objectContaining({ length: MAX_IDENTITIES_PER_PROFILE });
    const recorded = lastRequest("iam-identity.profile-identity.set");
    expect(recorded).toMatchObject({ identities: twenty, previous: twenty });
  });

  it("are a bounded number, each of them once", async () => {
    const most = Array.from({ length: MAX_IDENTITIES_PER_PROFILE }, (_, n) => crnOf(n));
    const whole = { id, ifMatch: ANY_ENTITY_TAG };
    for (const [identities, code] of [
      [[...most, trustsAda()], "limit_reached"],
      [[trustsAda(), trustsAda()], "invalid_request"],
    ] as const) {
      const refused = await app.refused(setProfileIdentities, admin, { ...whole, identities });
      expect(refused.split(":", 1)).toEqual([code]);
    }
    await app.done(setProfileIdentities, admin, { ...whole, identities: most });
    const more = { id, ...trustsAda() };
    expect(await app.refused(addProfileIdentity, admin, more)).toMatch(/^limit_reached: /);
    await app.done(addProfileIdentity, admin, { id, ...crnOf(0), description: "known" });
  });
});
