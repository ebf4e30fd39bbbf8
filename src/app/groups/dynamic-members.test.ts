import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  MAX_CLAIM_CHARS,
  MAX_CONDITIONS_PER_RULE,
  MAX_VALUE_CHARS,
  type Claims,
} from "../../identity/claims.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import type { Caller } from "../call.ts";
import { createPolicy } from "../identity/policies.ts";
import { IdentityApp, START, type TestUser } from "../identity/testing/identity-app.ts";
import { listUsers } from "../identity/users.ts";
import { changeOperation } from "../operation.ts";
import { createAccessGroup } from "./access-groups.ts";
import { addMembers } from "./add-members.ts";
import { deleteAccessGroup } from "./delete-access-group.ts";
import { joinByClaims } from "./dynamic-members.ts";
import { listMembers, readMember } from "./read-members.ts";
import { createRule, deleteRule, replaceRule } from "./rules.ts";

const REALM = "https://idp.example.com";
const HOUR_MS = 60 * 60 * 1_000;
const ENGINEER: Claims = { dept: ["engineering", "all"] };

let app: IdentityApp;
let admin: Caller;
let ada: TestUser;
let group: string;
let rule: string;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
  ada = await app.user("ada@example.com");
  ({ id: group } = await app.done(createAccessGroup, admin, { name: "Engineers" }));
  const resource = { service: "user-management" };
  await app.done(createPolicy, admin, { subject: group, roles: ["Viewer"], resource });
  ({ id: rule } = await app.done(createRule, admin, { group, ...said, expiration: 2 }));
});
afterEach(() => app.close());

const said = {
  name: "engineers",
  realm_name: REALM,
  conditions: [{ claim: "dept", operator: "EQUALS", value: '"engineering"' }],
};

/** What a federated login does to memberships, with an event of its own. */
const login = changeOperation<{ claims: Claims; realm: string }, null, object>({
  name: "refreshtoken.login",
  forAnyone: true,
  locate: async (_input, { call }) => ({
    target: { place: call.place, kind: "user", id: ada.user.iamId, name: ada.user.email },
    resource: null,
    subject: null,
  }),
  async run({ claims, realm }, _located, context) {
    await joinByClaims(ada.user, { realm, claims, clientId: "HOP55v1CCT" }, context);
    return {};
  },
});

const loginBy = (claims: Claims, realm = REALM): Promise<object> =>
  app.done(login, { kind: "anonymous", refusal: null }, { claims, realm });

/** Whether the user may do what the group's policy gives, at once. */
const mayList = async (): Promise<boolean> =>
  (await app.perform(listUsers, ada.caller, {})).kind === "done";

const eventsOf = (action: string): readonly unknown[] =>
  app.parts.events().filter((event) => event.action === `iam-groups.${action}`);

describe("the record of a rule", () => {
  const rows = [
    {
      written: "in any script",
      of: { claim: "職".repeat(MAX_CLAIM_CHARS), operator: "EQUALS" },
      start: "部",
      end: "",
    },
    {
      written: "as a list",
      of: { claim: "dept", operator: "IN" },
      start: `["a", ${" ".repeat(99)}"\\u0065`,
      end: '"]',
    },
  ];
  it.each(rows)("says whom it lets in, written $written, however long", async (row) => {
    const { of, start, end } = row;
    const long = (last: string) =>
      Array.from({ length: MAX_CONDITIONS_PER_RULE }, () => {
        const room = MAX_VALUE_CHARS - start.length - end.length - last.length - 2;
        return { ...of, value: `${start}${"部".repeat(room)}${last}${end}` };
      });
    const made = await app.done(createRule, admin, {
      group,
      ...said,
      expiration: 2,
      conditions: long("課"),
    });
    expect(app.parts.lastEvent().requestData["conditions"]).toEqual(made.conditions);
    const change = {
      group,
      id: made.id,
      ifMatch: "*",
      ...said,
      expiration: 2,
      conditions: long(""),
    };
    const next = await app.done(replaceRule, admin, change);
    expect(app.parts.lastEvent().requestData["conditions"]).toEqual(next.conditions);
    const before = app.parts.log.size;
    await app.done(deleteRule, admin, { group, id: next.id });
    await app.done(deleteAccessGroup, admin, { id: group, force: true });
    const deleted = app.parts.events().slice(before);
    expect(
      deleted.filter(({ operation }) => operation === "access-group-rule.delete"),
    ).toMatchObject([
      { requestData: { id: next.id, realm_name: REALM, conditions: next.conditions } },
      { requestData: { id: rule, ...said, expiration: 2 } },
    ]);
    expect(deleted.find(({ operation }) => operation === "policy.delete")).toMatchObject({
      responseData: { subject: group, resource: { service: "user-management" } },
    });
  });
});

describe("a federated login", () => {
  it("whose claims meet a rule gives its group's rights, for the rule's hours", async () => {
    expect(await mayList()).toBe(false);
    await loginBy(ENGINEER);
    expect(await mayList()).toBe(true);
    app.parts.clock.advance(2 * HOUR_MS - 1);
    expect(await mayList()).toBe(true);
    app.parts.clock.advance(1);
    expect(await mayList()).toBe(false);
    const member = { id: group, iam_id: ada.user.iamId };
    expect(await app.refused(readMember, admin, member)).toMatch(/^not_found: /);
  });

  it("is recorded as the user's own gain, beside the login, without the claims", async () => {
    await loginBy({ ...ENGINEER, mail: ["ada@secret.example"] });
    const [of, gained] = app.parts.events().slice(-2);
    expect(of).toMatchObject({ operation: "refreshtoken.login" });
    expect(gained).toMatchObject({
      action: "iam-groups.federated-member.add",
      outcome: "success",
      severity: "warning",
      message: "IAM Access Groups: add federated-member Engineers",
      initiator: {
        id: ada.user.iamId,
        name: "ada@example.com",
        typeURI: "service/security/account/user",
        credential: { type: "user" },
        host: { agent: "Not Set" },
      },
      target: {
        id: expect.stringContaining(`iam-groups:global:a/${ada.user.account}::groups:${group}`),
        name: "Engineers",
        typeURI: "iam-groups/federated/member",
      },
      requestData: { iam_id: ada.user.iamId, rule_id: rule, expiration: 2 },
      responseData: { expires_at: toRfc3339(START + 2 * HOUR_MS) },
      requestId: of?.requestId,
    });
    expect(JSON.stringify(gained)).not.toContain("secret.example");
  });

  it("renews a membership in force, which is no gain, and gives it anew once it has ended", async () => {
    await loginBy(ENGINEER);
    app.parts.clock.advance(HOUR_MS);
    await loginBy(ENGINEER);
    expect(eventsOf("federated-member.add")).toHaveLength(1);
    app.parts.clock.advance(2 * HOUR_MS - 1);
    expect(await mayList()).toBe(true);
    const { members } = await app.done(listMembers, admin, { id: group });
    expect(members).toMatchObject([{ rule, createdAt: START, createdBy: ada.user.iamId }]);
    app.parts.clock.advance(1);
    await loginBy(ENGINEER);
    expect(eventsOf("federated-member.add")).toHaveLength(2);
    expect(await mayList()).toBe(true);
  });

  it("whose claims meet the rule no longer ends the membership now, on the record", async () => {
    await loginBy(ENGINEER);
    await loginBy({ dept: ["sales"] });
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-groups.member.delete",
      initiator: { id: ada.user.iamId },
      requestData: { iam_id: ada.user.iamId, rule_id: rule },
    });
    expect(await mayList()).toBe(false);
    await loginBy({ dept: ["sales"] });
    expect(eventsOf("member.delete")).toHaveLength(1);
  });

  it("by another realm gives nothing and takes nothing", async () => {
    await loginBy(ENGINEER, "https://other.example.com");
    expect(await mayList()).toBe(false);
    await loginBy(ENGINEER);
    await loginBy({}, "https://other.example.com");
    expect(await mayList()).toBe(true);
  });

  it("leaves alone who was added by hand", async () => {
    await app.done(addMembers, admin, { id: group, members: [{ iam_id: ada.user.iamId }] });
    await loginBy(ENGINEER);
    await loginBy({});
    expect(await mayList()).toBe(true);
    app.parts.clock.advance(3 * HOUR_MS);
    expect(await mayList()).toBe(true);
    const { members } = await app.done(listMembers, admin, { id: group });
    expect(members).toMatchObject([{ rule: null, expiresAt: null }]);
  });
});

describe("a rule", () => {
  it("that is deleted takes away what it gave, each member on the record", async () => {
    await loginBy(ENGINEER);
    await app.done(deleteRule, admin, { group, id: rule });
    expect(await mayList()).toBe(false);
    expect(app.parts.events().slice(-3, -1)).toMatchObject([
      { action: "iam-groups.rule.delete", requestData: { id: rule } },
      {
        action: "iam-groups.member.delete",
        requestData: { iam_id: ada.user.iamId, rule_id: rule },
      },
    ]);
  });

  it("that is changed holds from the next login on", async () => {
    await loginBy(ENGINEER);
    const conditions = [{ claim: "dept", operator: "EQUALS", value: '"sales"' }];
    const next = { group, id: rule, ifMatch: "*", ...said, expiration: 1, conditions };
    await app.done(replaceRule, admin, next);
    expect(await mayList()).toBe(true);
    await loginBy(ENGINEER);
    expect(await mayList()).toBe(false);
    await loginBy({ dept: ["sales"] });
    app.parts.clock.advance(HOUR_MS - 1);
    expect(await mayList()).toBe(true);
    app.parts.clock.advance(1);
    expect(await mayList()).toBe(false);
  });
});
