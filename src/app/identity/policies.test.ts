import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newAccessGroupId, type AccessGroup } from "../../identity/access-group.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import { newEntityTag } from "../../identity/entity-tag.ts";
import { MAX_POLICIES_PER_SUBJECT, type Policy } from "../../identity/policy.ts";
import { actingProfileOf, newProfileId } from "../../identity/trusted-profile.ts";
import type { Caller } from "../call.ts";
import { listRoles } from "./list-roles.ts";
import { createPolicy, deletePolicy, listPolicies, readPolicy } from "./policies.ts";
import { createServiceId } from "./service-ids.ts";
import { IdentityApp } from "./testing/identity-app.ts";
import { updatePolicy } from "./update-policy.ts";
import { listUsers } from "./users.ts";

let app: IdentityApp;
let admin: Caller;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
});
afterEach(() => app.close());

const lastEvent = () => app.parts.lastEvent();

function policyOf(subject: string, changes: Partial<Policy> = {}) {
  return app.done(createPolicy, admin, { subject, roles: ["Viewer"], resource: {}, ...changes });
}

async function group(): Promise<AccessGroup> {
  const made: AccessGroup = {
    id: newAccessGroupId(),
    account: app.first.account.id,
    name: "team",
    description: "",
    entityTag: newEntityTag(),
    createdAt: 0,
    createdBy: "",
    modifiedAt: 0,
    modifiedBy: "",
  };
  await app.parts.state.transact(({ groups }) => groups.putGroup(made));
  return made;
}

async function member(iamId: string, of: AccessGroup, expiresAt: number | null = null) {
  const { account, id } = of;
  const rule = expiresAt === null ? null : "ClaimRule-1";
  const made = { createdAt: 0, createdBy: "" };
  await app.parts.state.transact(({ groups }) =>
    groups.putMember({ account, group: id, iamId, kind: "user", rule, expiresAt, ...made }),
  );
}

describe("a policy of an access group", () => {
  it("gives its members the role, and takes it from them, with their next call", async () => {
    const { user, caller } = await app.user("ada@example.com");
    const team = await group();
    const policy = await policyOf(team.id);
    expect(await app.refused(listUsers, caller, {})).toMatch(/^forbidden: /);
    await member(user.iamId, team);
    expect((await app.done(listUsers, caller, {})).totalCount).toBe(2);
    const change = { id: policy.id, ifMatch: policy.entityTag, state: "deleted" } as const;
    await app.done(updatePolicy, admin, change);
    expect(await app.refused(listUsers, caller, {})).toMatch(/^forbidden: /);
  });
});

describe("the subject of a policy", () => {
  it("may be a trusted profile", async () => {
    const id = newProfileId();
    const { account } = app.first;
    const made = {
      maxSessionS: 3_600,
      createdAt: 0,
      createdBy: "",
      modifiedAt: 0,
      sessionsSince: 0,
    };
    const names = { name: "ci", description: "", email: "", entityTag: newEntityTag() };
    const iamId = actingProfileOf(id);
    await app.parts.state.transact(({ profiles }) =>
      profiles.putProfile({ kind: "profile", id, iamId, account: account.id, ...names, ...made }),
    );
    expect((await policyOf(iamId)).subject).toBe(iamId);
  });

  it("exists in the account", async () => {
    const nobody = [newAccessGroupId(), "IBMid-0000000000000000", actingProfileOf(newProfileId())];
    for (const subject of nobody) {
      const input = { subject, roles: ["Viewer"], resource: {} };
      expect(await app.refused(createPolicy, admin, input)).toMatch(/^invalid_request: `subject`/);
      expect(lastEvent()).toMatchObject({ outcome: "failure", requestData: {} });
    }
  });

  it("keeps its policies as they are while it is a locked service ID", async () => {
    const service = await app.done(createServiceId, admin, { name: "ci" });
    const policy = await policyOf(service.iamId);
    app.parts.database.run("UPDATE service_ids SET locked = 1");
    const { id } = policy;
    const change = { id, ifMatch: "*", state: "deleted" } as const;
    expect(await app.refused(updatePolicy, admin, change)).toMatch(/^locked: /);
    expect(app.parts.lastEvent().severity).toBe("critical");
    expect(await app.refused(deletePolicy, admin, { id })).toMatch(/^locked: /);
    expect(app.parts.lastEvent().severity).toBe("critical");
    const { iamId } = app.first.administrator;
    const terms = { subject: iamId, roles: ["Viewer"], resource: {} };
    expect(await app.refused(updatePolicy, admin, { id, ifMatch: "*", terms })).toMatch(
      /^locked: /,
    );
    expect(await app.done(readPolicy, admin, { id })).toEqual(policy);
  });
});

describe("the place of a policy", () => {
  it("is one there is", async () => {
    const { instance } = app.first;
    const subject = app.first.administrator.iamId;
    const elsewhere: readonly (readonly [PolicyResource, RegExp])[] = [
      [{ region: "eu-de" }, /`region` has no instance/],
      [{ region: "eu-de", instance: instance.id }, /not in this `region`/],
      [{ instance: instance.id, secretGroup: instance.id }, /no secret group/],
    ];
    for (const [resource, sentence] of elsewhere) {
      const input = { subject, roles: ["Reader"], resource };
      expect(await app.refused(createPolicy, admin, input)).toMatch(sentence);
    }
    const resource = { region: "us-south", instance: instance.id };
    const made = await app.done(createPolicy, admin, { subject, roles: ["Reader"], resource });
    expect(made.resource).toEqual(resource);
  });
});

describe("a change of a policy", () => {
  it("is recorded with what was before, and holds from the next call on", async () => {
    const { user, caller } = await app.user("ada@example.com");
    const before = await policyOf(user.iamId, { resource: { service: "user-management" } });
    expect((await app.done(listUsers, caller, {})).totalCount).toBe(2);
    app.parts.clock.advance(1_000);
    const resource = { service: "iam-am" };
    const terms = { subject: user.iamId, roles: ["Viewer"], resource, description: "policies" };
    const change = { id: before.id, ifMatch: before.entityTag, terms };
    const after = await app.done(updatePolicy, admin, change);
    expect(after).toMatchObject({
      id: before.id,
      createdAt: before.createdAt,
      modifiedAt: before.createdAt + 1_000,
      modifiedBy: app.first.administrator.iamId,
      description: "policies",
    });
    expect(after.entityTag).not.toBe(before.entityTag);
    expect(lastEvent()).toMatchObject({
      action: "iam-am.policy.update",
      severity: "warning",
      requestData: {
        id: before.id,
        subject: user.iamId,
        roles: ["Viewer"],
        resource,
        state: "active",
        previous: { roles: ["Viewer"], resource: { service: "user-management" }, state: "active" },
      },
      responseData: { subject: user.iamId },
    });
    expect(await app.refused(listUsers, caller, {})).toMatch(/^forbidden: /);
    expect((await app.done(listPolicies, caller, {})).totalCount).toBe(2);
  });

  it("names the state it was made against", async () => {
    const { user } = await app.user("ada@example.com");
    const { id, entityTag } = await policyOf(user.iamId);
    const change = { id, ifMatch: entityTag, state: "deleted" } as const;
    await app.done(updatePolicy, admin, change);
    expect(await app.refused(updatePolicy, admin, change)).toMatch(/^precondition_failed: /);
    expect(lastEvent()).toMatchObject({
      outcome: "failure",
      requestData: { id, previous: { state: "deleted" } },
    });
    await app.done(updatePolicy, admin, { id, ifMatch: "*", state: "active" });
  });

  it("is not made to a policy that is gone, or by whoever may not", async () => {
    const { user, caller } = await app.user("ada@example.com", ["Editor"]);
    const { id } = await policyOf(user.iamId);
    const change = { ifMatch: "*", state: "deleted" } as const;
    const gone = { ...change, id: app.first.instance.id };
    expect(await app.refused(updatePolicy, admin, gone)).toMatch(/^not_found: /);
    const absent = await app.refused(updatePolicy, caller, gone);
    expect(await app.refused(updatePolicy, caller, { ...change, id })).toBe(absent);
    expect(absent).toMatch(/^forbidden: /);
  });
});

describe("a policy that says nothing new", () => {
  it("is refused, naming the one that says it, whether it is made or becomes so", async () => {
    const { user } = await app.user("ada@example.com");
    const one = await policyOf(user.iamId, { roles: ["Viewer", "Editor"] });
    const input = { subject: user.iamId, roles: ["Editor"], resource: {} };
    expect(await app.refused(createPolicy, admin, input)).toContain(one.id);
    const other = await policyOf(user.iamId, { resource: { service: "iam-am" } });
    const change = { id: other.id, ifMatch: "*", terms: input };
    expect(await app.refused(updatePolicy, admin, change)).toMatch(/^conflict: /);
    await app.done(updatePolicy, admin, { id: one.id, ifMatch: "*", state: "deleted" });
    const as = { ...input, roles: ["Viewer", "Editor"] };
    await app.done(updatePolicy, admin, { id: other.id, ifMatch: "*", terms: as });
    const again = { id: one.id, ifMatch: "*", state: "active" } as const;
    expect(await app.refused(updatePolicy, admin, again)).toContain(other.id);
  });
});

describe("policies of one subject", () => {
  it("are not without end, also where they come over from another", async () => {
    const { user } = await app.user("ada@example.com");
    const { user: other } = await app.user("eve@example.com");
    const policy = await policyOf(other.iamId);
    await app.parts.state.transact(async ({ identity }) => {
      for (let n = 0; n < MAX_POLICIES_PER_SUBJECT; n++) {
        const resource = { service: `service-${n}` };
        await identity.putPolicy({ ...policy, id: `p${n}`, subject: user.iamId, resource });
      }
    });
    const input = { subject: user.iamId, roles: ["Viewer"], resource: {} };
    expect(await app.refused(createPolicy, admin, input)).toMatch(/^limit_reached: /);
    const change = { id: policy.id, ifMatch: "*", terms: input };
    expect(await app.refused(updatePolicy, admin, change)).toMatch(/^limit_reached: /);
  });
});

describe("roles", () => {
  it("are listed with what each gives", async () => {
    const { roles } = await app.done(listRoles, admin, { service: "secrets-manager" });
    expect(roles.map(({ name }) => name)).toEqual([
      "Manager",
      "Writer",
      "SecretsReader",
      "Reader",
      "SecretTaskUpdater",
      "Operator",
    ]);
    expect(lastEvent()).toMatchObject({
      action: "iam-am.roles.list",
      requestData: { service: "secrets-manager" },
      responseData: { totalCount: 6 },
    });
    const { caller } = await app.user("ada@example.com", ["Reader"]);
    expect(await app.refused(listRoles, caller, {})).toMatch(/^forbidden: /);
  });
});
