/** What a provider says of people gives them memberships and trusted profiles, for as long as the provider is believed. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createPolicy } from "../../src/app/identity/policies.ts";
import { newAccessGroupId, newClaimRuleId } from "../../src/identity/access-group.ts";
import type { Condition } from "../../src/identity/claims.ts";
import { actingProfileOf, newProfileId } from "../../src/identity/trusted-profile.ts";
import { Browser } from "../support/openid-provider.ts";
import { FederatedWire, REALM, type Json } from "./federated-wire.ts";

const HOUR_MS = 60 * 60 * 1_000;

let wire: FederatedWire;
/** Of the provider, as it is made known for each test. */
let id: string;

beforeAll(async () => {
  wire = await FederatedWire.open();
});
afterAll(() => wire.close());
beforeEach(async () => {
  id = await wire.introduceProvider();
  wire.says({ email: "late@example.com" });
});

/** A group with a rule for the realm. */
async function newRule(
  name: string,
  condition: Condition,
): Promise<{ readonly group: string; readonly rule: string }> {
  const account = wire.account;
  const [group, rule] = [newAccessGroupId(), newClaimRuleId()];
  const now = wire.clock.now();
  const common = { account, name, entityTag: "1-0", createdAt: now, createdBy: "test" };
  const by = { ...common, modifiedAt: now, modifiedBy: "test" };
  await wire.server.app.parts.state.transact(async ({ groups }) => {
    await groups.putGroup({ id: group, description: "", ...by });
    await groups.putRule({
      id: rule,
      group,
      realm: REALM,
      expirationHours: 2,
      conditions: [condition],
      ...by,
    });
  });
  return { group, rule };
}

describe("claims", () => {
  it.each([
    ["EQUALS", "department", '"engineering"', { department: "engineering" }],
    ["IN", "department", '["sales","engineering"]', { department: "engineering" }],
    ["CONTAINS", "groups", '"engineers"', { groups: ["people", "engineers"] }],
  ] as const)("meet a rule by %s, which gives a membership and what it may do", async (...row) => {
    const [operator, claim, value, claims] = row;
    const subject = `member-${operator}`;
    const { group, rule } = await newRule(operator, { claim, operator, value });
    const caller = await wire.server.app.administrator();
    await wire.server.app.done(createPolicy, caller, {
      subject: group,
      roles: ["Viewer"],
      resource: {},
    });
    wire.says({
      email: `${subject}@example.com`,
      department: "sales-and-more",
      groups: ["people"],
    });
    const browser = new Browser();
    await wire.signIn({ browser, subject });
    const list = async (): Promise<number> =>
      (await wire.send("GET /trail/v1/users", undefined, await wire.tokenOf(browser))).status;
    expect(await list()).toBe(403);

    wire.says({ email: `${subject}@example.com`, ...claims });
    await wire.signIn({ browser, subject });
    const gained = wire.server.app.parts.events().filter(({ operation, requestData }) => {
      return operation === "access-group-member.join" && requestData["rule_id"] === rule;
    });
    expect(gained).toHaveLength(1);
    expect(gained[0]).toMatchObject({
      action: "iam-groups.federated-member.add",
      outcome: "success",
      initiator: { name: `${subject.toLowerCase()}@example.com` },
      target: { name: operator },
      requestData: { rule_id: rule, expiration: 2 },
    });
    expect(await list()).toBe(200);
    const { clock } = wire;
    const before = clock.now();
    clock.advance(2 * HOUR_MS - 1);
    expect(await list()).toBe(200);
    clock.advance(1);
    expect(await list()).toBe(403);
    clock.set(before);
  });

  it("that a login no longer brings take the membership away at once", async () => {
    const condition = { claim: "groups", operator: "CONTAINS", value: '"leavers"' } as const;
    const { rule } = await newRule("leaving", condition);
    wire.says({ email: "leaver@example.com", groups: ["leavers"] });
    await wire.signIn({ subject: "leaver" });
    expect(wire.lastOf("access-group-member.join").requestData).toMatchObject({ rule_id: rule });
    wire.says({ email: "leaver@example.com", groups: ["others"] });
    await wire.signIn({ subject: "leaver" });
    const { account, requestData, initiator } = wire.lastOf("access-group-member.delete");
    expect(account).toBe(wire.account);
    expect(requestData).toMatchObject({ iam_id: initiator.id });
  });

  it("that are more than can be looked at let nobody in", async () => {
    const groups = Array.from({ length: 1_001 }, (_, n) => `group-${n}`);
    wire.says({ email: "many@example.com", groups });
    const visit = await wire.signIn({ subject: "many" });
    expect(visit.response.status).toBe(401);
    expect(wire.lastOf("refreshtoken.login").requestData).toMatchObject({
      fault: "claims-not-usable",
    });
  });

  it("meet a rule of a trusted profile, which is then applied in that session", async () => {
    const account = wire.account;
    const profile = newProfileId();
    const now = wire.clock.now();
    const by = { createdAt: now, createdBy: "test", modifiedAt: now };
    await wire.server.app.parts.state.transact(async ({ profiles }) => {
      await profiles.putProfile({
        kind: "profile",
        id: profile,
        iamId: actingProfileOf(profile),
        account,
        name: "night duty",
        description: "",
        email: "",
        maxSessionS: 3_600,
        sessionsSince: now,
        entityTag: "1-0",
        ...by,
      });
      await profiles.putProfileRule({
        id: newClaimRuleId(),
        account,
        profile,
        name: "on duty",
        type: "Profile-SAML",
        realm: REALM,
        crType: "",
        expirationS: 3_600,
        conditions: [{ claim: "groups", operator: "CONTAINS", value: '"on-duty"' }],
        entityTag: "1-0",
        ...by,
      });
    });
    const assume = async (browser: Browser): Promise<Response> => {
      const form = {
        grant_type: "urn:ibm:params:oauth:grant-type:assume",
        access_token: await wire.tokenOf(browser),
        profile_id: profile,
      };
      return fetch(`${wire.url}/identity/token`, {
        method: "POST",
        body: new URLSearchParams(form),
      });
    };
    const browser = new Browser();
    wire.says({ email: "duty@example.com", groups: ["off-duty"] });
    await wire.signIn({ browser, subject: "duty" });
    expect((await assume(browser)).ok).toBe(false);
    wire.says({ email: "duty@example.com", groups: ["on-duty"] });
    await wire.signIn({ browser, subject: "duty" });
    const { access_token: acting } = (await (await assume(browser)).json()) as Json;
    expect(wire.lastOf("profile.login")).toMatchObject({
      action: "iam-identity.trustedprofile-apikey.login",
      initiator: { name: "night duty", authnName: "duty@example.com" },
      requestData: { profile_id: profile },
    });
    // What came out of the provider's word ends with it.
    expect((await wire.send("GET /trail/v1/users", undefined, acting)).status).toBe(403);
    await wire.send(`PATCH /trail/v1/identity-providers/${id}`, { enabled: false });
    expect((await wire.send("GET /trail/v1/users", undefined, acting)).status).toBe(401);
  });
});

describe("a provider that is taken away", () => {
  it.each([
    ["disabled", () => wire.send(`PATCH /trail/v1/identity-providers/${id}`, { enabled: false })],
    ["deleted", () => wire.send(`DELETE /trail/v1/identity-providers/${id}`)],
  ])("when it is %s, ends the sessions that it opened, and those under way", async (...row) => {
    const [, takeAway] = row;
    wire.says({ email: "grace@example.com" });
    const browser = new Browser();
    await wire.signIn({ browser, subject: "grace3" });
    const token = await wire.tokenOf(browser);
    expect((await wire.send("GET /trail/v1/users", undefined, token)).status).toBe(403);
    const underWay = new Browser();
    const back = await wire.returning(underWay);
    await takeAway();
    expect((await wire.send("GET /trail/v1/users", undefined, token)).status).toBe(401);
    expect(await wire.tokenOf(browser)).toBeUndefined();
    expect((await underWay.send(back)).status).toBe(401);
    expect((await new Browser().send(new URL(wire.begin()))).status).toBe(404);
    expect(
      wire.server.app.parts
        .events()
        .findLast((one) => one.operation.startsWith("identity-provider")),
    ).toMatchObject({ outcome: "success", responseData: { endedSessions: 1 } });
  });
});
