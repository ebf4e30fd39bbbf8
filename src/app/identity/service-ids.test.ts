import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_INSTANCE_CRNS } from "../../identity/service-id.ts";
import type { Caller } from "../call.ts";
import { updateAccountSettings } from "./account-settings.ts";
import { createApiKey } from "./api-keys.ts";
import { createPolicy } from "./policies.ts";
import { listServiceIds, readServiceId } from "./read-service-ids.ts";
import { createServiceId, deleteServiceId } from "./service-ids.ts";
import { IdentityApp } from "./testing/identity-app.ts";
import { updateServiceId, type ServiceIdFields } from "./update-service-id.ts";

let app: IdentityApp;
let admin: Caller;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
});
afterEach(() => app.close());

const update = (id: string, fields: ServiceIdFields, ifMatch = "*") =>
  ({ id, change: { kind: "fields", fields, ifMatch } }) as const;

describe("a service ID with a first key", () => {
  it("is made with it or not at all", async () => {
    const { id, apiKey } = await app.done(createServiceId, admin, {
      name: "ci",
      apiKey: { name: "first", expiresAt: "2030-01-01T00:00:00Z" },
    });
    expect((await app.login(apiKey!.value)).apikeyId).toBe(apiKey?.id);
    expect((await app.done(readServiceId, admin, { id })).serviceId.name).toBe("ci");
    const before = app.parts.log.size;
    const bad = { name: "bad", apiKey: { name: "" } };
    expect(await app.refused(createServiceId, admin, bad)).toMatch(/^invalid_request: /);
    expect(app.parts.log.size).toBe(before + 1);
    expect((await app.done(listServiceIds, admin, { name: "bad" })).totalCount).toBe(0);
  });

  it("takes the right to make keys as well as the right to make service IDs", async () => {
    const { caller } = await app.user("ada@example.com", ["ServiceIdCreator"]);
    const input = { name: "ci", apiKey: { name: "first" } };
    expect(await app.refused(createServiceId, caller, input)).toMatch(
      /^forbidden: An API key with it needs one of the roles Administrator, Editor here/,
    );
    expect((await app.done(createServiceId, caller, { name: "ci" })).apiKey).toBeNull();
    expect((await app.done(listServiceIds, admin, {})).totalCount).toBe(1);
  });
});

describe("the making of service IDs", () => {
  it("is every user's where the account does not restrict it, but no program's", async () => {
    const { caller } = await app.user("ada@example.com");
    const { apiKey } = await app.done(createServiceId, admin, {
      name: "ci",
      apiKey: { name: "first" },
    });
    const program = await app.authenticated((await app.login(apiKey!.value)).accessToken);
    const input = { name: "new" };
    expect(await app.refused(createServiceId, caller, input)).toMatch(/^forbidden: /);
    const changes = { restrictCreateServiceId: "NOT_RESTRICTED" } as const;
    await app.done(updateAccountSettings, admin, { changes, ifMatch: "*" });
    expect((await app.done(createServiceId, caller, input)).name).toBe("new");
    expect(await app.refused(createServiceId, program, input)).toMatch(/^forbidden: /);
  });

  it("takes the caller's own account, and CRNs that are some", async () => {
    const elsewhere = { name: "x", account: "f".repeat(32) };
    expect(await app.refused(createServiceId, admin, elsewhere)).toMatch(/^not_found: /);
    const many = Array.from({ length: MAX_INSTANCE_CRNS + 1 }, () => "crn:v1:a:b:c:::::");
    for (const uniqueInstanceCrns of [["x"], [""], ["crn:v1: a"], many]) {
      const input = { name: "x", uniqueInstanceCrns };
      expect(await app.refused(createServiceId, admin, input)).toMatch(/^invalid_request: /);
    }
  });
});

describe("a change of a service ID", () => {
  it("leaves everything else as it was", async () => {
    const { apiKey, ...made } = await app.done(createServiceId, admin, {
      name: "ci",
      description: "old",
      uniqueInstanceCrns: ["crn:v1:a:b:c:::::"],
    });
    app.parts.clock.advance(5);
    const changed = await app.done(updateServiceId, admin, update(made.id, { description: "new" }));
    expect([apiKey, changed]).toEqual([
      null,
      {
        ...made,
        description: "new",
        entityTag: expect.not.stringMatching(made.entityTag),
        modifiedAt: made.modifiedAt + 5,
      },
    ]);
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-identity.account-serviceid.update",
      requestData: { id: made.id, lock: false, prev_instance_name: "ci", instance_name: "ci" },
    });
    const cleared = update(made.id, { uniqueInstanceCrns: [] }, changed.entityTag);
    expect((await app.done(updateServiceId, admin, cleared)).uniqueInstanceCrns).toEqual([]);
    expect(await app.refused(updateServiceId, admin, cleared)).toMatch(/^precondition_failed: /);
  });

  it("is for those who may, and nothing is kept of what others sent", async () => {
    const { id } = await app.done(createServiceId, admin, { name: "ci" });
    const { caller } = await app.user("eve@example.com", ["Viewer"]);
    const change = update(id, { name: "sk-live-pasted-by-mistake" });
    expect(await app.refused(updateServiceId, caller, change)).toMatch(/^forbidden: /);
    expect(app.parts.lastEvent()).toMatchObject({
      severity: "critical",
      target: { name: "ci" },
      requestData: {},
    });
  });
});

describe("a locked service ID", () => {
  it("keeps all that it has; each attempt on it is critical", async () => {
    const { id, iamId } = await app.done(createServiceId, admin, { name: "ci", lock: true });
    expect(app.parts.lastEvent().requestData).toMatchObject({ lock: true, instance_name: "ci" });
    const attempts = [
      () => app.refused(updateServiceId, admin, update(id, { name: "x" })),
      () => app.refused(deleteServiceId, admin, { id }),
      () => app.refused(createApiKey, admin, { iamId, name: "key" }),
    ];
    for (const attempt of attempts) {
      expect(await attempt()).toMatch(/^locked: /);
      expect(app.parts.lastEvent()).toMatchObject({
        outcome: "failure",
        severity: "critical",
        requestData: { lock: true },
      });
    }
    const policy = { subject: iamId, roles: ["Reader"], resource: {} };
    expect(await app.refused(createPolicy, admin, policy)).toMatch(/^locked: /);
    await app.done(updateServiceId, admin, { id, change: { kind: "unlock" } });
    await app.done(createPolicy, admin, policy);
    await app.done(deleteServiceId, admin, { id });
  });
});
