import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newAccessGroupId, type AccessGroup } from "../../identity/access-group.ts";
import { ANY_ENTITY_TAG } from "../../identity/entity-tag.ts";
import {
  actingProfileOf,
  MAX_PROFILES_PER_ACCOUNT,
  newProfileId,
  type TrustedProfile,
} from "../../identity/trusted-profile.ts";
import type { Caller } from "../call.ts";
import { createPolicy } from "../identity/policies.ts";
import { IdentityApp, START } from "../identity/testing/identity-app.ts";
import { createProfile, deleteProfile, updateProfile } from "./profiles.ts";
import { listProfiles, readProfile } from "./read-profiles.ts";

let app: IdentityApp;
let admin: Caller;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
});
afterEach(() => app.close());

const make = (name = "on-duty"): Promise<TrustedProfile> =>
  app.done(createProfile, admin, { name });
const crnOf = ({ id }: TrustedProfile): string =>
  `crn:v1:bluemix:public:iam-identity:global:a/${app.first.account.id}::profile:${id}`;

describe("a trusted profile", () => {
  it("is made with ids of its own, trusting nobody", async () => {
    const input = { name: "on-duty", description: "nights", email: "Duty@Example.com" };
    const profile = await app.done(createProfile, admin, input);
    expect(profile).toMatchObject({
      id: expect.stringMatching(/^Profile-[0-9a-f-]{36}$/),
      iamId: `iam-${profile.id}`,
      account: app.first.account.id,
      name: "on-duty",
      description: "nights",
      email: "duty@example.com",
      createdAt: START,
      createdBy: app.first.administrator.iamId,
    });
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-identity.account-profile.create",
      message: "IAM Identity Service: create account-profile on-duty",
      severity: "normal",
      target: {
        id: crnOf(profile),
        name: "on-duty",
        typeURI: "iam-identity/account/profile",
      },
      requestData: { name: "on-duty", instance_name: "on-duty" },
      responseData: { id: profile.id, iamId: profile.iamId },
    });
  });

  it("has a name that no other of the account has", async () => {
    await make();
    expect(await app.refused(createProfile, admin, { name: "on-duty" })).toMatch(/^conflict: /);
    const other = await make("other");
    const rename = { id: other.id, ifMatch: ANY_ENTITY_TAG, name: "on-duty" };
    expect(await app.refused(updateProfile, admin, rename)).toMatch(/^conflict: /);
    const same = { ...rename, name: "other", description: "as it was called" };
    expect(await app.done(updateProfile, admin, same)).toMatchObject({ name: "other" });
  });

  it("is renamed by who knows its present state, under both names in the record", async () => {
    const profile = await make();
    app.parts.clock.advance(1_000);
    const { id, entityTag: ifMatch } = profile;
    const renamed = await app.done(updateProfile, admin, { id, ifMatch, name: "day-duty" });
    expect(renamed).toEqual({
      ...profile,
      name: "day-duty",
      entityTag: expect.not.stringMatching(ifMatch),
      modifiedAt: START + 1_000,
    });
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-identity.account-profile.update",
      target: { id: crnOf(profile), name: "day-duty" },
      requestData: { id, prev_instance_name: "on-duty", instance_name: "day-duty" },
    });
    const late = { id, ifMatch, description: "too late" };
    expect(await app.refused(updateProfile, admin, late)).toMatch(/^precondition_failed: /);
    expect(app.parts.lastEvent()).toMatchObject({
      outcome: "failure",
      target: { name: "day-duty" },
      requestData: { prev_instance_name: "day-duty", instance_name: "day-duty" },
    });
    expect(await app.done(readProfile, admin, { id })).toEqual({ profile: renamed });
  });

  it("is one of a bounded number in an account", async () => {
    const first = await make();
    await app.parts.state.transact(async ({ profiles }) => {
      for (let n = 1; n < MAX_PROFILES_PER_ACCOUNT; n++) {
        const id = newProfileId();
        const iamId = actingProfileOf(id);
        await profiles.putProfile({ ...first, id, iamId, name: `profile ${n}` });
      }
    });
    const refused = await app.refused(createProfile, admin, { name: "one more" });
    expect(refused).toMatch(/^limit_reached: /);
  });

  it("is refused with a name or an address that none has", async () => {
    for (const input of [
      { name: "" },
      { name: "a\nb" },
      { name: "x".repeat(256) },
      { name: "a", description: "x".repeat(1_001) },
      { name: "a", email: "nowhere" },
    ]) {
      expect(await app.refused(createProfile, admin, input)).toMatch(/^invalid_request: /);
      expect(app.parts.lastEvent().requestData).toEqual({});
    }
  });

  it("is listed in any order and found by its name", async () => {
    const names = ["b", "c", "a"];
    for (const name of names) {
      app.parts.clock.advance(1);
      await make(name);
    }
    const namesOf = async (input: Parameters<typeof list>[0]): Promise<string> =>
      (await list(input)).profiles.map(({ profile }) => profile.name).join("");
    const list = (input: object) => app.done(listProfiles, admin, input);
    expect(await namesOf({})).toBe("bca");
    expect(await namesOf({ order: { by: "name", isDescending: true } })).toBe("cba");
    expect(await namesOf({ name: "c" })).toBe("c");
    expect(await namesOf({ name: "C" })).toBe("");
    const part = await list({ offset: 1, limit: 1 });
    expect(part).toMatchObject({ totalCount: 3, hasMoreBefore: true, hasMoreAfter: true });
    expect(app.parts.lastEvent()).toMatchObject({
      requestData: { offset: 1, limit: 1 },
      responseData: { totalCount: 3 },
    });
    expect(await app.refused(listProfiles, admin, { account: "another" })).toMatch(/^not_found/);
  });

  it("is deleted with its policies and memberships, each recorded", async () => {
    const profile = await make();
    const { id, iamId, account } = profile;
    const roles = ["Viewer"];
    await app.done(createPolicy, admin, { subject: iamId, roles, resource: {} });
    const group = await putGroupWith(profile);
    const before = app.parts.log.size;
    await app.done(deleteProfile, admin, { id });
    const events = app.parts.events().slice(before);
    expect(events.map(({ operation, severity }) => [operation, severity])).toEqual([
      ["profile.delete", "critical"],
      ["policy.delete", "critical"],
      ["access-group-member.delete", "critical"],
    ]);
    expect(events[0]).toMatchObject({ target: { id: crnOf(profile), name: "on-duty" } });
    const left = await app.parts.state.read(({ groups }) =>
      groups.memberships(account, group.id, iamId),
    );
    expect(left).toEqual([]);
    expect(await app.refused(readProfile, admin, { id })).toMatch(/^not_found: /);
    expect(await app.refused(deleteProfile, admin, { id })).toMatch(/^not_found: /);
  });

  it("is seen by a Viewer and an Editor, and changed by an Administrator alone", async () => {
    const { id } = await make();
    const viewer = await app.user("viewer@example.com", ["Viewer"]);
    const editor = await app.user("editor@example.com", ["Editor"]);
    const nobody = await app.user("nobody@example.com");
    for (const { caller } of [viewer, editor]) {
      expect(await app.done(readProfile, caller, { id })).toMatchObject({ profile: { id } });
      expect(await app.refused(createProfile, caller, { name: "mine" })).toMatch(/^forbidden: /);
      expect(await app.refused(deleteProfile, caller, { id })).toMatch(/^forbidden: /);
    }
    expect(await app.refused(readProfile, nobody.caller, { id })).toMatch(/^forbidden: /);
    const none = { id: "Profile-00000000-0000-4000-8000-000000000000" };
    expect(await app.refused(readProfile, nobody.caller, none)).toMatch(/^forbidden: /);
    expect(await app.refused(readProfile, viewer.caller, none)).toMatch(/^not_found: /);
  });
});

async function putGroupWith({ account, iamId }: TrustedProfile): Promise<AccessGroup> {
  const made = { account, createdAt: START, createdBy: "test" };
  const modified = { entityTag: "1-0", modifiedAt: START, modifiedBy: "test" };
  const group = { id: newAccessGroupId(), name: "ops", description: "", ...made, ...modified };
  await app.parts.state.transact(async ({ groups }) => {
    await groups.putGroup(group);
    const membership = { iamId, kind: "profile", rule: null, expiresAt: null } as const;
    await groups.putMember({ group: group.id, ...membership, ...made });
  });
  return group;
}
