/** IBM's own SDK for Access Groups, unmodified, over a real socket: every call of it, and what each leaves in the trail. */
import IamAccessGroupsV2 from "@ibm-cloud/platform-services/iam-access-groups/v2.js";
import { IamAuthenticator } from "ibm-cloud-sdk-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createPolicy } from "../../src/app/identity/policies.ts";
import { createServiceId } from "../../src/app/identity/service-ids.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import type { TestUser } from "../../src/app/identity/testing/identity-app.ts";
import { IdentityServer } from "../../src/http/testing/identity-server.ts";
import { PUBLIC_ACCESS_GROUP } from "../../src/identity/access-group.ts";
import type { ServiceId } from "../../src/identity/service-id.ts";
import { ManualClock, toRfc3339 } from "../../src/kernel/clock.ts";

const NOBODY = "IBMid-0000000000000000";

let wire: IdentityServer;
let url: string;
let sdk: IamAccessGroupsV2;
let accountId: string;
let ada: TestUser;
let ci: ServiceId;
/** Events that were there before the test. */
let before: number;

beforeAll(async () => {
  // The SDK looks at its own clock to tell whether a token is still good.
  wire = await IdentityServer.open({ clock: new ManualClock(Date.now()) });
  url = await wire.server.listen({ host: "127.0.0.1", port: 0 });
  const authenticator = new IamAuthenticator({ apikey: wire.app.first.apiKey.reveal(), url });
  sdk = new IamAccessGroupsV2({ authenticator, serviceUrl: url });
  accountId = wire.app.first.account.id;
  ada = await wire.app.user("ada@example.com");
  const admin = await wire.app.administrator();
  ci = await wire.app.done(createServiceId, admin, { name: "ci", description: "builds" });
  await sdk.getAccountSettings({ accountId });
});
afterAll(() => wire.close());
beforeEach(() => {
  before = wire.app.parts.log.size;
});

const eventsSince = (): readonly AuditEvent[] => wire.app.parts.events().slice(before);

function onlyEvent(): AuditEvent {
  const [event, ...others] = eventsSince();
  if (!event || others.length > 0) throw new Error(`${others.length + 1} events, not one`);
  return event;
}

/** What every event of an access group has, told of one that is called `name`. */
function eventOf(action: string, { id, name }: { id: string; name: string }): object {
  const [object = "", verb = ""] = action.split(".").slice(-2);
  return {
    action: `iam-groups.${action}`,
    outcome: "success",
    message: `IAM Access Groups: ${verb} ${object}${name === "" ? "" : ` ${name}`}`,
    dialect: "ibm",
    account: accountId,
    region: "global",
    instance: null,
    dataEvent: false,
    initiator: {
      id: wire.app.first.administrator.iamId,
      name: wire.app.first.administrator.email,
      typeURI: "service/security/account/user",
      credential: { type: "apikey" },
      host: {
        address: "127.0.0.1",
        addressType: "IPv4",
        agent: expect.stringContaining("platform-services-node-sdk"),
      },
    },
    target: {
      id: `crn:v1:bluemix:public:iam-groups:global:a/${accountId}::${id}`,
      name,
      typeURI: `iam-groups/${object.replaceAll("-", "/")}`,
    },
    logSourceCRN: `crn:v1:bluemix:public:iam-groups:global:a/${accountId}:::`,
  };
}

const OK = { reasonCode: 200, reasonType: "OK" };
const CREATED = { reasonCode: 201, reasonType: "Created" };
const GONE = { reasonCode: 204, reasonType: "No Content" };

interface SdkError extends Error {
  readonly status: number;
  readonly result: { readonly errors: readonly { readonly code: string }[]; status_code: number };
}

const errorOf = (promise: Promise<unknown>): Promise<SdkError> =>
  promise.then(
    () => Promise.reject(new Error("nothing was refused")),
    (error: SdkError) => error,
  );

interface Made {
  readonly id: string;
  readonly name: string;
  readonly etag: string;
}

/** A group, and no event of its making among those that the test looks at. */
async function newGroup(name: string): Promise<Made> {
  const { result, headers } = await sdk.createAccessGroup({ accountId, name });
  before = wire.app.parts.log.size;
  return { id: String(result.id), name, etag: String(headers["etag"]) };
}

const targeted = ({ id, name }: Made): { id: string; name: string } => ({
  id: `groups:${id}`,
  name,
});

async function add(group: Made, ...ids: readonly string[]): Promise<void> {
  const members = ids.map((id) => ({
    iam_id: id,
    type: id.startsWith("iam-") ? "service" : "user",
  }));
  await sdk.addMembersToAccessGroup({ accessGroupId: group.id, members });
  before = wire.app.parts.log.size;
}

const conditions = [{ claim: "dept", operator: "EQUALS", value: '"engineering"' }];
const REALM = "https://idp.example.com";

async function newRule(group: Made, name?: string): Promise<{ id: string; etag: string }> {
  const { result, headers } = await sdk.addAccessGroupRule({
    accessGroupId: group.id,
    ...(name === undefined ? {} : { name }),
    expiration: 12,
    realmName: REALM,
    conditions,
  });
  before = wire.app.parts.log.size;
  return { id: String(result.id), etag: String(headers["etag"]) };
}

describe("account settings", () => {
  const settings = { id: "", name: "" };
  beforeAll(() => {
    settings.id = `settings:${accountId}`;
  });

  it("are read", async () => {
    const { status, result } = await sdk.getAccountSettings({ accountId });
    expect(status).toBe(200);
    expect(result).toMatchObject({ account_id: accountId, public_access_enabled: false });
    expect(onlyEvent()).toMatchObject({
      ...eventOf("account-settings.read", settings),
      severity: "normal",
      reason: OK,
      requestData: {},
      responseData: { public_access_enabled: false },
    });
  });

  it("open the group for public access, and close it with its policies", async () => {
    const { status, result } = await sdk.updateAccountSettings({
      accountId,
      publicAccessEnabled: true,
    });
    expect([status, result.public_access_enabled]).toEqual([200, true]);
    expect(onlyEvent()).toMatchObject({
      ...eventOf("account-settings.update", settings),
      severity: "warning",
      reason: OK,
      requestData: { public_access_enabled: true },
      responseData: {},
    });
    await sdk.updateAccountSettings({ accountId, publicAccessEnabled: false });
  });
});

describe("an access group", () => {
  it("is created", async () => {
    const { status, result, headers } = await sdk.createAccessGroup({
      accountId,
      name: "Developers",
      description: "those who write",
      transactionId: "tx-1",
    });
    const event = onlyEvent();
    const now = toRfc3339(wire.app.parts.clock.now());
    const by = wire.app.first.administrator.iamId;
    expect(status).toBe(201);
    expect(headers["etag"]).toMatch(/^"1-[0-9a-f]{32}"$/);
    expect(headers["keytrail-event"]).toBe(event.id);
    expect(result).toEqual({
      id: expect.stringMatching(/^AccessGroupId-[0-9a-f-]{36}$/),
      name: "Developers",
      description: "those who write",
      account_id: accountId,
      created_at: now,
      created_by_id: by,
      last_modified_at: now,
      last_modified_by_id: by,
      href: `${url}/v2/groups/${result.id}`,
    });
    expect(event).toMatchObject({
      ...eventOf("group.create", { id: `groups:${result.id}`, name: "Developers" }),
      severity: "normal",
      reason: CREATED,
      requestData: { name: "Developers", description: "those who write" },
      responseData: { id: result.id },
      correlationId: "tx-1",
    });
  });

  it("has a name that no other has, in any letter case", async () => {
    await newGroup("Testers");
    const error = await errorOf(sdk.createAccessGroup({ accountId, name: "TESTERS" }));
    expect([error.status, error.result.status_code]).toEqual([409, 409]);
    expect(error.message).toContain("already exists");
    expect(onlyEvent()).toMatchObject({
      action: "iam-groups.group.create",
      outcome: "failure",
      reason: { reasonCode: 409, reasonType: "Conflict" },
      requestData: { name: "TESTERS" },
    });
  });

  it("is read", async () => {
    const group = await newGroup("Readers");
    const { status, result, headers } = await sdk.getAccessGroup({ accessGroupId: group.id });
    expect([status, headers["etag"]]).toEqual([200, group.etag]);
    expect(result).toMatchObject({ id: group.id, name: "Readers", description: "" });
    expect(result).not.toHaveProperty("is_federated");
    expect(onlyEvent()).toMatchObject({
      ...eventOf("group.read", targeted(group)),
      severity: "normal",
      reason: OK,
      requestData: { id: group.id },
      responseData: { id: group.id, name: "Readers" },
    });
    const asked = { accessGroupId: group.id, showFederated: true, showCrn: true };
    expect((await sdk.getAccessGroup(asked)).result).toMatchObject({
      is_federated: false,
      crn: `crn:v1:bluemix:public:iam-groups:global:a/${accountId}::groups:${group.id}`,
    });
  });

  it("is renamed by who has read it as it is", async () => {
    const group = await newGroup("Drafters");
    const params = { accessGroupId: group.id, ifMatch: group.etag, name: "Writers" };
    const { status, result, headers } = await sdk.updateAccessGroup(params);
    expect([status, result.name, result.description]).toEqual([200, "Writers", ""]);
    expect(headers["etag"]).not.toBe(group.etag);
    expect(onlyEvent()).toMatchObject({
      ...eventOf("group.update", { id: `groups:${group.id}`, name: "Writers" }),
      severity: "warning",
      reason: OK,
      requestData: {
        id: group.id,
        name: "Writers",
        prev_instance_name: "Drafters",
        instance_name: "Writers",
      },
      responseData: {},
    });
    const stale = await errorOf(sdk.updateAccessGroup({ ...params, name: "Others" }));
    expect(stale.status).toBe(409);
    expect(wire.app.parts.lastEvent()).toMatchObject({
      outcome: "failure",
      reason: { reasonCode: 412 },
      target: { name: "Writers" },
    });
    const described = { accessGroupId: group.id, ifMatch: "*", description: "they write" };
    await sdk.updateAccessGroup(described);
    expect(wire.app.parts.lastEvent().requestData).toMatchObject({
      description: "they write",
      prev_instance_name: "Writers",
      instance_name: "Writers",
    });
  });

  it("is deleted, with its members and rules only by force", async () => {
    const group = await newGroup("Leavers");
    await add(group, ada.user.iamId, ci.iamId);
    const rule = await newRule(group);
    const admin = await wire.app.administrator();
    const resource = { service: "user-management" };
    const policy = await wire.app.done(createPolicy, admin, {
      subject: group.id,
      roles: ["Viewer"],
      resource,
    });
    before = wire.app.parts.log.size;
    const error = await errorOf(sdk.deleteAccessGroup({ accessGroupId: group.id }));
    expect(error.status).toBe(409);
    before = wire.app.parts.log.size;
    const { status } = await sdk.deleteAccessGroup({ accessGroupId: group.id, force: true });
    expect(status).toBe(204);
    const [deletion, ...consequences] = eventsSince();
    expect(deletion).toMatchObject({
      ...eventOf("group.delete", targeted(group)),
      severity: "critical",
      reason: GONE,
      requestData: { id: group.id, force: true },
      responseData: { members: 2, rules: 1, policies: 1 },
    });
    const told = consequences.map(({ action, requestData }) => [action, requestData]);
    expect(told).toEqual([
      ["iam-groups.member.delete", { iam_id: ada.user.iamId }],
      ["iam-groups.member.delete", { iam_id: ci.iamId }],
      [
        "iam-groups.rule.delete",
        expect.objectContaining({ id: rule.id, realm_name: REALM, expiration: 12 }),
      ],
      ["iam-am.policy.delete", { id: policy.id }],
    ]);
    expect(new Set(eventsSince().map(({ requestId }) => requestId)).size).toBe(1);
    const gone = await errorOf(sdk.getAccessGroup({ accessGroupId: group.id }));
    expect(gone.status).toBe(404);
  });

  it("for public access can be neither changed nor deleted, and has no members by hand", async () => {
    const accessGroupId = PUBLIC_ACCESS_GROUP;
    const { headers } = await sdk.getAccessGroup({ accessGroupId });
    const ifMatch = String(headers["etag"]);
    for (const refused of [
      sdk.updateAccessGroup({ accessGroupId, ifMatch, name: "Everyone" }),
      sdk.deleteAccessGroup({ accessGroupId, force: true }),
      sdk.addAccessGroupRule({ accessGroupId, expiration: 1, realmName: REALM, conditions }),
    ]) {
      expect((await errorOf(refused)).status).toBe(409);
    }
    const members = [{ iam_id: ada.user.iamId, type: "user" }];
    const { result } = await sdk.addMembersToAccessGroup({ accessGroupId, members });
    expect(result.members).toMatchObject([{ status_code: 409 }]);
  });
});

describe("access groups", () => {
  it("are listed by pages, by name, and by member", async () => {
    const names = ["List A", "List B", "List C"];
    const groups: Made[] = [];
    for (const name of names) groups.push(await newGroup(name));
    const params = {
      accountId,
      search: "name:list",
      sort: "-name",
      limit: 2,
      hidePublicAccess: true,
    };
    const { status, result } = await sdk.listAccessGroups(params);
    expect(status).toBe(200);
    expect(result).toMatchObject({ limit: 2, offset: 0, total_count: 3 });
    expect(result.groups?.map(({ name }) => name)).toEqual(["List C", "List B"]);
    expect(result.next?.href).toMatch(`${url}/v2/groups?`);
    expect(onlyEvent()).toMatchObject({
      ...eventOf("groups.list", { id: ":", name: "" }),
      target: { name: "", typeURI: "iam-groups/groups" },
      severity: "normal",
      reason: OK,
      requestData: { search: { in: "name", text: "list" }, limit: 2, sort: "-name" },
      responseData: { totalCount: 3 },
    });
    const pager = new IamAccessGroupsV2.AccessGroupsPager(sdk, params);
    expect((await pager.getAll()).map(({ name }) => name)).toEqual(names.toReversed());
    const [first] = groups;
    if (first) await add(first, ada.user.iamId);
    const hers = {
      accountId,
      iamId: ada.user.iamId,
      membershipType: "static",
      showFederated: true,
    };
    expect((await sdk.listAccessGroups(hers)).result.groups).toMatchObject([
      { name: "List A", is_federated: false },
    ]);
  });

  it("of another account are not there", async () => {
    const other = "f".repeat(32);
    expect((await errorOf(sdk.listAccessGroups({ accountId: other }))).status).toBe(404);
    expect((await errorOf(sdk.createAccessGroup({ accountId: other, name: "x" }))).status).toBe(
      404,
    );
    expect((await errorOf(sdk.getAccountSettings({ accountId: other }))).status).toBe(404);
  });
});

describe("members", () => {
  it("are added, each with an event and an ending of its own", async () => {
    const group = await newGroup("Joiners");
    const members = [
      { iam_id: ada.user.iamId, type: "user" },
      { iam_id: NOBODY, type: "user" },
      { iam_id: ci.iamId, type: "user" },
      { iam_id: ci.iamId, type: "service" },
    ];
    const params = { accessGroupId: group.id, members };
    const { status, result } = await sdk.addMembersToAccessGroup(params);
    const now = toRfc3339(wire.app.parts.clock.now());
    const by = wire.app.first.administrator.iamId;
    const events = eventsSince();
    const trace = events[0]?.requestId;
    const added = { created_at: now, created_by_id: by, status_code: 200, trace };
    expect(status).toBe(207);
    expect(result.members).toEqual([
      { iam_id: ada.user.iamId, type: "user", ...added },
      {
        iam_id: NOBODY,
        type: "user",
        status_code: 404,
        trace,
        errors: [{ code: "not_found", message: "There is no such identity in the account." }],
      },
      {
        iam_id: ci.iamId,
        type: "user",
        status_code: 400,
        trace,
        errors: [{ code: "bad_request", message: "The identity is of type service." }],
      },
      { iam_id: ci.iamId, type: "service", ...added },
    ]);
    expect(events).toHaveLength(4);
    expect(events[0]).toMatchObject({
      ...eventOf("member.add", targeted(group)),
      severity: "warning",
      reason: OK,
      requestData: { iam_id: ada.user.iamId, type: "user" },
      responseData: {
        iamId: ada.user.iamId,
        type: "user",
        createdAt: now,
        createdById: by,
        statusCode: 200,
      },
    });
    expect(events[1]).toMatchObject({
      action: "iam-groups.member.add",
      outcome: "failure",
      message: "IAM Access Groups: add member Joiners -failure",
      reason: { reasonCode: 404, reasonType: "Not Found" },
      requestData: { iam_id: NOBODY, type: "user" },
      responseData: {},
    });
    expect(events[2]).toMatchObject({ outcome: "failure", reason: { reasonCode: 400 } });
    expect(new Set(events.map(({ requestId }) => requestId)).size).toBe(1);
    expect(new Set(events.map(({ correlationId }) => correlationId)).size).toBe(1);
    const again = await sdk.addMembersToAccessGroup({ ...params, members: members.slice(0, 1) });
    expect(again.result.members).toMatchObject([{ created_at: now, status_code: 200 }]);
  });

  it("are checked for", async () => {
    const group = await newGroup("Checked");
    await add(group, ada.user.iamId);
    const params = { accessGroupId: group.id, iamId: ada.user.iamId };
    expect((await sdk.isMemberOfAccessGroup(params)).status).toBe(204);
    expect(onlyEvent()).toMatchObject({
      ...eventOf("member.read", targeted(group)),
      severity: "normal",
      reason: OK,
      requestData: { iam_id: ada.user.iamId },
      responseData: {},
    });
    const other = await errorOf(sdk.isMemberOfAccessGroup({ ...params, iamId: ci.iamId }));
    expect(other.status).toBe(404);
    expect(wire.app.parts.lastEvent()).toMatchObject({
      action: "iam-groups.member.read",
      outcome: "failure",
      reason: { reasonCode: 404 },
    });
  });

  it("are listed, with names if asked", async () => {
    const group = await newGroup("Listed");
    await add(group, ada.user.iamId, ci.iamId);
    const params = { accessGroupId: group.id, membershipType: "static", limit: 1 };
    const { status, result } = await sdk.listAccessGroupMembers(params);
    expect(status).toBe(200);
    expect(result).toMatchObject({ limit: 1, offset: 0, total_count: 2 });
    expect(result.members).toEqual([
      {
        iam_id: ada.user.iamId,
        type: "user",
        membership_type: "static",
        href: `${url}/v2/groups/${group.id}/members/${ada.user.iamId}`,
        created_at: toRfc3339(wire.app.parts.clock.now()),
        created_by_id: wire.app.first.administrator.iamId,
      },
    ]);
    expect(onlyEvent()).toMatchObject({
      ...eventOf("members.list", targeted(group)),
      severity: "normal",
      reason: OK,
      requestData: { membershipType: "static", limit: 1 },
      responseData: { totalCount: 2 },
    });
    const pager = new IamAccessGroupsV2.AccessGroupMembersPager(sdk, {
      ...params,
      verbose: true,
      sort: "-name",
    });
    expect(await pager.getAll()).toMatchObject([
      { iam_id: ci.iamId, type: "service", name: "ci", description: "builds" },
      { iam_id: ada.user.iamId, name: "ada@example.com", email: "ada@example.com" },
    ]);
    const services = await sdk.listAccessGroupMembers({ ...params, type: "service" });
    expect(services.result.total_count).toBe(1);
    const dynamic = { ...params, membershipType: "dynamic" };
    expect((await sdk.listAccessGroupMembers(dynamic)).result.total_count).toBe(0);
  });

  it("are removed, one or several", async () => {
    const group = await newGroup("Removed");
    await add(group, ada.user.iamId, ci.iamId);
    const one = { accessGroupId: group.id, iamId: ada.user.iamId };
    expect((await sdk.removeMemberFromAccessGroup(one)).status).toBe(204);
    expect(onlyEvent()).toMatchObject({
      ...eventOf("member.delete", targeted(group)),
      severity: "critical",
      reason: GONE,
      requestData: { iam_id: ada.user.iamId },
      responseData: { statusCode: 204 },
    });
    expect((await errorOf(sdk.removeMemberFromAccessGroup(one))).status).toBe(404);
    before = wire.app.parts.log.size;
    const several = { accessGroupId: group.id, members: [ada.user.iamId, ci.iamId] };
    const { status, result } = await sdk.removeMembersFromAccessGroup(several);
    expect(status).toBe(207);
    expect(result).toMatchObject({
      access_group_id: group.id,
      members: [
        { iam_id: ada.user.iamId, status_code: 404, errors: [{ code: "not_found" }] },
        { iam_id: ci.iamId, status_code: 204 },
      ],
    });
    expect(eventsSince()).toMatchObject([
      { action: "iam-groups.member.delete", outcome: "failure", reason: { reasonCode: 404 } },
      { action: "iam-groups.member.delete", outcome: "success", reason: GONE },
    ]);
  });

  it("are added to several groups and removed from all", async () => {
    const [first, second] = [await newGroup("Many one"), await newGroup("Many two")];
    const { user: bob } = await wire.app.user("bob@example.com");
    const missing = "AccessGroupId-00000000-0000-4000-8000-000000000000";
    before = wire.app.parts.log.size;
    const added = await sdk.addMemberToMultipleAccessGroups({
      accountId,
      iamId: bob.iamId,
      type: "user",
      groups: [first.id, missing, second.id],
    });
    expect(added.status).toBe(207);
    expect(added.result).toMatchObject({
      iam_id: bob.iamId,
      groups: [
        { access_group_id: first.id, status_code: 200 },
        { access_group_id: missing, status_code: 404, errors: [{ code: "not_found" }] },
        { access_group_id: second.id, status_code: 200 },
      ],
    });
    expect(eventsSince()).toMatchObject([
      eventOf("member.add", targeted(first)),
      { action: "iam-groups.member.add", outcome: "failure", reason: { reasonCode: 404 } },
      eventOf("member.add", targeted(second)),
    ]);
    before = wire.app.parts.log.size;
    const all = { accountId, iamId: bob.iamId };
    const removed = await sdk.removeMemberFromAllAccessGroups(all);
    expect(removed.status).toBe(207);
    expect(removed.result.groups?.map(({ access_group_id: id }) => id).toSorted()).toEqual(
      [first.id, second.id].toSorted(),
    );
    expect(eventsSince().map(({ action, outcome }) => [action, outcome])).toEqual([
      ["iam-groups.member.delete", "success"],
      ["iam-groups.member.delete", "success"],
    ]);
    const error = await errorOf(sdk.removeMemberFromAllAccessGroups(all));
    expect(error.status).toBe(404);
    expect(error.message).toContain(bob.iamId);
  });
});

describe("a rule", () => {
  it("is created, with a name or without", async () => {
    const group = await newGroup("Ruled");
    const { status, result, headers } = await sdk.addAccessGroupRule({
      accessGroupId: group.id,
      name: "engineers",
      expiration: 24,
      realmName: REALM,
      conditions,
    });
    const now = toRfc3339(wire.app.parts.clock.now());
    const by = wire.app.first.administrator.iamId;
    expect([status, headers["etag"]]).toEqual([201, expect.stringMatching(/^"1-/)]);
    expect(result).toEqual({
      id: expect.stringMatching(/^ClaimRule-[0-9a-f-]{36}$/),
      name: "engineers",
      expiration: 24,
      realm_name: REALM,
      access_group_id: group.id,
      account_id: accountId,
      conditions,
      created_at: now,
      created_by_id: by,
      last_modified_at: now,
      last_modified_by_id: by,
    });
    expect(onlyEvent()).toMatchObject({
      ...eventOf("rule.create", targeted(group)),
      severity: "normal",
      reason: CREATED,
      requestData: { name: "engineers", expiration: 24, realm_name: REALM, conditions },
      responseData: { id: result.id },
    });
    await newRule(group);
    const asked = { accessGroupId: group.id, showFederated: true };
    expect((await sdk.getAccessGroup(asked)).result.is_federated).toBe(true);
  });

  it("is read and listed", async () => {
    const group = await newGroup("Rules read");
    const rule = await newRule(group, "engineers");
    const params = { accessGroupId: group.id, ruleId: rule.id };
    const { status, result, headers } = await sdk.getAccessGroupRule(params);
    expect([status, result.name, headers["etag"]]).toEqual([200, "engineers", rule.etag]);
    expect(onlyEvent()).toMatchObject({
      ...eventOf("rule.read", targeted(group)),
      severity: "normal",
      reason: OK,
      requestData: { id: rule.id },
      responseData: {},
    });
    before = wire.app.parts.log.size;
    const listed = await sdk.listAccessGroupRules({ accessGroupId: group.id });
    expect(listed.result.rules).toMatchObject([{ id: rule.id, conditions }]);
    expect(onlyEvent()).toMatchObject({
      ...eventOf("rules.list", targeted(group)),
      severity: "normal",
      reason: OK,
      requestData: {},
      responseData: { totalCount: 1 },
    });
  });

  it("is replaced by who has read it as it is", async () => {
    const group = await newGroup("Rules changed");
    const rule = await newRule(group, "engineers");
    const next = [{ claim: "dept", operator: "IN", value: '["ops","sre"]' }];
    const params = {
      accessGroupId: group.id,
      ruleId: rule.id,
      ifMatch: rule.etag,
      name: "operators",
      expiration: 1,
      realmName: REALM,
      conditions: next,
    };
    const { status, result } = await sdk.replaceAccessGroupRule(params);
    expect(status).toBe(200);
    expect(result).toMatchObject({ id: rule.id, name: "operators", conditions: next });
    expect(onlyEvent()).toMatchObject({
      ...eventOf("rule.update", targeted(group)),
      severity: "warning",
      reason: OK,
      requestData: {
        id: rule.id,
        name: "operators",
        expiration: 1,
        realm_name: REALM,
        conditions: next,
        prev_instance_name: "engineers",
        instance_name: "operators",
      },
      responseData: {},
    });
    expect((await errorOf(sdk.replaceAccessGroupRule(params))).status).toBe(409);
  });

  it("is deleted", async () => {
    const group = await newGroup("Rules gone");
    const rule = await newRule(group);
    const params = { accessGroupId: group.id, ruleId: rule.id };
    expect((await sdk.removeAccessGroupRule(params)).status).toBe(204);
    expect(onlyEvent()).toMatchObject({
      ...eventOf("rule.delete", targeted(group)),
      severity: "critical",
      reason: GONE,
      requestData: { id: rule.id },
      responseData: {},
    });
    expect((await errorOf(sdk.getAccessGroupRule(params))).status).toBe(404);
  });

  it("lasts for hours, of which there are few, and asks for something", async () => {
    const group = await newGroup("Rules refused");
    const fine = { accessGroupId: group.id, expiration: 1, realmName: REALM, conditions };
    for (const bad of [
      { expiration: 0 },
      { expiration: 25 },
      { expiration: 1.5 },
      { realmName: " " },
      { conditions: [] },
      { conditions: [{ claim: "dept", operator: "LIKE", value: '"x"' }] },
    ]) {
      const error = await errorOf(sdk.addAccessGroupRule({ ...fine, ...bad }));
      expect([error.status, wire.app.parts.lastEvent().requestData]).toEqual([400, {}]);
    }
    for (let n = 0; n < 5; n++) await newRule(group);
    expect((await errorOf(sdk.addAccessGroupRule(fine))).status).toBe(400);
    expect(wire.app.parts.lastEvent().reason.reasonForFailure).toContain("5 rules");
  });
});
