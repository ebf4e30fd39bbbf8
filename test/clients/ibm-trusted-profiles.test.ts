/** IBM's own SDK of IAM Identity, unmodified, on trusted profiles: whom they trust, and who then acts as one. */
import IamIdentityV1 from "@ibm-cloud/platform-services/iam-identity/v1.js";
import { IamAssumeAuthenticator } from "ibm-cloud-sdk-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createPolicy } from "../../src/app/identity/policies.ts";
import type { TestUser } from "../../src/app/identity/testing/identity-app.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import {
  errorOf,
  identityAt,
  openIamWire,
  pages,
  tagOf,
  tokenIn,
  type IamWire,
} from "./iam-identity.ts";

const REALM = "https://idp.example.com/saml";
const CRN = "crn:v1:bluemix:public:containers-kubernetes:us-south:a/1:cluster::";
const CONDITIONS = [{ claim: "groups", operator: "CONTAINS", value: '"engineers"' }];

let wire: IamWire["wire"];
let url: string;
let accountId: string;
let adminId: string;
let iam: IamWire["iam"];
let last: IamWire["last"];
let ada: TestUser;
let profile: IamIdentityV1.TrustedProfile;
let profileId: string;

beforeAll(async () => {
  ({ wire, url, accountId, adminId, iam, last } = await openIamWire());
  ada = await wire.app.user("ada@example.com");
});
afterAll(() => wire.close());

let profilesMade = 0;
beforeEach(async () => {
  const name = `on-duty ${(profilesMade += 1)}`;
  ({ result: profile } = await iam.createProfile({ accountId, name, description: "nights" }));
  profileId = profile.id;
});

/** Every event about the profile names it, and counts as a change of it where it changes whom it trusts. */
const lastOf = (action: string): AuditEvent["requestData"] => {
  const event = last();
  expect(event).toMatchObject({
    action,
    outcome: "success",
    account: accountId,
    initiator: { id: adminId },
    target: { id: profile.crn, name: profile.name },
  });
  return event.requestData;
};

describe("a trusted profile", () => {
  it("is made, read, changed and deleted", async () => {
    const { id, name } = profile;
    expect(profile).toMatchObject({
      iam_id: `iam-${id}`,
      crn: `crn:v1:bluemix:public:iam-identity:global:a/${accountId}::profile:${id}`,
      account_id: accountId,
      description: "nights",
      created_at: profile.modified_at,
    });
    expect(profile).not.toHaveProperty("email");
    expect(lastOf("iam-identity.account-profile.create")).toEqual({ name, instance_name: name });
    const read = await iam.getProfile({ profileId });
    expect(read.status).toBe(200);
    expect(read.headers["etag"]).toBe(`"${tagOf(profile)}"`);
    expect({ ...read.result, context: null }).toEqual({ ...profile, context: null });
    const change = { profileId, ifMatch: tagOf(profile), name: `${name}!`, email: "a@example.com" };
    const { result: changed } = await iam.updateProfile(change);
    expect(changed).toMatchObject({ name: `${name}!`, description: "nights" });
    expect(last()).toMatchObject({
      action: "iam-identity.account-profile.update",
      message: `IAM Identity Service: update account-profile ${name}!`,
      requestData: { prev_instance_name: name, instance_name: `${name}!` },
    });
    expect(await errorOf(iam.updateProfile(change))).toMatchObject({ status: 409 });
    expect((await iam.deleteProfile({ profileId })).status).toBe(204);
    expect(last()).toMatchObject({
      action: "iam-identity.account-profile.delete",
      severity: "critical",
    });
    const error = await errorOf(iam.getProfile({ profileId }));
    expect(error).toMatchObject({ status: 404, message: "There is no such trusted profile." });
  });

  it("has a name of its own, and says so to who asks for it again", async () => {
    const error = await errorOf(iam.createProfile({ accountId, name: profile.name }));
    expect(error).toMatchObject({
      status: 409,
      message: expect.stringContaining("already exists"),
    });
  });

  it("is found by its name, and by going through all of them", async () => {
    const { result: found } = await iam.listProfiles({ accountId, name: profile.name });
    expect(found.profiles.map(({ id }) => id)).toEqual([profileId]);
    await iam.createProfile({ accountId, name: "zebra" });
    const all = await pages((paging) =>
      iam.listProfiles({ accountId, pagesize: 1, sort: "name", order: "desc", ...paging }),
    );
    const names = all.flatMap(({ profiles }) => profiles.map(({ name }) => name));
    expect(names[0]).toBe("zebra");
    expect(names).toEqual(names.toSorted().toReversed());
    expect(all[1]).toMatchObject({ offset: 1, limit: 1 });
    expect(tokenIn(all[1]?.previous)).not.toBe("");
    expect(last().responseData).toEqual({ totalCount: names.length });
  });
});

describe("the rules of a profile", () => {
  const people = { type: "Profile-SAML", realmName: REALM, expiration: 43_200 };

  it("are made, read, replaced and deleted", async () => {
    const made = await iam.createClaimRule({
      profileId,
      ...people,
      name: "engineers",
      conditions: CONDITIONS,
    });
    expect(made.status).toBe(201);
    expect(made.result).toMatchObject({
      id: expect.stringMatching(/^ClaimRule-/),
      name: "engineers",
      type: "Profile-SAML",
      realm_name: REALM,
      expiration: 43_200,
      conditions: CONDITIONS,
    });
    const ruleId = made.result.id;
    const terms = { type: "Profile-SAML", realm_name: REALM, conditions: CONDITIONS };
    expect(lastOf("iam-identity.profile-rule.create")).toMatchObject({ ruleId, ...terms });
    const { result: read } = await iam.getClaimRule({ profileId, ruleId });
    expect({ ...read, context: null }).toEqual({ ...made.result, context: null });
    const { result: list } = await iam.listClaimRules({ profileId });
    expect(list.rules).toMatchObject([{ id: ruleId }]);
    const change = {
      profileId,
      ruleId,
      ifMatch: read.entity_tag,
      type: "Profile-CR",
      crType: "IKS_SA",
      conditions: [{ claim: "namespace", operator: "EQUALS", value: '"ci"' }],
    };
    const { result: changed } = await iam.updateClaimRule(change);
    expect(changed).toMatchObject({ type: "Profile-CR", cr_type: "IKS_SA", expiration: 3_600 });
    expect(changed).not.toHaveProperty("realm_name");
    expect(lastOf("iam-identity.profile-rule.update")).toMatchObject({ previous: terms });
    expect(await errorOf(iam.updateClaimRule(change))).toMatchObject({ status: 409 });
    expect((await iam.deleteClaimRule({ profileId, ruleId })).status).toBe(204);
    expect(lastOf("iam-identity.profile-rule.delete")).toMatchObject({ ruleId });
    expect(await errorOf(iam.getClaimRule({ profileId, ruleId }))).toMatchObject({ status: 404 });
  });

  it("are refused with a sentence where they make no sense", async () => {
    const { expiration: _, ...endless } = people;
    for (const [rule, message] of [
      [{ ...people, type: "Profile-X" }, "The field type must be Profile-SAML or Profile-CR."],
      [endless, "`expiration` must be between 900 and 86400 seconds."],
      [{ ...people, crType: "VSI" }, "A rule of type Profile-SAML has no `cr_type`."],
    ] as const) {
      const call = iam.createClaimRule({ profileId, ...rule, conditions: CONDITIONS });
      expect(await errorOf(call)).toMatchObject({ status: 400, message });
    }
    const conditions = [{ claim: "a", operator: "LIKE", value: "b" }];
    const error = await errorOf(iam.createClaimRule({ profileId, ...people, conditions }));
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining("EQUALS") });
  });
});

describe("the links of a profile", () => {
  const link = { crn: CRN, namespace: "default", name: "ci" };

  it("are made, read and deleted by their id", async () => {
    const made = await iam.createLink({ profileId, crType: "IKS_SA", link, name: "cluster" });
    expect(made.status).toBe(201);
    expect(made.result).toMatchObject({ name: "cluster", cr_type: "IKS_SA", link });
    const linkId = made.result.id;
    expect(lastOf("iam-identity.profile-link.create")).toMatchObject({ linkId, link });
    const { result: read } = await iam.getLink({ profileId, linkId });
    expect(read).toMatchObject({ id: linkId, entity_tag: made.result.entity_tag });
    expect((await iam.listLinks({ profileId })).result.links).toMatchObject([{ id: linkId }]);
    expect((await iam.deleteLink({ profileId, linkId })).status).toBe(204);
    expect(lastOf("iam-identity.profile-link.delete")).toMatchObject({ linkId });
    expect(await errorOf(iam.getLink({ profileId, linkId }))).toMatchObject({ status: 404 });
  });

  it("are deleted by what they link to", async () => {
    await iam.createLink({ profileId, crType: "VSI", link: { crn: CRN } });
    const other = { profileId, type: "VSI", crn: `${CRN}other` };
    expect(await errorOf(iam.deleteLinkByParameters(other))).toMatchObject({ status: 404 });
    await iam.deleteLinkByParameters({ profileId, type: "VSI", crn: CRN });
    expect((await iam.listLinks({ profileId })).result.links).toEqual([]);
  });
});

describe("the identities of a profile", () => {
  it("are added, read and taken away one by one", async () => {
    const who = { profileId, identityType: "user", identifier: ada.user.iamId };
    const accounts = [accountId];
    const added = await iam.setProfileIdentity({ ...who, type: "user", accounts });
    expect(added.status).toBe(200);
    expect(added.result).toEqual({
      iam_id: ada.user.iamId,
      identifier: ada.user.iamId,
      type: "user",
      accounts,
    });
    const recorded = { identityType: "user", identifier: ada.user.iamId };
    expect(lastOf("iam-identity.profile-identity.add")).toMatchObject(recorded);
    const one = { profileId, identityType: "user", identifierId: ada.user.iamId };
    expect((await iam.getProfileIdentity(one)).result).toEqual(added.result);
    expect((await iam.deleteProfileIdentity(one)).status).toBe(204);
    expect(lastOf("iam-identity.profile-identity.delete")).toMatchObject(recorded);
    expect(await errorOf(iam.getProfileIdentity(one))).toMatchObject({ status: 404 });
  });

  it("are replaced as a whole, service IDs and CRNs among them", async () => {
    const { result: ci } = await iam.createServiceId({ accountId, name: "ci" });
    const { result: before } = await iam.getProfileIdentities({ profileId });
    const set = {
      profileId,
      ifMatch: tagOf(before),
      identities: [
        { type: "serviceid", identifier: ci.id, description: "builds" },
        { type: "crn", identifier: CRN },
      ],
    };
    const { result } = await iam.setProfileIdentities(set);
    const shown = [
      { type: "crn", identifier: CRN, iam_id: `crn-${CRN}` },
      { type: "serviceid", identifier: ci.id, iam_id: ci.iam_id, description: "builds" },
    ];
    expect(result.identities).toEqual(shown);
    expect(await errorOf(iam.setProfileIdentities(set))).toMatchObject({ status: 409 });
    const one = { profileId, identityType: "crn", identifierId: CRN };
    expect((await iam.getProfileIdentity(one)).result).toEqual(shown[0]);
    const { result: after } = await iam.getProfileIdentities({ profileId });
    expect(after).toMatchObject({ entity_tag: result.entity_tag, identities: shown });
  });
});

describe("whoever a profile trusts", () => {
  it("acts as it through IBM's own authenticator, until the trust is taken away", async () => {
    const admin = await wire.app.administrator();
    const subject = profile.iam_id;
    await wire.app.done(createPolicy, admin, { subject, roles: ["Viewer"], resource: {} });
    const identity = { profileId, identityType: "user", identifier: ada.user.iamId };
    await iam.setProfileIdentity({ ...identity, type: "user" });
    const applying = new IamIdentityV1({
      authenticator: new IamAssumeAuthenticator({
        apikey: ada.key.value.reveal(),
        iamProfileId: profileId,
        url,
      }),
      serviceUrl: url,
    });
    expect((await applying.getProfile({ profileId })).result.id).toBe(profileId);
    expect(last().initiator).toMatchObject({ id: profile.iam_id, name: profile.name });
    const one = { profileId, identityType: "user", identifierId: ada.user.iamId };
    await iam.deleteProfileIdentity(one);
    expect(await errorOf(applying.getProfile({ profileId }))).toMatchObject({ status: 401 });
  });

  it("may not look after its trust without being an Administrator", async () => {
    const plain = identityAt(url, ada.key.value.reveal());
    const mine = { profileId, identityType: "user", type: "user", identifier: ada.user.iamId };
    for (const call of [
      () => plain.setProfileIdentity(mine),
      () => plain.deleteProfile({ profileId }),
      () => plain.listProfiles({ accountId }),
      () => plain.getProfile({ profileId: "Profile-00000000-0000-4000-8000-000000000000" }),
    ]) {
      expect(await errorOf(call())).toMatchObject({ status: 403 });
    }
  });
});

describe("what is not as it should be", () => {
  type Request = readonly [method: string, path: string, body?: unknown, headers?: object];
  const send = async ([method, path, body, headers]: Request) => {
    const { accessToken } = await wire.app.login(wire.app.first.apiKey);
    const response = await fetch(`${url}/v1/profiles${path}`, {
      method,
      headers: {
        authorization: `Bearer ${accessToken.reveal()}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  /** As somebody may paste it anywhere. */
  const CANARY = "canary-3f9b2c";

  it("is refused, and nowhere repeated", async () => {
    const before = wire.app.parts.log.size;
    const known = `/${profileId}`;
    const any = { "if-match": "*" };
    const requests: readonly Request[] = [
      ["GET", `/${CANARY}`],
      ["DELETE", `/Profile-${CANARY}`],
      ["GET", `?account_id=${accountId}&${CANARY}=1`],
      ["GET", `?account_id=${accountId}&pagesize=101`],
      ["GET", `${known}/rules/${CANARY}`],
      ["DELETE", `${known}/links/${CANARY}`],
      ["DELETE", `${known}/links?type=${CANARY}&crn=${CANARY}`],
      ["GET", `${known}/identities/${CANARY}/${CANARY}`],
      ["GET", `${known}/identities/user/${CANARY}`],
      ["DELETE", `${known}/identities/user/${encodeURIComponent(`../${CANARY}`)}`],
      ["POST", "", { account_id: accountId, name: "x", [CANARY]: 1 }],
      ["POST", "", { account_id: accountId, name: [CANARY] }],
      ["PUT", known, { name: CANARY }],
      ["PUT", known, { name: CANARY, lock: true }, any],
      ["PUT", `${known}/identities`, { identities: CANARY }, any],
      ["PUT", `${known}/identities`, { identities: [{ type: "user", identifier: CANARY }] }, any],
      ["PUT", `${known}/identities`, {}, any],
      ["POST", `${known}/identities/crn`, { type: "crn", identifier: CANARY }],
      ["POST", `${known}/identities/crn`, { type: "user", identifier: `${CRN}${CANARY}` }],
      ["POST", `${known}/rules`, { type: "Profile-SAML", conditions: [{ claim: CANARY }] }],
      ["POST", `${known}/rules`, { type: "Profile-SAML", realm_name: `${CANARY} ${CANARY}` }],
      ["POST", `${known}/links`, { cr_type: "VSI", link: { crn: CANARY } }],
    ];
    for (const request of requests) {
      const answer = await send(request);
      expect({ request, ...answer }).toMatchObject({ request, status: 400 });
      expect(answer.text).not.toContain(CANARY);
    }
    const recorded = wire.app.parts.events().slice(before);
    expect(recorded.filter(({ outcome }) => outcome === "failure")).toHaveLength(requests.length);
    expect(JSON.stringify(recorded)).not.toContain(CANARY);
  });

  it("is not another account's", async () => {
    const other = "f".repeat(32);
    for (const call of [
      () => iam.createProfile({ accountId: other, name: "theirs" }),
      () => iam.listProfiles({ accountId: other }),
    ]) {
      expect(await errorOf(call())).toMatchObject({ status: 404 });
    }
  });
});
