import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { NOBODY, openTestApp, PLACE, START, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { readSecret } from "./read-secret.ts";
import { readVersionMetadata } from "./read-version-metadata.ts";
import { readVersion } from "./read-version.ts";
import { secretAction } from "./secret-action.ts";
import { createSecretGroup } from "./secret-groups.ts";
import { arbitrary, kv, login, revealed } from "./testing/inputs.ts";
import {
  updateSecretMetadata,
  updateSecretMetadataInput,
  type SecretPatch,
} from "./update-secret-metadata.ts";
import { updateVersionMetadata, updateVersionMetadataInput } from "./update-version-metadata.ts";
import { versionAction } from "./version-action.ts";

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

const ledgerText = (): string =>
  app.log.lines.map((line) => Buffer.from(line).toString()).join("\n");

describe("a new secret", () => {
  it("is given back as it was made, and recorded without its value", async () => {
    const input = {
      ...arbitrary("db-prod", "canary-value"),
      description: "canary-description",
      labels: ["canary-label"],
      customMetadata: { note: "canary-metadata" },
      expirationDate: "2030-01-01T00:00:00Z",
    };
    const made = await app.done(createSecret, manager, input);
    expect(made).toMatchObject({
      crn: `crn:v1:bluemix:public:secrets-manager:us-south:a/${PLACE.account}:${PLACE.instance}:secret:${made.id}`,
      secretGroupId: "default",
      state: 1,
      stateDescription: "active",
      versionsTotal: 1,
      locksTotal: 0,
      createdAt: START,
      createdBy: manager.kind === "identity" && manager.id,
      expiresAt: Date.UTC(2030, 0, 1),
      downloaded: false,
      retrievedAt: null,
      rotation: null,
      nextRotationAt: null,
    });
    expect(revealed(made.payload)).toBe("canary-value");
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret.create",
      outcome: "success",
      reason: { reasonCode: 201, reasonType: "Created" },
      message: "Secrets Manager: create secret db-prod",
      target: { id: made.crn, name: "db-prod", typeURI: "secrets-manager/secret" },
      requestData: {
        name: "db-prod",
        secretType: "arbitrary",
        secretGroupId: "default",
        expirationDate: "2030-01-01T00:00:00Z",
      },
      responseData: { id: made.id, crn: made.crn, versionId: made.versionId },
    });
    await app.done(readSecret, manager, { id: made.id });
    expect(ledgerText()).not.toContain("canary");
  });

  it("of each type is read as it was given", async () => {
    const secrets = [
      [arbitrary("a", "line 1\nline 2 ✓"), "line 1\nline 2 ✓"],
      [login("l", "tiger-1"), { username: "scott", password: "tiger-1" }],
      [kv("k", { deep: { er: [1, null, "x"] } }), { deep: { er: [1, null, "x"] } }],
    ] as const;
    for (const [input, value] of secrets) {
      const { id } = await app.done(createSecret, manager, {
        ...input,
        name: `secret-${input.name}`,
      });
      expect(revealed((await app.done(readSecret, manager, { id })).payload)).toEqual(value);
    }
  });

  it("is kept sealed: neither value nor username stands in the database", async () => {
    await app.done(createSecret, manager, arbitrary("one", "canary-value"));
    await app.done(createSecret, manager, login("two", "canary-password"));
    const everything = ["secrets", "versions", "payloads", "data_keys", "outbox"]
      .flatMap((table) => app.database.all(`SELECT * FROM ${table}`))
      .flatMap((row) => Object.values(row))
      .map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value),
      )
      .join("\n");
    expect(everything).toContain("one");
    expect(everything).not.toMatch(/canary|scott/);
  });

  it("gets a password by its policy when it is given none", async () => {
    const policy = {
      length: 40,
      includeDigits: false,
      includeSymbols: false,
      includeUppercase: false,
    };
    const made = await app.done(createSecret, manager, {
      ...login("db"),
      payload: { kind: "username_password", username: "scott", passwordPolicy: policy },
    });
    expect(revealed(made.payload)).toEqual({
      username: "scott",
      password: expect.stringMatching(/^[a-z]{40}$/),
    });
    expect(made.passwordPolicy).toEqual(policy);
    const { payload } = await app.done(createVersion, manager, { id: made.id });
    expect(revealed(payload)).toEqual({
      username: "scott",
      password: expect.stringMatching(/^[a-z]{40}$/),
    });
    expect(revealed(payload)).not.toEqual(revealed(made.payload));
  });

  it("may not have the type and name of another, in whichever group", async () => {
    const group = await app.done(createSecretGroup, manager, { name: "team" });
    await app.done(createSecret, manager, arbitrary("db"));
    const again = { ...arbitrary("db"), secretGroupId: group.id };
    const refusal = await app.refused(createSecret, manager, again);
    expect([refusal.code, refusal.message]).toEqual([
      "conflict",
      expect.stringContaining("already exists"),
    ]);
    expect(app.lastEvent()).toMatchObject({
      outcome: "failure",
      reason: { reasonCode: 409 },
      target: { name: "db" },
    });
    await app.done(createSecret, manager, kv("db", {}));
  });

  it.each([
    ["a name with a space", { ...arbitrary("a b") }],
    ["a group that does not exist", { ...arbitrary("ab"), secretGroupId: "nowhere" }],
    ["a date that has passed", { ...arbitrary("ab"), expirationDate: "2020-01-01T00:00:00Z" }],
    ["a date on a kv secret", { ...kv("ab", {}), expirationDate: "2030-01-01T00:00:00Z" }],
    [
      "a rotation of what is not generated",
      { ...arbitrary("ab"), rotation: { autoRotate: true, interval: 1, unit: "day" } as const },
    ],
    [
      "a rotation by the hour",
      { ...login("ab"), rotation: { autoRotate: true, interval: 1, unit: "hour" } as const },
    ],
    ["a value of another type", { ...arbitrary("ab"), secretType: "kv" as const }],
    ["an empty value", arbitrary("ab", "")],
    [
      "31 labels",
      { ...arbitrary("ab"), labels: Array.from({ length: 31 }, (_, i) => `label-${i}`) },
    ],
    ["too much metadata", { ...arbitrary("ab"), versionCustomMetadata: { a: "x".repeat(11_000) } }],
  ])("is refused with %s, and nothing is kept", async (_what, input) => {
    const refusal = await app.refused(createSecret, manager, input);
    expect(["invalid_request", "not_found", "limit_reached"]).toContain(refusal.code);
    expect(app.database.all("SELECT id FROM secrets UNION SELECT owner FROM data_keys")).toEqual(
      [],
    );
    expect(app.lastEvent().outcome).toBe("failure");
  });
});

describe("reading a secret", () => {
  it("by type, group and name finds what its id finds", async () => {
    const group = await app.done(createSecretGroup, manager, { name: "team" });
    const inGroup = await app.done(createSecret, manager, {
      ...arbitrary("db"),
      secretGroupId: group.id,
    });
    const inDefault = await app.done(createSecret, manager, arbitrary("api"));
    const byName = (name: string, secretGroup: string) =>
      app.done(readSecret, manager, { name, secretType: "arbitrary", secretGroup });
    expect((await byName("db", "team")).id).toBe(inGroup.id);
    expect((await byName("api", "default")).id).toBe(inDefault.id);
    await expect(byName("db", "default")).rejects.toThrow("no such secret");
    await expect(byName("api", "team")).rejects.toThrow("no such secret");
    await expect(byName("nothing", "team")).rejects.toThrow("no such secret");
  });

  it("is recorded as one reading of its current version", async () => {
    const { id, crn } = await app.done(createSecret, manager, arbitrary("db"));
    const { versionId } = await app.done(createVersion, manager, {
      id,
      payload: { kind: "arbitrary", payload: new Sensitive("next") },
    });
    const read = await app.done(readSecret, manager, { id });
    expect(revealed(read.payload)).toBe("next");
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret.read",
      severity: "normal",
      dataEvent: true,
      target: { id: crn },
      requestData: { id },
      responseData: { id, versionId, payloadAvailable: true, downloaded: true },
      counters: { target: 3 },
    });
  });

  it("shows at once wherever the secret and its version are shown, and after a save as before", async () => {
    const { id, versionId } = await app.done(createSecret, manager, arbitrary("db"));
    expect(await app.done(readSecretMetadata, manager, { id })).toMatchObject({
      downloaded: false,
      retrievedAt: null,
    });
    app.clock.advance(1_000);
    const read = await app.done(readSecret, manager, { id });
    expect(read).toMatchObject({ downloaded: true, retrievedAt: START + 1_000 });
    for (let saves = 0; saves < 2; saves++) {
      expect(await app.done(readSecretMetadata, manager, { id })).toMatchObject({
        downloaded: true,
        retrievedAt: START + 1_000,
      });
      const version = await app.done(readVersionMetadata, manager, { id, versionId });
      expect(version.downloaded).toBe(true);
      await app.capabilities.retrievals.save();
    }
  });

  it("is refused to a Reader, who may see what is known of it", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("db"));
    const reader = await app.callerWith(["Reader"]);
    expect((await app.refused(readSecret, reader, { id })).code).toBe("forbidden");
    expect(app.lastEvent()).toMatchObject({
      severity: "critical",
      target: { name: "db" },
      responseData: {},
    });
    expect((await app.refused(readVersion, reader, { id, alias: "current" })).code).toBe(
      "forbidden",
    );
    expect((await app.done(readSecretMetadata, reader, { id })).name).toBe("db");
    expect((await app.refused(readSecret, NOBODY, { id })).code).toBe("unauthenticated");
  });

  it("is refused to one whose role is on another group", async () => {
    const blue = await app.done(createSecretGroup, manager, { name: "blue" });
    const { id } = await app.done(createSecret, manager, {
      ...arbitrary("db"),
      secretGroupId: blue.id,
    });
    const ofBlue = await app.callerWith(["SecretsReader"], { secretGroup: blue.id });
    const ofDefault = await app.callerWith(["SecretsReader"], { secretGroup: "default" });
    expect((await app.done(readSecret, ofBlue, { id })).name).toBe("db");
    expect((await app.refused(readSecret, ofDefault, { id })).code).toBe("forbidden");
  });

  it("of another instance or account finds nothing", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("db"));
    for (const elsewhere of [
      { ...PLACE, instance: "66666666-2222-4333-8444-555555555555" },
      { ...PLACE, instance: null },
    ]) {
      const performed = await app.performer.perform(
        readSecret,
        app.call(manager, elsewhere),
        () => ({ id }),
      );
      expect(performed).toMatchObject({ kind: "refused", refusal: { code: "not_found" } });
    }
    const admin = { kind: "internal", job: "test" } as const;
    const place = { ...PLACE, account: "ffffffffffffffffffffffffffffffff" };
    const performed = await app.performer.perform(readSecret, app.call(admin, place), () => ({
      id,
    }));
    expect(performed).toMatchObject({ kind: "refused", refusal: { code: "not_found" } });
  });
});

describe("the metadata of a secret", () => {
  const update = (id: string, patch: SecretPatch) =>
    app.done(updateSecretMetadata, manager, updateSecretMetadataInput(id, patch));

  it("is changed field by field, and recorded by the fields' names", async () => {
    const { id } = await app.done(createSecret, manager, {
      ...login("db", "tiger-1"),
      description: "old",
      labels: ["us"],
    });
    app.clock.advance(1_000);
    const changed = await update(id, {
      name: "db-2",
      description: "canary-description",
      customMetadata: { key: "canary-metadata" },
      expirationDate: "2030-01-01T00:00:00Z",
      rotation: { autoRotate: true, interval: 1, unit: "month" },
    });
    expect(changed).toMatchObject({
      name: "db-2",
      description: "canary-description",
      labels: ["us"],
      updatedAt: START + 1_000,
      createdAt: START,
      nextRotationAt: Date.UTC(2026, 11, 21, 9, 0, 1),
      expiresAt: Date.UTC(2030, 0, 1),
    });
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-metadata.update",
      severity: "warning",
      requestData: {
        id,
        changes: ["name", "description", "customMetadata", "expirationDate", "rotation"],
      },
      responseData: {
        changes: [
          { field: "name", initialValue: "db", newValue: "db-2" },
          { field: "description" },
          { field: "customMetadata" },
          { field: "expirationDate", initialValue: null, newValue: "2030-01-01T00:00:00.000Z" },
          {
            field: "rotation",
            initialValue: { autoRotate: false },
            newValue: { autoRotate: true, interval: 1, unit: "month" },
          },
        ],
      },
    });
    expect(ledgerText()).not.toContain("canary");
    const version = await app.done(readVersionMetadata, manager, { id, alias: "current" });
    expect(version.expiresAt).toBe(Date.UTC(2030, 0, 1));
    const cleared = await update(id, {
      description: null,
      labels: null,
      customMetadata: null,
      expirationDate: null,
      rotation: { autoRotate: false },
    });
    expect(cleared).toMatchObject({
      description: null,
      labels: [],
      customMetadata: null,
      expiresAt: null,
      nextRotationAt: null,
    });
  });

  it("stays as it is when any field is refused", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("db"));
    await app.done(createSecret, manager, arbitrary("taken"));
    const patches: readonly SecretPatch[] = [
      { name: "taken" },
      { name: "-" },
      { description: "x".repeat(1_025), name: "ok" },
      { labels: ["x"] },
      { expirationDate: "yesterday" },
      { rotation: { autoRotate: true, interval: 1, unit: "day" } },
      {
        passwordPolicy: {
          length: 20,
          includeDigits: true,
          includeSymbols: true,
          includeUppercase: true,
        },
      },
    ];
    for (const patch of patches) {
      await app.refused(updateSecretMetadata, manager, updateSecretMetadataInput(id, patch));
      expect(await app.done(readSecretMetadata, manager, { id })).toMatchObject({
        name: "db",
        labels: [],
        description: null,
      });
    }
  });

  it("of one version is its custom metadata", async () => {
    const { id } = await app.done(createSecret, manager, {
      ...arbitrary("db"),
      versionCustomMetadata: { build: 1 },
    });
    const change = (versionCustomMetadata: Readonly<Record<string, unknown>> | null) =>
      app.done(
        updateVersionMetadata,
        manager,
        updateVersionMetadataInput({ id, alias: "current" }, { versionCustomMetadata }),
      );
    expect((await change({ build: "canary" })).versionCustomMetadata).toEqual({ build: "canary" });
    expect(app.lastEvent().requestData).toEqual({
      id,
      alias: "current",
      changes: ["versionCustomMetadata"],
    });
    expect(revealed((await app.done(readVersion, manager, { id, alias: "current" })).payload)).toBe(
      "hunter2",
    );
    expect((await change(null)).versionCustomMetadata).toBeNull();
    expect(ledgerText()).not.toContain("canary");
  });
});

describe("a new version", () => {
  it("tells of the version before, and of the one whose value it took the place of", async () => {
    const { id, versionId: first } = await app.done(createSecret, manager, arbitrary("db"));
    const rotate = () =>
      app.done(createVersion, manager, {
        id,
        payload: { kind: "arbitrary", payload: new Sensitive("next") },
        customMetadata: { round: 2 },
        versionCustomMetadata: { of: "version" },
      });
    const second = await rotate();
    expect(second).toMatchObject({
      previousVersionId: first,
      payloadDroppedFrom: null,
      alias: "current",
      autoRotated: false,
    });
    const third = await rotate();
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-version.create",
      responseData: {
        versionId: third.versionId,
        previousVersionId: second.versionId,
        payloadDroppedFrom: first,
        autoRotated: false,
      },
    });
    expect((await app.done(readSecretMetadata, manager, { id })).customMetadata).toEqual({
      round: 2,
    });
  });

  it("must be of the secret's type, and cannot be restored", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("db"));
    const password = { kind: "username_password" } as const;
    expect((await app.refused(createVersion, manager, { id, payload: password })).code).toBe(
      "invalid_request",
    );
    expect((await app.refused(createVersion, manager, { id })).code).toBe("invalid_request");
    const restore = {
      id,
      restoreFromVersion: "previous",
      payload: { kind: "arbitrary", payload: new Sensitive("x") },
    } as const;
    expect((await app.refused(createVersion, manager, restore)).message).toContain("not restored");
  });

  it("keeps the username when the value of the version before is gone", async () => {
    const { id } = await app.done(createSecret, manager, login("db", "tiger-1"));
    await app.done(deleteVersionData, manager, { id, alias: "current" });
    expect((await app.done(readSecret, manager, { id })).payload).toBeNull();
    expect(app.lastEvent().responseData).toMatchObject({
      payloadAvailable: false,
      downloaded: false,
    });
    const { payload } = await app.done(createVersion, manager, {
      id,
      payload: { kind: "username_password", password: new Sensitive("tiger-2") },
    });
    expect(revealed(payload)).toEqual({ username: "scott", password: "tiger-2" });
  });
});

describe("a secret that is deleted", () => {
  it("is gone, its name is free, and its events stay", async () => {
    const { id, crn } = await app.done(createSecret, manager, arbitrary("db"));
    expect(await app.done(deleteSecret, manager, { id })).toEqual({ versionsDeleted: 1 });
    expect(app.lastEvent()).toMatchObject({
      severity: "critical",
      reason: { reasonCode: 204 },
      target: { id: crn, name: "db" },
    });
    expect((await app.refused(readSecret, manager, { id })).code).toBe("not_found");
    await app.done(createSecret, manager, arbitrary("db"));
  });

  it("is deleted by a Manager alone", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("db"));
    const writer = await app.callerWith(["Writer"]);
    expect((await app.refused(deleteSecret, writer, { id, forceDelete: true })).code).toBe(
      "forbidden",
    );
    expect(app.lastEvent().requestData).toEqual({ id, forceDelete: true });
  });
});

describe("actions", () => {
  it("are refused by name: the types kept so far have none", async () => {
    const { id } = await app.done(createSecret, manager, arbitrary("db"));
    const actionType = "private_cert_action_revoke_certificate";
    const refusal = await app.refused(secretAction, manager, { id, actionType });
    expect(refusal.code).toBe("invalid_request");
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-action.create",
      outcome: "failure",
    });
    const ofVersion = { id, alias: "current", actionType } as const;
    expect((await app.refused(versionAction, manager, ofVersion)).code).toBe("invalid_request");
    expect(app.lastEvent().action).toBe("secrets-manager.secret-version-action.create");
  });
});
