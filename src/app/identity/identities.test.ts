import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_API_KEYS_PER_IDENTITY } from "../../identity/api-key.ts";
import type { PolicyResource } from "../../identity/authorize.ts";
import { isForOneself, permissionsOf, ROLE_NAMES } from "../../identity/roles.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import type { Caller } from "../call.ts";
import type { Operation } from "../operation.ts";
import { createApiKey, deleteApiKey } from "./api-keys.ts";
import { createPolicy, deletePolicy, listPolicies } from "./policies.ts";
import { listApiKeys } from "./read-api-keys.ts";
import { listServiceIds } from "./read-service-ids.ts";
import { createServiceId, deleteServiceId } from "./service-ids.ts";
import { NOBODY, IdentityApp, START } from "./testing/identity-app.ts";
import { createUser, deleteUser, listUsers } from "./users.ts";

let app: IdentityApp;
let admin: Caller;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
});
afterEach(() => app.close());

const crnOf = (service: string, kind: string, id: string): string =>
  `crn:v1:bluemix:public:${service}:global:a/${app.first.account.id}::${kind}:${id}`;

describe("users", () => {
  it("are invited once to an address, whatever its case", async () => {
    const input = { email: "Ada@Example.com", name: "Ada" };
    const user = await app.done(createUser, admin, input);
    expect(user).toMatchObject({
      email: "ada@example.com",
      state: "active",
      createdAt: START,
      createdBy: app.first.administrator.iamId,
    });
    expect(app.parts.lastEvent()).toMatchObject({
      action: "user-management.user.invite",
      message: "User Management: invite user ada@example.com",
      target: { id: crnOf("user-management", "user", user.iamId), name: "ada@example.com" },
      requestData: { email: "Ada@Example.com", name: "Ada" },
      responseData: { iamId: user.iamId },
    });
    expect(await app.refused(createUser, admin, input)).toMatch(/^conflict: /);
  });

  it("are listed in the order in which they came, by parts", async () => {
    for (const n of [1, 2, 3]) {
      app.parts.clock.advance(1);
      await app.done(createUser, admin, { email: `u${n}@example.com`, name: `U${n}` });
    }
    const part = await app.done(listUsers, admin, { offset: 1, limit: 2 });
    expect(part.users.map(({ email }) => email)).toEqual(["u1@example.com", "u2@example.com"]);
    expect(part).toMatchObject({ totalCount: 4, offset: 1, limit: 2 });
    expect(app.parts.lastEvent()).toMatchObject({
      requestData: { offset: 1, limit: 2 },
      responseData: { totalCount: 4 },
    });
    for (const input of [{ limit: 0 }, { limit: 101 }, { offset: -1 }, { offset: 0.5 }]) {
      expect(await app.refused(listUsers, admin, input)).toMatch(/^invalid_request: /);
    }
  });

  it("go with their keys and policies, each recorded under one correlation", async () => {
    const { user, key } = await app.user("ada@example.com", ["Reader"]);
    const before = app.parts.log.size;
    await app.done(deleteUser, admin, { iamId: user.iamId });
    const events = app.parts.events().slice(before);
    expect(events.map(({ operation, target }) => [operation, target.id])).toEqual([
      ["user.delete", crnOf("user-management", "user", user.iamId)],
      ["user-apikey.delete", crnOf("iam-identity", "apikey", key.id)],
      ["policy.delete", expect.stringContaining("iam-am:global")],
    ]);
    expect(events[2]?.responseData).toEqual({
      subject: user.iamId,
      roles: ["Reader"],
      resource: {},
    });
    expect(new Set(events.map(({ correlationId }) => correlationId)).size).toBe(1);
    expect(await app.refused(deleteUser, admin, { iamId: user.iamId })).toMatch(/^not_found: /);
    const left = await app.done(listPolicies, admin, { subject: user.iamId });
    expect(left.totalCount).toBe(0);
  });
});

describe("service IDs", () => {
  it("are made, listed and deleted with their keys", async () => {
    const made = await app.done(createServiceId, admin, { name: "ci", description: "builds" });
    expect(made.id).toMatch(/^ServiceId-[0-9a-f-]{36}$/);
    expect(made.iamId).toBe(`iam-${made.id}`);
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-identity.account-serviceid.create",
      target: {
        id: crnOf("iam-identity", "serviceid", made.id),
        typeURI: "iam-identity/account/serviceid",
      },
      requestData: { name: "ci" },
    });
    const key = await app.done(createApiKey, admin, { iamId: made.iamId, name: "key" });
    const listed = await app.done(listServiceIds, admin, {});
    const { apiKey, ...serviceId } = made;
    expect([apiKey, listed.serviceIds]).toEqual([null, [{ serviceId }]]);
    await app.done(deleteServiceId, admin, { id: made.id });
    const names = app.parts.events().map(({ operation }) => operation);
    expect(names.slice(-2)).toEqual(["serviceid.delete", "serviceid-apikey.delete"]);
    expect((await app.done(listApiKeys, admin, { iamId: made.iamId })).totalCount).toBe(0);
    await expect(app.login(key.value)).rejects.toThrow("not known");
  });

  it("stay, with all they have, while they or a key of theirs is locked", async () => {
    const { id, iamId } = await app.done(createServiceId, admin, { name: "ci" });
    const key = await app.done(createApiKey, admin, { iamId, name: "key" });
    app.parts.database.run("UPDATE api_keys SET locked = 1 WHERE id = ?", key.id);
    expect(await app.refused(deleteServiceId, admin, { id })).toMatch(/^locked: The API key/);
    expect(await app.refused(deleteApiKey, admin, { id: key.id })).toMatch(/^locked: /);
    app.parts.database.run("UPDATE api_keys SET locked = 0");
    app.parts.database.run("UPDATE service_ids SET locked = 1");
    expect(await app.refused(deleteServiceId, admin, { id })).toMatch(/^locked: The service ID/);
    expect(await app.refused(createApiKey, admin, { iamId, name: "x" })).toMatch(/^locked: /);
    const policy = { subject: iamId, roles: ["Reader"], resource: {} };
    expect(await app.refused(createPolicy, admin, policy)).toMatch(/^locked: /);
    expect((await app.login(key.value)).apikeyId).toBe(key.id);
  });
});

describe("API keys", () => {
  it("are recorded by their id and never by their value, which is kept nowhere", async () => {
    const { iamId } = app.first.administrator;
    const key = await app.done(createApiKey, admin, { iamId, name: "laptop", description: "mine" });
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "user-apikey.create",
      requestData: { name: "laptop", iamId },
      responseData: { id: key.id },
    });
    const ledger = app.parts.log.lines.map((line) => Buffer.from(line).toString()).join();
    const rows = JSON.stringify(app.parts.database.all("SELECT * FROM api_keys"));
    expect(ledger + rows).not.toContain(key.value.reveal());
    expect(JSON.stringify(await app.done(listApiKeys, admin, {}))).not.toContain(
      key.value.reveal(),
    );
  });

  it("belong to somebody, end in the future, and are not too many", async () => {
    const { iamId } = app.first.administrator;
    const nobody = { iamId: "IBMid-0000000000000000", name: "key" };
    expect(await app.refused(createApiKey, admin, nobody)).toMatch(/^not_found: /);
    for (const expiresAt of [toRfc3339(START), "2020-01-01T00:00:00Z", "tomorrow"]) {
      expect(await app.refused(createApiKey, admin, { iamId, name: "key", expiresAt })).toMatch(
        /^invalid_request: /,
      );
    }
    for (let n = 1; n < MAX_API_KEYS_PER_IDENTITY; n++) {
      await app.done(createApiKey, admin, { iamId, name: `key ${n}` });
    }
    expect(await app.refused(createApiKey, admin, { iamId, name: "one more" })).toMatch(
      /^limit_reached: /,
    );
  });
});

describe("policies", () => {
  it("give their subject the role from the next call on", async () => {
    const { user, caller } = await app.user("ada@example.com");
    expect(await app.refused(listUsers, caller, {})).toMatch(/^forbidden: /);
    const resource = { service: "user-management" };
    const input = { subject: user.iamId, roles: ["Administrator"], resource };
    const policy = await app.done(createPolicy, admin, input);
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-am.policy.create",
      target: { id: crnOf("iam-am", "policy", policy.id) },
      requestData: input,
      responseData: { id: policy.id },
    });
    expect((await app.done(listUsers, caller, {})).totalCount).toBe(2);
    expect(await app.refused(listPolicies, caller, {})).toMatch(/^forbidden: /);
    expect((await app.done(listPolicies, admin, { subject: user.iamId })).policies).toEqual([
      policy,
    ]);
  });

  it("speak of subjects and instances of the account", async () => {
    const subject = app.first.administrator.iamId;
    const stranger = { subject: "IBMid-0000000000000000", roles: ["Reader"], resource: {} };
    expect(await app.refused(createPolicy, admin, stranger)).toMatch(/^invalid_request: `subject`/);
    const none: readonly (readonly [PolicyResource, RegExp])[] = [
      [{ instance: app.first.account.id }, /`instance` must be/],
      [{ instance: "4f4a3d4f-8f1c-4ad2-9a57-8a2e8d6b0c11" }, /`instance` is no instance/],
      [{ secretGroup: "4f4a3d4f-8f1c-4ad2-9a57-8a2e8d6b0c11" }, /needs the `instance`/],
    ];
    for (const [resource, sentence] of none) {
      const refused = await app.refused(createPolicy, admin, {
        subject,
        roles: ["Reader"],
        resource,
      });
      expect(refused).toMatch(sentence);
    }
    const resource = { instance: app.first.instance.id, secretGroup: "default" };
    await app.done(createPolicy, admin, { subject, roles: ["Reader"], resource });
  });

  it("leave the account an administrator", async () => {
    const { iamId } = app.first.administrator;
    const [only] = (await app.done(listPolicies, admin, { subject: iamId })).policies;
    const refusal = "conflict: The account would be left without an administrator.";
    expect(await app.refused(deletePolicy, admin, { id: only!.id })).toBe(refusal);
    expect(await app.refused(deleteUser, admin, { iamId })).toBe(refusal);
    const { caller } = await app.user("ada@example.com", ["Administrator"]);
    await app.done(deletePolicy, caller, { id: only!.id });
    expect(app.parts.lastEvent().responseData).toMatchObject({ subject: iamId });
    expect(await app.refused(listUsers, admin, {})).toMatch(/^forbidden: /);
  });
});

describe("what does not exist and what may not be seen", () => {
  it("look the same to whoever may not do it", async () => {
    const { caller, user } = await app.user("ada@example.com", ["Reader"]);
    const absent = await app.refused(deleteUser, caller, { iamId: "IBMid-0000000000000000" });
    const present = await app.refused(deleteUser, caller, { iamId: user.iamId });
    expect(absent).toBe(present);
  });

  it("look the same across accounts", async () => {
    const other = { ...app.first.account, id: "f".repeat(32) };
    await app.parts.state.transact((tx) => tx.identity.putAccount(other));
    const call = app.call(admin, other.id);
    for (const iamId of [app.first.administrator.iamId, "IBMid-0000000000000000"]) {
      const performed = await app.parts.performer.perform(deleteUser, call, () => ({ iamId }));
      expect(performed).toMatchObject({ kind: "refused", refusal: { code: "forbidden" } });
    }
  });
});

/** One call of each operation that would succeed, were it allowed; the identities in it are made before. */
type Exemplar = readonly [Operation<object, unknown, object>, object];

describe("every operation on identities", () => {
  async function exemplars(): Promise<readonly Exemplar[]> {
    const { user, key } = await app.user("victim@example.com", ["Reader"]);
    const service = await app.done(createServiceId, admin, { name: "ci" });
    const serviceKey = await app.done(createApiKey, admin, { iamId: service.iamId, name: "key" });
    const subject = service.iamId;
    const policy = await app.done(createPolicy, admin, {
      subject,
      roles: ["Reader"],
      resource: {},
    });
    return [
      [createUser, { email: `${user.iamId}@example.com`, name: "New" }],
      [listUsers, {}],
      [createServiceId, { name: "new" }],
      [listServiceIds, {}],
      [createApiKey, { iamId: user.iamId, name: "new" }],
      [createApiKey, { iamId: service.iamId, name: "new" }],
      [listApiKeys, { iamId: user.iamId }],
      [createPolicy, { subject, roles: ["Manager"], resource: {} }],
      [listPolicies, {}],
      [deletePolicy, { id: policy.id }],
      [deleteApiKey, { id: key.id }],
      [deleteApiKey, { id: serviceKey.id }],
      [deleteServiceId, { id: service.id }],
      [deleteUser, { iamId: user.iamId }],
    ] as unknown as readonly Exemplar[];
  }

  it.each(ROLE_NAMES)("as %s, on the account", async (role) => {
    const { caller } = await app.user("caller@example.com", [role]);
    for (const [operation, input] of await exemplars()) {
      const performed = await app.parts.performer.perform(operation, app.call(caller), () => input);
      const ending = performed.kind === "done" ? "done" : performed.refusal.code;
      const event = app.parts.events()[performed.recorded.index];
      // Of a family of operations, the one that it turned out to be.
      const turnedOut = event?.operation ?? operation.name;
      // What they are about is somebody else's.
      const may = permissionsOf(role).has(turnedOut) && !isForOneself(role);
      expect([turnedOut, ending]).toEqual([turnedOut, may ? "done" : "forbidden"]);
      expect(event).toMatchObject(
        ending === "done"
          ? { outcome: "success" }
          : { outcome: "failure", severity: "critical", reason: { reasonCode: 403 } },
      );
    }
  });

  it("as Administrator of one service only", async () => {
    const resource = { service: "iam-identity" };
    const { caller } = await app.user("caller@example.com", ["Administrator"], resource);
    for (const [operation, input] of await exemplars()) {
      const performed = await app.parts.performer.perform(operation, app.call(caller), () => input);
      const isIdentity = /^(serviceid|user-apikey|serviceid-apikey|apikey)\./.test(operation.name);
      expect([operation.name, performed.kind]).toEqual([
        operation.name,
        isIdentity ? "done" : "refused",
      ]);
    }
  });

  it("as nobody", async () => {
    for (const [operation, input] of await exemplars()) {
      expect(await app.refused(operation, NOBODY, input)).toBe(
        "unauthenticated: The request carries no credential.",
      );
    }
  });
});
