import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { NOBODY, openTestApp, PLACE, START, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { readSecret } from "./read-secret.ts";
import { readVersionMetadata } from "./read-version-metadata.ts";
import { readVersion } from "./read-version.ts";
import { createSecretGroup } from "./secret-groups.ts";
import { arbitrary, created, revealed, valued } from "./testing/inputs.ts";

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

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
    const next = await app.done(createVersion, manager, {
      id,
      payload: { kind: "arbitrary", payload: new Sensitive("next") },
    });
    const { versionId } = created(next);
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
    const { id, versionId } = valued(await app.done(createSecret, manager, arbitrary("db")));
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
