import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CredentialOwner } from "../../identity/api-key.ts";
import type { Caller } from "../call.ts";
import { createApiKey, deleteApiKey, type CreatedApiKey } from "./api-keys.ts";
import { readApiKey } from "./read-api-keys.ts";
import { createServiceId } from "./service-ids.ts";
import { IdentityApp } from "./testing/identity-app.ts";
import { updateApiKey, type ApiKeyChange, type ApiKeyFields } from "./update-api-key.ts";
import { updateServiceId } from "./update-service-id.ts";

let app: IdentityApp;
let admin: Caller;
beforeEach(async () => {
  app = await IdentityApp.open();
  admin = await app.administrator();
});
afterEach(() => app.close());

const fields = (given: ApiKeyFields, ifMatch = "*"): ApiKeyChange => ({
  kind: "fields",
  fields: given,
  ifMatch,
});

async function keyOf(owner: CredentialOwner["kind"]): Promise<CreatedApiKey> {
  if (owner === "user") return (await app.user("ada@example.com")).key;
  const { iamId } = await app.done(createServiceId, admin, { name: "ci" });
  return app.done(createApiKey, admin, { iamId, name: "key" });
}

const OWNERS = [
  ["user", "user-apikey.update", "user-apikey"],
  ["serviceid", "serviceid-apikey.update", "account-apikey"],
] as const;

describe.each(OWNERS)("a change of the API key of a %s", (owner, operation, object) => {
  it("leaves everything else, and its value, as it was", async () => {
    const { value, ...key } = await keyOf(owner);
    app.parts.clock.advance(5);
    const changed = await app.done(updateApiKey, admin, {
      id: key.id,
      change: fields({ description: "new" }),
    });
    expect(changed).toEqual({
      ...key,
      description: "new",
      entityTag: expect.not.stringMatching(key.entityTag),
      modifiedAt: key.modifiedAt + 5,
    });
    expect((await app.login(value)).apikeyId).toBe(key.id);
  });

  it.each(["lock", "unlock", "disable", "enable"] as const)(
    "by %s is one thing and no more, and nothing at all the second time",
    async (kind) => {
      const { value, ...key } = await keyOf(owner);
      const [field, state] = (
        {
          lock: ["locked", true],
          unlock: ["locked", false],
          disable: ["disabled", true],
          enable: ["disabled", false],
        } as const
      )[kind];
      const opposite = (
        { lock: "unlock", unlock: "lock", disable: "enable", enable: "disable" } as const
      )[kind];
      const { id } = key;
      await app.done(updateApiKey, admin, { id, change: { kind: opposite } });
      const once = await app.done(updateApiKey, admin, { id, change: { kind } });
      expect(once).toEqual({
        ...key,
        [field]: state,
        sessionsSince: expect.any(Number),
        entityTag: expect.any(String),
        modifiedAt: expect.any(Number),
      });
      app.parts.clock.advance(5);
      expect(await app.done(updateApiKey, admin, { id, change: { kind } })).toEqual(once);
      const said = field === "locked" ? { lock: state } : { lock: false, disabled: state };
      expect(app.parts.lastEvent()).toMatchObject({ operation, requestData: { id, ...said } });
      expect(app.parts.lastEvent().requestData).not.toHaveProperty("instance_name");
      expect(String(value)).toBe("[redacted]");
    },
  );

  it("that renames it is recorded under the new name, but under the old one if refused", async () => {
    const { id, entityTag } = await keyOf(owner);
    await app.done(updateApiKey, admin, { id, change: fields({ name: "next" }, entityTag) });
    expect(app.parts.lastEvent()).toMatchObject({
      message: `IAM Identity Service: update ${object} next`,
      target: { name: "next" },
      requestData: { lock: false, prev_instance_name: "key", instance_name: "next" },
    });
    const stale = fields({ name: "later" }, entityTag);
    expect(await app.refused(updateApiKey, admin, { id, change: stale })).toMatch(/^precondition_/);
    expect(app.parts.lastEvent()).toMatchObject({ target: { name: "next" }, outcome: "failure" });
    const { caller } = await app.user("eve@example.com");
    const change = fields({ name: "sk-live-pasted-by-mistake" });
    expect(await app.refused(updateApiKey, caller, { id, change })).toMatch(/^forbidden: /);
    expect(app.parts.lastEvent()).toMatchObject({ target: { name: "next" }, requestData: {} });
  });

  it.each([
    { name: "" },
    { name: "a\u0000b" },
    { description: "x".repeat(1_001) },
    { expiresAt: "2001-01-01T00:00:00Z" },
    { expiresAt: "2030-02-30" },
    { expiresAt: "tomorrow" },
  ])("to %j is refused, and nothing of it recorded", async (given) => {
    const { id, entityTag } = await keyOf(owner);
    const input = { id, change: fields(given) };
    expect(await app.refused(updateApiKey, admin, input)).toMatch(/^invalid_request: /);
    expect(app.parts.lastEvent()).toMatchObject({
      operation: "user-apikey.update",
      requestData: {},
    });
    expect((await app.done(readApiKey, admin, { id })).key.entityTag).toBe(entityTag);
  });

  it("is critical while it is locked; locking and unlocking always go", async () => {
    const { id, iamId } = await keyOf(owner);
    await app.done(updateApiKey, admin, { id, change: { kind: "lock" } });
    for (const change of [
      fields({ name: "x" }),
      { kind: "disable" } as const,
      { kind: "enable" } as const,
    ]) {
      expect(await app.refused(updateApiKey, admin, { id, change })).toMatch(/^locked: /);
      expect(app.parts.lastEvent()).toMatchObject({
        operation,
        outcome: "failure",
        severity: "critical",
        message: `IAM Identity Service: update ${object} key -failure`,
        requestData: { iamId, lock: true },
      });
    }
    expect(await app.refused(deleteApiKey, admin, { id })).toMatch(/^locked: /);
    expect(app.parts.lastEvent()).toMatchObject({
      severity: "critical",
      requestData: { lock: true },
    });
    await app.done(updateApiKey, admin, { id, change: { kind: "unlock" } });
    await app.done(deleteApiKey, admin, { id });
    expect(app.parts.lastEvent().requestData).toEqual({ id, iamId, lock: false });
  });
});

describe("a disabled API key", () => {
  it.each(["default", "bx"])(
    "logs in no more, and ends what %s opened for good",
    async (client) => {
      const { user, key } = await app.user("ada@example.com");
      const { accessToken } = await app.login(key.value, client);
      const change = (kind: "disable" | "enable"): Promise<unknown> =>
        app.done(updateApiKey, admin, { id: key.id, change: { kind } });
      await change("disable");
      await expect(app.login(key.value)).rejects.toThrow("disabled");
      expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
      await change("enable");
      app.parts.clock.advance(1);
      const { accessToken: next, apikeyId } = await app.login(key.value, client);
      expect(apikeyId).toBe(key.id);
      expect((await app.authenticated(next)).kind).toBe("identity");
      expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
      expect(user.iamId).toBe(key.iamId);
    },
  );
});

describe("an API key that has expired", () => {
  it("may be given more time, which its sessions of before have no part in", async () => {
    const { user } = await app.user("ada@example.com");
    const at = (ms: number): string => new Date(app.parts.clock.now() + ms).toISOString();
    const { id, value } = await app.done(createApiKey, admin, {
      iamId: user.iamId,
      name: "short",
      expiresAt: at(60_000),
    });
    const before = await Promise.all([app.login(value), app.login(value, "bx")]);
    await app.done(updateApiKey, admin, { id, change: fields({ expiresAt: at(120_000) }) });
    for (const { accessToken } of before) {
      expect((await app.authenticated(accessToken)).kind).toBe("identity");
    }
    app.parts.clock.advance(120_000);
    await app.done(updateApiKey, admin, { id, change: fields({ expiresAt: null }) });
    app.parts.clock.advance(1);
    for (const { accessToken } of before) {
      expect((await app.authenticated(accessToken)).kind).toBe("anonymous");
    }
    expect((await app.login(value)).apikeyId).toBe(id);
  });
});

describe("the API key of a locked service ID", () => {
  it("cannot be changed, but be locked and unlocked itself", async () => {
    const { id: serviceId, iamId } = await app.done(createServiceId, admin, { name: "ci" });
    const { id } = await app.done(createApiKey, admin, { iamId, name: "key" });
    await app.done(updateServiceId, admin, { id: serviceId, change: { kind: "lock" } });
    const change = fields({ name: "x" });
    expect(await app.refused(updateApiKey, admin, { id, change })).toMatch(
      /^locked: The service ID of this API key is locked/,
    );
    expect(app.parts.lastEvent().requestData).toMatchObject({ lock: true });
    await app.done(updateApiKey, admin, { id, change: { kind: "lock" } });
    await app.done(updateApiKey, admin, { id, change: { kind: "unlock" } });
    expect(await app.refused(deleteApiKey, admin, { id })).toMatch(/^locked: /);
  });
});

describe("an API key", () => {
  it("is its user's own matter, and nobody else's without a role", async () => {
    const { key, caller } = await app.user("ada@example.com");
    const { caller: other } = await app.user("eve@example.com");
    const { caller: editor } = await app.user("ed@example.com", ["Editor"]);
    const lock = { id: key.id, change: { kind: "lock" } } as const;
    await app.done(updateApiKey, caller, lock);
    expect((await app.done(readApiKey, caller, { id: key.id })).key.locked).toBe(true);
    for (const one of [other, editor]) {
      expect(await app.refused(updateApiKey, one, lock)).toMatch(/^forbidden: /);
    }
    expect(await app.refused(readApiKey, other, { id: key.id })).toMatch(/^forbidden: /);
    expect((await app.done(readApiKey, editor, { id: key.id })).key.id).toBe(key.id);
  });
});
