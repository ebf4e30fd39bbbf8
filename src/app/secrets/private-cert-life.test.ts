import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Refusal } from "../../kernel/errors.ts";
import type { Caller } from "../call.ts";
import { DAY, type Acting } from "../configurations/testing/authorities.ts";
import { listOf } from "../configurations/testing/published.ts";
import { START, type TestApp } from "../testing/test-app.ts";
import { createVersion } from "./create-version.ts";
import { expirationJob, rotationJob } from "./jobs.ts";
import { readSecret } from "./read-secret.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { secretAction } from "./secret-action.ts";
import { createSecretLocks, createSecretLocksInput } from "./secret-locks.ts";
import {
  known,
  openCertificateStory,
  opened,
  type CertificateStory,
} from "./testing/private-certs.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";
import { versionAction } from "./version-action.ts";

const REVOKE = "private_cert_action_revoke_certificate";
const LOCK = { name: "lock" } as const;
const WEEKLY = { autoRotate: true, interval: 7, unit: "day" } as const;

let story: CertificateStory;
let app: TestApp;
let manager: Caller;
let writer: Caller;
let my: Acting;

beforeEach(async () => {
  story = await openCertificateStory();
  ({ app, manager, writer, my } = story);
});

afterEach(() => app.close());

const template: CertificateStory["template"] = (rules) => story.template(rules);
const issue: CertificateStory["issue"] = (...args) => story.issue(...args);
const refusedIssue: CertificateStory["refusedIssue"] = (...args) => story.refusedIssue(...args);
const checked: CertificateStory["checked"] = (...args) => story.checked(...args);

describe("rotation", () => {
  const run = async (job: ReturnType<typeof rotationJob>): Promise<void> => {
    for (const task of await job.due(app.clock.now(), 100)) await task.run();
  };
  const jobPorts = (): Parameters<typeof rotationJob>[0] => ({
    state: app.state,
    performer: app.performer,
  });

  it("on time issues a certificate for a new key, and the secret lives on", async () => {
    await template({ ttlSeconds: 30 * DAY });
    const { id, payload, nextRotationAt } = await issue("web", {}, { rotation: WEEKLY });
    expect(nextRotationAt).toBe(START + 7 * DAY * 1_000);
    app.clock.advance(7 * DAY * 1_000);
    await run(rotationJob(jobPorts()));
    expect(app.lastEvent()).toMatchObject({
      operation: "version.create",
      outcome: "success",
      responseData: { autoRotated: true, secretType: "private_cert" },
    });
    const after = await app.done(readSecret, manager, { id });
    expect(opened(after.payload).key).not.toBe(opened(payload).key);
    expect(await checked(opened(after.payload).pem)).toBe("OK");
    expect(after.expiresAt).toBe(START + 37 * DAY * 1_000);
  });

  it("that would come after the end is refused, when it is made and when it is changed", async () => {
    await template({ ttlSeconds: 5 * DAY });
    expect((await refusedIssue("web", {}, { rotation: WEEKLY })).details).toEqual({
      field: "rotation",
    });
    const { id } = await issue("web");
    const change = updateSecretMetadataInput({ id }, { rotation: WEEKLY });
    expect((await app.refused(updateSecretMetadata, writer, change)).details).toEqual({
      field: "rotation",
    });
    const daily = { autoRotate: true, interval: 1, unit: "day" } as const;
    const fits = updateSecretMetadataInput({ id }, { rotation: daily });
    expect((await app.done(updateSecretMetadata, writer, fits)).nextRotationAt).toBe(
      START + DAY * 1_000,
    );
  });

  it("that nothing came of is recorded, with the reason", async () => {
    await template({ ttlSeconds: 30 * DAY });
    await issue("web", {}, { rotation: WEEKLY });
    await my.act("first", "revoke_ca_certificate");
    app.clock.advance(7 * DAY * 1_000);
    await run(rotationJob(jobPorts()));
    expect(app.lastEvent()).toMatchObject({
      operation: "version.create",
      outcome: "failure",
      reason: { reasonForFailure: "The certificate authority has been revoked." },
    });
  });

  it("does not keep a certificate past its end, even where it is locked or revoked", async () => {
    await template({ ttlSeconds: 5 * DAY });
    const [locked, revoked] = [await issue("locked"), await issue("revoked")];
    await app.done(createSecretLocks, manager, createSecretLocksInput(locked.id, [LOCK]));
    await app.done(secretAction, writer, { id: revoked.id, actionType: REVOKE });
    app.clock.advance(5 * DAY * 1_000);
    await run(expirationJob(jobPorts()));
    for (const { id } of [locked, revoked]) {
      const after = await app.done(readSecret, manager, { id });
      expect([after.state, after.payload]).toEqual([5, null]);
    }
  });
});

describe("revoking", () => {
  it("the current certificate is on the list at once, and openssl believes it no more", async () => {
    await template();
    const secret = await issue("web", {}, { rotation: WEEKLY });
    const { pem } = opened(secret.payload);
    expect(await checked(pem, true)).toBe("OK");
    app.clock.advance(1_500);
    const done = await app.done(secretAction, writer, { id: secret.id, actionType: REVOKE });
    expect(done.result).toMatchObject({ revokedAt: START + 1_500 });
    expect(app.lastEvent()).toMatchObject({
      operation: "secret.action",
      requestData: { id: secret.id, actionType: REVOKE },
      responseData: { actionType: REVOKE, serialNumber: known(secret).facts.serialNumber },
    });
    app.clock.advance(1_000);
    expect(await checked(pem, true)).toContain("certificate revoked");
    const after = await app.done(readSecretMetadata, manager, { id: secret.id });
    expect([after.state, after.nextRotationAt, known(after).revokedAt]).toEqual([
      3,
      null,
      START + 1_500,
    ]);
  });

  it("again is what it was, and a new version is a certificate like any", async () => {
    await template();
    const { id } = await issue("web", {}, { rotation: WEEKLY });
    const once = await app.done(secretAction, writer, { id, actionType: REVOKE });
    app.clock.advance(5_000);
    const again = await app.done(secretAction, writer, { id, actionType: REVOKE });
    expect(again).toEqual(once);
    const made = await app.done(createVersion, writer, { id });
    if (made.kind !== "created") throw new Error("no version");
    expect(await checked(opened(made.payload).pem, true)).toBe("OK");
    const after = await app.done(readSecretMetadata, manager, { id });
    expect([after.state, known(after).revokedAt]).toEqual([1, null]);
    expect(after.nextRotationAt).toBe(START + 5_000 + 7 * DAY * 1_000);
  });

  it("a version before leaves the current one, and the secret, in use", async () => {
    await template();
    const { id, payload } = await issue("web");
    const made = await app.done(createVersion, writer, { id });
    if (made.kind !== "created") throw new Error("no version");
    await app.done(versionAction, writer, { id, alias: "previous", actionType: REVOKE });
    expect(await checked(opened(payload).pem, true)).toContain("certificate revoked");
    expect(await checked(opened(made.payload).pem, true)).toBe("OK");
    expect((await app.done(readSecretMetadata, manager, { id })).state).toBe(1);
  });

  it("is refused while there is a lock, and when nothing is left to revoke", async () => {
    await template({ ttlSeconds: DAY });
    const { id } = await issue("web");
    await app.done(createSecretLocks, manager, createSecretLocksInput(id, [LOCK]));
    const refused = (): Promise<Refusal> =>
      app.refused(secretAction, writer, { id, actionType: REVOKE });
    expect((await refused()).code).toBe("locked");
    expect((await listOf(app, "first")).revokedCount).toBe(0);
    app.clock.advance(DAY * 1_000);
    expect((await refused()).message).toContain("nothing is left to revoke");
  });

  it("is not for whoever may only read", async () => {
    await template();
    const { id } = await issue("web");
    const reader = await app.callerWith(["SecretsReader"]);
    const refusal = await app.refused(secretAction, reader, { id, actionType: REVOKE });
    expect(refusal.code).toBe("forbidden");
  });
});
