/** The life of an access key: good from the moment it is made until it, its owner or its account's root key is gone. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { RootKeysInMemory } from "../../storage/memory/root-keys.ts";
import { Vault } from "../../secrets/vault.ts";
import { rotateRootKey, RootKeyRotation } from "../rotate-root-key.ts";
import type { Caller } from "../call.ts";
import { createApiKey, deleteApiKey, type CreatedApiKey } from "./api-keys.ts";
import { SignedAuthentication } from "./authenticate-signed.ts";
import { reportLeakedKey } from "./leaked-keys.ts";
import { listApiKeys } from "./read-api-keys.ts";
import { createServiceId, deleteServiceId } from "./service-ids.ts";
import { SCHEDULE } from "../testing/test-app.ts";
import { IdentityApp, NOBODY, type TestUser } from "./testing/identity-app.ts";
import { updateApiKey } from "./update-api-key.ts";
import { deleteUser, updateUser } from "./users.ts";

let app: IdentityApp;
let rootKeys: RootKeysInMemory;
let admin: Caller;
let ada: TestUser;
let held: SignedAuthentication;
beforeEach(async () => {
  rootKeys = new RootKeysInMemory();
  app = await IdentityApp.open({ rootKeys });
  admin = await app.administrator();
  ada = await app.user("ada@example.com");
  held = authentication();
});
afterEach(() => app.close());

function authentication(vault: Vault = app.parts.capabilities.vault): SignedAuthentication {
  const { state, clock } = app.parts;
  return new SignedAuthentication({ state, vault, clock });
}

function keyOf(iamId: string, given: object = {}): Promise<CreatedApiKey> {
  return app.done(createApiKey, admin, { iamId, form: "access-key", ...given });
}

function signedBy(
  { accessKeyId, value }: CreatedApiKey,
  by: SignedAuthentication,
): Promise<Caller> {
  return by.authenticate({
    accessKeyId: accessKeyId ?? "",
    sessionToken: null,
    isSignedWith: (secret) => secret.reveal() === value.reveal(),
  });
}

/** Whose it is, or why it is no good; the same whether the key was in use before or not. */
async function good(key: CreatedApiKey): Promise<string> {
  const answers = [await signedBy(key, held), await signedBy(key, authentication())];
  const [known, fresh] = answers.map((caller) =>
    caller.kind === "identity"
      ? caller.name
      : caller.kind === "anonymous"
        ? String(caller.refusal?.details["reason"] ?? caller.refusal?.code)
        : caller.kind,
  );
  expect(known).toBe(fresh);
  return known ?? "";
}

describe("an access key", () => {
  it("is of AWS's form, goes by its id, and is shown once", async () => {
    const key = await keyOf(ada.user.iamId);
    expect(key.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(key.name).toBe(key.accessKeyId);
    expect(key.value.reveal()).toMatch(/^[A-Za-z0-9+/]{40}$/);
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-identity.user-apikey.create",
      requestData: { form: "access-key" },
      responseData: { id: key.id, accessKeyId: key.accessKeyId },
    });
    const { apiKeys } = await app.done(listApiKeys, admin, { iamId: ada.user.iamId });
    expect(apiKeys.map((one) => one.key.accessKeyId)).toContain(key.accessKeyId);
    const rows = ["api_keys", "access_keys", "outbox"].flatMap((table) =>
      app.parts.database.all(`SELECT * FROM ${table}`),
    );
    const texts = rows.flatMap((row) =>
      Object.values(row).map((one) =>
        one instanceof Uint8Array ? Buffer.from(one).toString("latin1") : String(one),
      ),
    );
    const secret = key.value.reveal();
    expect(texts.some((text) => text.includes(secret))).toBe(false);
    expect(JSON.stringify([apiKeys, app.parts.events()])).not.toContain(secret);
  });

  it("signs, and logs nobody in", async () => {
    const key = await keyOf(ada.user.iamId);
    expect(await good(key)).toBe("ada@example.com");
    await expect(app.login(key.value)).rejects.toThrow();
    const value = new Sensitive(`access-key ${key.accessKeyId}`);
    await expect(app.login(value)).rejects.toThrow();
  });

  it("is refused with another secret, another token, and under another id", async () => {
    const key = await keyOf(ada.user.iamId);
    const other = await keyOf(ada.user.iamId);
    expect(await good({ ...key, value: other.value })).toBe("bad-signature");
    expect(await good({ ...key, accessKeyId: "AKIAAAAAAAAAAAAAAAAA" })).toBe("unknown-access-key");
    expect(await good({ ...key, accessKeyId: "hunter2" })).toBe("unknown-access-key");
    const caller = await held.authenticate({
      accessKeyId: key.accessKeyId ?? "",
      sessionToken: "a token",
      isSignedWith: () => true,
    });
    expect(caller).toMatchObject({
      kind: "anonymous",
      refusal: { details: { reason: "bad-session-token" } },
      claimed: { id: ada.user.iamId },
    });
  });

  it("is the owner of the account as root, and a service ID as itself", async () => {
    const root = await keyOf(app.first.administrator.iamId);
    expect(await signedBy(root, held)).toMatchObject({ signedBy: { kind: "root" } });
    const service = await app.done(createServiceId, admin, { name: "deploy" });
    const key = await keyOf(service.iamId);
    expect(await signedBy(key, held)).toMatchObject({
      id: service.iamId,
      credentialType: "access-key",
      signedBy: { kind: "user", accessKeyId: key.accessKeyId },
    });
    await app.done(deleteServiceId, admin, { id: service.id });
    expect(await good(key)).toBe("unknown-access-key");
  });
});

describe("an access key ends at once", () => {
  const ends: readonly (readonly [string, (key: CreatedApiKey) => Promise<unknown>, string])[] = [
    [
      "disabled",
      ({ id }) => app.done(updateApiKey, admin, { id, change: { kind: "disable" } }),
      "key-disabled",
    ],
    ["deleted", ({ id }) => app.done(deleteApiKey, admin, { id }), "unknown-access-key"],
    [
      "of a user who is disabled",
      ({ iamId }) => app.done(updateUser, admin, { iamId, state: "disabled" }),
      "key-disabled",
    ],
    [
      "of a user who is deleted",
      ({ iamId }) => app.done(deleteUser, admin, { iamId }),
      "unknown-access-key",
    ],
  ];
  it.each(ends)("when it is %s", async (_how, end, fault) => {
    const key = await keyOf(ada.user.iamId);
    expect(await good(key)).toBe("ada@example.com");
    await end(key);
    expect(await good(key)).toBe(fault);
  });

  it("when its time is over", async () => {
    const expiresAt = new Date(app.parts.clock.now() + 60_000).toISOString();
    const key = await keyOf(ada.user.iamId, { expiresAt });
    expect(await good(key)).toBe("ada@example.com");
    app.parts.clock.advance(60_000);
    expect(await good(key)).toBe("key-disabled");
  });

  it("goes on while it is locked, and is good again once it is enabled", async () => {
    const key = await keyOf(ada.user.iamId);
    const { id } = key;
    for (const kind of ["lock", "unlock", "disable", "enable"] as const) {
      await app.done(updateApiKey, admin, { id, change: { kind } });
    }
    expect(await good(key)).toBe("ada@example.com");
  });

  it.each([
    ["disable", "key-disabled"],
    ["delete", "unknown-access-key"],
  ] as const)("when it is reported as leaked, by id and secret, to %s", async (action, fault) => {
    const key = await keyOf(ada.user.iamId, { actionWhenLeaked: action });
    const report = (text: string) =>
      app.done(reportLeakedKey, NOBODY, { apiKey: new Sensitive(text) });
    await report(`${key.accessKeyId}:${"x".repeat(40)}`);
    await report(String(key.accessKeyId));
    expect(await good(key)).toBe("ada@example.com");
    await report(`${key.accessKeyId}:${key.value.reveal()}`);
    expect(await good(key)).toBe(fault);
  });
});

describe("while the vault", () => {
  it("is sealed no signature is believed, and that is what the caller hears", async () => {
    const key = await keyOf(ada.user.iamId);
    expect(await signedBy(key, authentication(Vault.sealed("no root key")))).toMatchObject({
      kind: "anonymous",
      refusal: { code: "sealed" },
      claimed: { id: ada.user.iamId },
    });
  });

  it("goes over to a new root key, access keys stay what they are", async () => {
    const key = await keyOf(ada.user.iamId);
    const { state, capabilities } = app.parts;
    await app.done(rotateRootKey, SCHEDULE, {});
    const rotation = new RootKeyRotation({ state, vault: capabilities.vault, rootKeys });
    while (await rotation.step());
    const [root] = (await rootKeys.load()) ?? [];
    const ids = app.parts.database.all("SELECT DISTINCT root_key_id AS id FROM data_keys");
    expect(ids).toEqual([{ id: root?.id }]);
    expect(await good(key)).toBe("ada@example.com");
  });
});
