import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newAccessGroupId, PUBLIC_ACCESS_GROUP } from "../../identity/access-group.ts";
import { newEntityTag } from "../../identity/entity-tag.ts";
import type { Policy } from "../../identity/policy.ts";
import { actingProfileOf, newProfileId } from "../../identity/trusted-profile.ts";
import type { Caller } from "../call.ts";
import { isAdministered } from "./administration.ts";
import { createPolicy, deletePolicy, listPolicies } from "./policies.ts";
import { createApiKey, deleteApiKey } from "./api-keys.ts";
import { createServiceId, deleteServiceId } from "./service-ids.ts";
import { updateApiKey } from "./update-api-key.ts";
import { IdentityApp, START } from "./testing/identity-app.ts";
import { updatePolicy } from "./update-policy.ts";
import { deleteUser, updateUser } from "./users.ts";

const REFUSED = "conflict: The account would be left without an administrator.";

let app: IdentityApp;
let admin: Caller;
/** The only policy by which the account is administered at first. */
let only: Policy;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
  // An administrator like any other: the owner of the account would be nobody else's to take away.
  app.parts.database.run("UPDATE users SET is_owner = 0");
  const { iamId } = app.first.administrator;
  const { policies } = await app.done(listPolicies, admin, { subject: iamId });
  only = policies[0] as Policy;
});
afterEach(() => app.close());

async function administerBy(subject: string): Promise<Policy> {
  return app.done(createPolicy, admin, { subject, roles: ["Administrator"], resource: {} });
}

async function groupOf(members: readonly (readonly [iamId: string, until: number | null])[]) {
  const { id: account } = app.first.account;
  const id = newAccessGroupId();
  const by = { createdAt: 0, createdBy: "" };
  const changed = { entityTag: newEntityTag(), modifiedAt: 0, modifiedBy: "" };
  await app.parts.state.transact(async ({ groups }) => {
    await groups.putGroup({ id, account, name: id, description: "", ...by, ...changed });
    for (const [iamId, expiresAt] of members) {
      const rule = expiresAt === null ? null : "ClaimRule-1";
      const kind = "user" as const;
      await groups.putMember({ account, group: id, iamId, kind, rule, expiresAt, ...by });
    }
  });
  return id;
}

/** Every way to take the first administrator's right away. */
async function waysOut(): Promise<readonly string[]> {
  const { id } = only;
  const { iamId } = app.first.administrator;
  const less = { subject: iamId, roles: ["Manager"], resource: {} };
  const narrower = { subject: iamId, roles: ["Administrator"], resource: { service: "iam-am" } };
  const { caller } = await app.user("manager@example.com", ["Administrator"], {
    service: "user-management",
  });
  return [
    await app.refused(deletePolicy, admin, { id }),
    await app.refused(updatePolicy, admin, { id, ifMatch: "*", state: "deleted" }),
    await app.refused(updatePolicy, admin, { id, ifMatch: "*", terms: less }),
    await app.refused(updatePolicy, admin, { id, ifMatch: "*", terms: narrower }),
    await app.refused(updateUser, caller, { iamId, state: "disabled" }),
    await app.refused(deleteUser, caller, { iamId }),
  ];
}

describe("the last administrator", () => {
  it("stays, whichever way somebody would take the right away", async () => {
    expect(new Set(await waysOut())).toEqual(new Set([REFUSED]));
    expect(app.parts.lastEvent()).toMatchObject({ operation: "user.delete", outcome: "failure" });
    const { policies } = await app.done(listPolicies, admin, { subject: only.subject });
    expect(policies).toEqual([only]);
  });

  it("may go once another one is there, who is the last then", async () => {
    const { user, caller } = await app.user("ada@example.com", ["Administrator"]);
    await app.done(deleteUser, caller, { iamId: app.first.administrator.iamId });
    expect(await app.refused(deleteUser, caller, { iamId: user.iamId })).toBe(REFUSED);
  });

  it("may hand the policy over", async () => {
    const { user } = await app.user("ada@example.com");
    const terms = { subject: user.iamId, roles: ["Administrator"], resource: {} };
    await app.done(updatePolicy, admin, { id: only.id, ifMatch: only.entityTag, terms });
  });

  it("may be a service ID", async () => {
    const { id, iamId, apiKey } = await app.done(createServiceId, admin, {
      name: "terraform",
      apiKey: { name: "key" },
    });
    await administerBy(iamId);
    const { user, caller } = await app.user("ada@example.com", ["Administrator"]);
    await app.done(deletePolicy, caller, { id: only.id });
    await app.done(deleteUser, caller, { iamId: user.iamId });
    const call = { ...app.call({ kind: "internal", job: "test" }) };
    const performed = await app.parts.performer.perform(deleteServiceId, call, () => ({ id }));
    expect(performed).toMatchObject({ kind: "refused", refusal: { code: "conflict" } });
    const key = { id: apiKey?.id ?? "" };
    const program = await app.authenticated((await app.login(apiKey!.value)).accessToken);
    expect(await app.refused(deleteApiKey, program, key)).toBe(REFUSED);
    const disable = { ...key, change: { kind: "disable" } } as const;
    expect(await app.refused(updateApiKey, program, disable)).toBe(REFUSED);
    await app.done(createApiKey, program, { iamId, name: "another" });
    await app.done(deleteApiKey, program, key);
  });

  it("may be one through an access group", async () => {
    const { user } = await app.user("ada@example.com");
    await administerBy(await groupOf([[user.iamId, null]]));
    await app.done(deletePolicy, admin, { id: only.id });
  });
});

describe("an administrator who cannot be counted on", () => {
  it.each([
    ["an access group that nobody is in", () => groupOf([])],
    ["an access group of members who are gone", () => groupOf([["IBMid-0000000000000000", null]])],
    [
      "an access group whose members stay for a while",
      async () => groupOf([[(await app.user("a@example.com")).user.iamId, START + 1_000]]),
    ],
    ["everybody", async () => PUBLIC_ACCESS_GROUP],
    [
      "a user who is disabled",
      async () => {
        const { user } = await app.user("a@example.com");
        await app.done(updateUser, admin, { iamId: user.iamId, state: "disabled" });
        return user.iamId;
      },
    ],
    [
      "an access group of users who are disabled",
      async () => {
        const { user } = await app.user("a@example.com");
        await app.done(updateUser, admin, { iamId: user.iamId, state: "disabled" });
        return groupOf([[user.iamId, null]]);
      },
    ],
    [
      "a service ID without an API key",
      async () => (await app.done(createServiceId, admin, { name: "terraform" })).iamId,
    ],
    [
      "a service ID whose API key is disabled",
      async () => {
        const apiKey = { name: "key", disabled: true };
        return (await app.done(createServiceId, admin, { name: "terraform", apiKey })).iamId;
      },
    ],
    [
      "a trusted profile",
      async () => {
        const id = newProfileId();
        const iamId = actingProfileOf(id);
        const { id: account } = app.first.account;
        const names = { name: "ci", description: "", email: "", entityTag: newEntityTag() };
        const times = {
          maxSessionS: 3_600,
          createdAt: 0,
          createdBy: "",
          modifiedAt: 0,
          sessionsSince: 0,
        };
        await app.parts.state.transact(({ profiles }) =>
          profiles.putProfile({ kind: "profile", id, iamId, account, ...names, ...times }),
        );
        return iamId;
      },
    ],
  ])("is %s", async (_who, subject) => {
    await administerBy(await subject());
    expect(new Set(await waysOut())).toEqual(new Set([REFUSED]));
  });

  it("is no reason to keep an account as it is that nobody administers anyway", async () => {
    app.parts.database.run("UPDATE users SET state = 'disabled'");
    const call = app.call({ kind: "internal", job: "test" });
    const { id } = only;
    const performed = await app.parts.performer.perform(deletePolicy, call, () => ({ id }));
    expect(performed.kind).toBe("done");
  });
});

describe("members of a large group", () => {
  it("are all looked at", async () => {
    const gone = (n: number) => `IBMid-${String(n).padStart(16, "0")}`;
    const { user } = await app.user("ada@example.com");
    const members = Array.from({ length: 250 }, (_, n) => [gone(n), null] as const);
    await administerBy(await groupOf([...members, [user.iamId, null]]));
    await app.done(deletePolicy, admin, { id: only.id });
    const { id: account } = app.first.account;
    const asked = app.parts.state.read((view) => isAdministered(account, view, START));
    expect(await asked).toBe(true);
  });
});
