import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  MAX_GROUPS_PER_MEMBER,
  MAX_MEMBERS_PER_CALL,
  newAccessGroupId,
  PUBLIC_ACCESS_GROUP,
  type AccessGroup,
} from "../../identity/access-group.ts";
import { ROLE_NAMES, type RoleName } from "../../identity/roles.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import type { Caller } from "../call.ts";
import { createPolicy, deletePolicy, listPolicies } from "../identity/policies.ts";
import { createServiceId, deleteServiceId } from "../identity/service-ids.ts";
import { IdentityApp, NOBODY, START, type TestUser } from "../identity/testing/identity-app.ts";
import { deleteUser, listUsers } from "../identity/users.ts";
import type { Operation } from "../operation.ts";
import {
  createAccessGroup,
  listAccessGroups,
  readAccessGroup,
  updateAccessGroup,
} from "./access-groups.ts";
import { addMembers, addToGroups } from "./add-members.ts";
import { deleteAccessGroup } from "./delete-access-group.ts";
import { listMembers, readMember } from "./read-members.ts";
import { removeFromGroups, removeMember, removeMembers } from "./remove-members.ts";
import { createRule, deleteRule, listRules, readRule, replaceRule } from "./rules.ts";
import { readGroupSettings, updateGroupSettings } from "./settings.ts";

let app: IdentityApp;
let admin: Caller;
let ada: TestUser;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
  ada = await app.user("ada@example.com");
});
afterEach(() => app.close());

/** A group whose members may list users, or do what else the role lets them. */
async function groupOf(name: string, role: RoleName = "Viewer"): Promise<AccessGroup> {
  const group = await app.done(createAccessGroup, admin, { name });
  await givenTo(group.id, role);
  return group;
}

async function givenTo(subject: string, role: RoleName): Promise<void> {
  const resource = role === "Administrator" ? {} : { service: "user-management" };
  await app.done(createPolicy, admin, { subject, roles: [role], resource });
}

const add = (id: string, ...iamIds: readonly string[]): Promise<object> =>
  app.done(addMembers, admin, { id, members: iamIds.map((iam_id) => ({ iam_id })) });

const mayList = async ({ caller }: TestUser): Promise<boolean> =>
  (await app.perform(listUsers, caller, {})).kind === "done";

const operations = (from: number): readonly string[] =>
  app.parts
    .events()
    .slice(from)
    .map(({ operation }) => operation);

describe("a membership", () => {
  it("gives the group's rights with the member's next call, and takes them with the next", async () => {
    const { id } = await groupOf("Viewers");
    expect(await mayList(ada)).toBe(false);
    await add(id, ada.user.iamId);
    expect(await mayList(ada)).toBe(true);
    await app.done(removeMember, admin, { id, iam_id: ada.user.iamId });
    expect(await mayList(ada)).toBe(false);
  });

  it("that is given twice stays what it was", async () => {
    const { id } = await groupOf("Viewers");
    await add(id, ada.user.iamId);
    app.parts.clock.advance(1_000);
    const { members } = await app.done(addMembers, admin, {
      id,
      members: [{ iam_id: ada.user.iamId }],
    });
    expect(members).toMatchObject([{ ending: { createdAt: toRfc3339(START), statusCode: 200 } }]);
    expect((await app.done(listMembers, admin, { id })).members).toMatchObject([
      { createdAt: START },
    ]);
  });

  it("is worth what the group's policies are at the time", async () => {
    const { id } = await app.done(createAccessGroup, admin, { name: "Viewers" });
    await add(id, ada.user.iamId);
    expect(await mayList(ada)).toBe(false);
    await givenTo(id, "Viewer");
    expect(await mayList(ada)).toBe(true);
    const { policies } = await app.done(listPolicies, admin, { subject: id });
    for (const policy of policies) await app.done(deletePolicy, admin, { id: policy.id });
    expect(await mayList(ada)).toBe(false);
  });

  it("ends with the group", async () => {
    const { id } = await groupOf("Viewers");
    await add(id, ada.user.iamId);
    expect(await app.refused(deleteAccessGroup, admin, { id })).toMatch(/^conflict: .*`force`/);
    expect(await mayList(ada)).toBe(true);
    await app.done(deleteAccessGroup, admin, { id, force: true });
    expect(await mayList(ada)).toBe(false);
    expect((await app.done(listPolicies, admin, { subject: id })).totalCount).toBe(0);
  });

  it("ends with the member, on the record", async () => {
    const { id } = await groupOf("Viewers");
    const service = await app.done(createServiceId, admin, { name: "ci" });
    await add(id, ada.user.iamId, service.iamId);
    const before = app.parts.log.size;
    await app.done(deleteUser, admin, { iamId: ada.user.iamId });
    await app.done(deleteServiceId, admin, { id: service.id });
    const ended = app.parts
      .events()
      .slice(before)
      .filter(({ operation }) => operation === "access-group-member.delete");
    expect(ended).toMatchObject([
      { target: { name: "Viewers" }, requestData: { iam_id: ada.user.iamId } },
      { target: { name: "Viewers" }, requestData: { iam_id: service.iamId } },
    ]);
    expect((await app.done(listMembers, admin, { id })).totalCount).toBe(0);
  });

  it("of a locked service ID can be given and taken", async () => {
    const { id } = await groupOf("Programs");
    const { iamId } = await app.done(createServiceId, admin, { name: "ci" });
    app.parts.database.run("UPDATE service_ids SET locked = 1");
    await add(id, iamId);
    await app.done(removeMember, admin, { id, iam_id: iamId });
    expect((await app.done(listMembers, admin, { id })).totalCount).toBe(0);
  });

  it("is one of a few that an identity may have", async () => {
    const ids: string[] = [];
    for (let n = 0; n <= MAX_GROUPS_PER_MEMBER; n++) {
      ids.push((await app.done(createAccessGroup, admin, { name: `group ${n}` })).id);
    }
    const first = { iam_id: ada.user.iamId, groups: ids.slice(0, MAX_MEMBERS_PER_CALL) };
    await app.done(addToGroups, admin, first);
    const { groups } = await app.done(addToGroups, admin, {
      iam_id: ada.user.iamId,
      groups: ids.slice(MAX_GROUPS_PER_MEMBER),
    });
    expect(groups).toMatchObject([{ ending: { code: "limit_reached" } }]);
    expect(await app.refused(addToGroups, admin, { ...first, groups: ids })).toMatch(
      /^invalid_request: /,
    );
  });
});

describe("the last administrator", () => {
  beforeEach(async () => {
    const { iamId } = app.first.administrator;
    const { id } = await groupOf("Administrators", "Administrator");
    await add(id, ada.user.iamId);
    const { policies } = await app.done(listPolicies, admin, { subject: iamId });
    for (const policy of policies) {
      if (policy.roles.includes("Administrator")) {
        await app.done(deletePolicy, admin, { id: policy.id });
      }
    }
  });

  it("who is one by a group stays in it, and the group stays", async () => {
    const { groups } = await app.done(listAccessGroups, ada.caller, { iamId: ada.user.iamId });
    const id = groups[0]?.id ?? "";
    const { iamId } = ada.user;
    const sentence = "conflict: The account would be left without an administrator.";
    const before = app.parts.log.size;
    for (const refused of [
      app.refused(removeMember, ada.caller, { id, iam_id: iamId }),
      app.refused(removeMembers, ada.caller, { id, members: [iamId] }),
      app.refused(removeFromGroups, ada.caller, { iam_id: iamId }),
      app.refused(deleteAccessGroup, ada.caller, { id, force: true }),
      app.refused(deleteUser, ada.caller, { iamId }),
    ]) {
      expect(await refused).toBe(sentence);
    }
    // Nothing of what was undone is told of as if it had happened.
    expect(app.parts.events().slice(before)).toMatchObject(
      Array.from({ length: 5 }, () => ({ outcome: "failure" })),
    );
    // And who was to go is told.
    const asked = app.parts.events().slice(before, before + 3);
    expect(asked.map(({ requestData }) => requestData)).toEqual([
      { iam_id: iamId },
      { members: [iamId] },
      { iam_id: iamId },
    ]);
    expect(await mayList(ada)).toBe(true);
  });
});

describe("public access", () => {
  it("gives everyone in the account what its group has, nobody from outside, and ends at once", async () => {
    await givenTo(PUBLIC_ACCESS_GROUP, "Viewer");
    expect(await mayList(ada)).toBe(false);
    await app.done(updateGroupSettings, admin, { public_access_enabled: true });
    expect(await mayList(ada)).toBe(true);
    expect(await app.refused(listUsers, NOBODY, {})).toMatch(/^unauthenticated: /);
    const before = app.parts.log.size;
    await app.done(updateGroupSettings, admin, { public_access_enabled: false });
    expect(operations(before)).toEqual(["access-group-settings.update", "policy.delete"]);
    expect(await mayList(ada)).toBe(false);
    await app.done(updateGroupSettings, admin, { public_access_enabled: true });
    expect(await mayList(ada)).toBe(false);
  });

  it("gives nothing to who is at home in another account", async () => {
    await givenTo(PUBLIC_ACCESS_GROUP, "Viewer");
    await app.done(updateGroupSettings, admin, { public_access_enabled: true });
    const stranger = { ...ada.caller, account: "f".repeat(32) } as Caller;
    expect(await mayList(ada)).toBe(true);
    expect(await app.refused(listUsers, stranger, {})).toMatch(/^forbidden: /);
  });

  it("is told of with the other settings as they are", async () => {
    const settings = await app.done(readGroupSettings, admin, {});
    expect(settings).toEqual({
      account: app.first.account.id,
      public_access_enabled: false,
      modifiedAt: 0,
    });
  });
});

/** One call of each operation that would succeed, were it allowed. */
type Exemplar = readonly [Operation<object, unknown, object>, object];

describe("every operation on access groups", () => {
  async function exemplars(): Promise<readonly Exemplar[]> {
    const name = newAccessGroupId();
    const { id } = await app.done(createAccessGroup, admin, { name });
    const said = {
      realm_name: "https://idp.example.com",
      expiration: 1,
      conditions: [{ claim: "dept", operator: "EQUALS", value: "eng" }],
    };
    const rule = await app.done(createRule, admin, { group: id, ...said });
    const iam_id = ada.user.iamId;
    return [
      [readGroupSettings, {}],
      [updateGroupSettings, { public_access_enabled: false }],
      [createAccessGroup, { name: `${name} again` }],
      [listAccessGroups, {}],
      [readAccessGroup, { id }],
      [updateAccessGroup, { id, ifMatch: "*", description: "new" }],
      [addMembers, { id, members: [{ iam_id }] }],
      [readMember, { id, iam_id }],
      [listMembers, { id }],
      [removeMembers, { id, members: [iam_id] }],
      [addToGroups, { iam_id, groups: [id] }],
      [removeFromGroups, { iam_id }],
      [addMembers, { id, members: [{ iam_id }] }],
      [removeMember, { id, iam_id }],
      [createRule, { group: id, ...said }],
      [listRules, { group: id }],
      [readRule, { group: id, id: rule.id }],
      [replaceRule, { group: id, id: rule.id, ifMatch: "*", ...said }],
      [deleteRule, { group: id, id: rule.id }],
      [deleteAccessGroup, { id, force: true }],
    ] as unknown as readonly Exemplar[];
  }

  const reads = /\.(read|list)$/;
  const mayDo = (role: RoleName, name: string): boolean => {
    if (role === "Administrator") return true;
    if (role === "Viewer") return reads.test(name);
    return role === "Editor" && name !== "access-group-settings.update";
  };

  it.each(ROLE_NAMES)("as %s, on the account", async (role) => {
    const { caller } = await app.user("caller@example.com", [role]);
    for (const [operation, input] of await exemplars()) {
      const isAllowed = mayDo(role, operation.name);
      // What is not allowed is not done, so that the next would find it undone.
      const performed = await app.parts.performer.perform(operation, app.call(caller), () => input);
      if (!isAllowed) {
        await app.parts.performer.perform(operation, app.call(admin), () => input);
      }
      expect([operation.name, performed.kind]).toEqual([
        operation.name,
        isAllowed ? "done" : "refused",
      ]);
      expect(app.parts.events()[performed.recorded.index]).toMatchObject(
        isAllowed
          ? { operation: operation.name, outcome: "success" }
          : { operation: operation.name, outcome: "failure", reason: { reasonCode: 403 } },
      );
    }
  });

  it("on a group that there is not looks like one on a group that may not be seen", async () => {
    const { id } = await groupOf("Hidden");
    const absent = await app.refused(readAccessGroup, ada.caller, { id: newAccessGroupId() });
    expect(absent).toBe(await app.refused(readAccessGroup, ada.caller, { id }));
    expect(absent).toMatch(/^forbidden: /);
    expect(await app.refused(readAccessGroup, admin, { id: newAccessGroupId() })).toMatch(
      /^not_found: /,
    );
  });
});
