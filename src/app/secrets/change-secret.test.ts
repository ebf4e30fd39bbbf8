import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { openTestApp, START, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { readSecret } from "./read-secret.ts";
import { readVersionMetadata } from "./read-version-metadata.ts";
import { readVersion } from "./read-version.ts";
import { secretAction } from "./secret-action.ts";
import { arbitrary, created, login, revealed } from "./testing/inputs.ts";
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
      { name: "a b" },
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
    const rotate = async () =>
      created(
        await app.done(createVersion, manager, {
          id,
          payload: { kind: "arbitrary", payload: new Sensitive("next") },
          customMetadata: { round: 2 },
          versionCustomMetadata: { of: "version" },
        }),
      );
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
    const made = await app.done(createVersion, manager, {
      id,
      payload: { kind: "username_password", password: new Sensitive("tiger-2") },
    });
    expect(revealed(created(made).payload)).toEqual({ username: "scott", password: "tiger-2" });
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
    // Whom it was aimed at is known; what was sent by who may not do it is not kept.
    expect(app.lastEvent()).toMatchObject({ target: { name: "db" }, requestData: {} });
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
