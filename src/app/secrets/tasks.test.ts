import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Payload } from "../../secrets/payload.ts";
import { MAX_OPEN_CREATIONS, MAX_UNDELETED } from "../../secrets/task.ts";
import { openTestApp, START, type TestApp } from "../testing/test-app.ts";
import { createSecret } from "./create-secret.ts";
import { createVersion } from "./create-version.ts";
import { listVersions } from "./list-versions.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { readSecret } from "./read-secret.ts";
import { createSecretLocks, createSecretLocksInput } from "./secret-locks.ts";
import {
  createdReport,
  taskEvents,
  TASK_TIMEOUT_SECONDS,
  TestRunner,
} from "./testing/custom-credentials.ts";
import { arbitrary } from "./testing/inputs.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "./update-secret-metadata.ts";
import { updateTask } from "./update-task.ts";
import { createVersionLocks, createVersionLocksInput } from "./version-locks.ts";

let app: TestApp;
let runner: TestRunner;
beforeEach(async () => {
  app = await openTestApp();
  runner = await TestRunner.open(app);
});
afterEach(() => app.close());

const DAY_SECONDS = 86_400;

const ledgerText = (): string =>
  app.log.lines.map((line) => Buffer.from(line).toString()).join("\n");

function contentOf(payload: Payload | null): unknown {
  if (payload === null) return null;
  if (payload.kind !== "custom_credentials") throw new Error("of another type");
  return payload.content.reveal();
}

const metadata = (id: string) => app.done(readSecretMetadata, runner.manager, { id });
const rotate = (id: string) => app.done(createVersion, runner.manager, { id });

const isChange = (event: unknown): boolean => !JSON.stringify(event).includes("secret-task.list");

describe("a secret of custom credentials", () => {
  it("is made without a value, and asks its runner for one", async () => {
    const made = await runner.secret("saas", { parameters: { size: 3, name: "x", on: true } });
    const [task] = await runner.tasks(made.id);
    expect(made).toMatchObject({
      state: 0,
      versionsTotal: 0,
      versionId: null,
      payloadAvailable: false,
      nextRotationAt: null,
      attributes: {
        parameters: { size: 3, name: "x", on: true },
        tasks: { count: 1, queuedCount: 1, processingTaskId: null, lastFailedTaskId: null },
        lastRotationFailed: false,
      },
    });
    expect(task).toMatchObject({
      taskType: "create_credentials",
      trigger: "secret_creation",
      status: "queued",
      versionId: null,
      credentialsId: null,
      errors: null,
      createdAt: START,
      expiresAt: START + TASK_TIMEOUT_SECONDS * 1_000,
    });
    expect(
      app
        .events()
        .slice(-3)
        .map(({ operation }) => operation),
    ).toEqual(["secret.create", "secret-task.create", "secret-task.list"]);
    expect(app.events().at(-2)).toMatchObject({
      action: "secrets-manager.secret-task.create",
      target: { id: made.crn, name: "saas" },
      requestData: {
        id: made.id,
        taskId: task?.taskId,
        taskType: "create_credentials",
        trigger: "secret_creation",
      },
    });
  });

  it("becomes active with what its runner brings, for as long as it is good", async () => {
    const rotation = { autoRotate: true, interval: 6, unit: "hour" } as const;
    const { id } = await runner.secret("saas", {
      ttlSeconds: DAY_SECONDS,
      rotation,
      versionCustomMetadata: { note: "first" },
    });
    app.clock.advance(1_000);
    const updated = await runner.create(id, "account-7", { token: "canary-value" });
    expect(updated).toMatchObject({
      status: "credentials_created",
      credentialsId: "account-7",
      previousVersionId: null,
      payloadDroppedFrom: null,
      expiresAt: null,
    });
    const read = await app.done(readSecret, runner.manager, { id });
    expect(contentOf(read.payload)).toEqual({ token: "canary-value" });
    expect(read).toMatchObject({
      state: 1,
      versionsTotal: 1,
      versionId: updated.versionId,
      nextRotationAt: START + 1_000 + 6 * 3_600_000,
      attributes: { tasks: { count: 1, queuedCount: 0, processingTaskId: null } },
    });
    const { versions } = await app.done(listVersions, runner.manager, { id });
    expect(versions).toMatchObject([
      {
        autoRotated: false,
        createdBy: runner.runner.kind === "identity" && runner.runner.id,
        expiresAt: START + 1_000 + DAY_SECONDS * 1_000,
        versionCustomMetadata: { note: "first" },
        attributes: { kind: "custom_credentials", credentialsId: "account-7" },
      },
    ]);
    const event = app.events().find(({ operation }) => operation === "secret-task.update");
    expect(event).toMatchObject({
      outcome: "success",
      target: { name: "saas" },
      requestData: { id, taskId: updated.taskId, status: "credentials_created" },
      responseData: { versionId: updated.versionId, secretType: "custom_credentials" },
    });
    expect(ledgerText()).not.toContain("canary");
  });

  it("keeps values sealed, and what a runner says went wrong", async () => {
    const { id } = await runner.filled("saas");
    await rotate(id);
    await runner.fail(id, "canary: password is hunter2");
    const [task] = await runner.tasks(id);
    expect(task?.errors?.reveal()).toEqual([
      { code: "E1", description: "canary: password is hunter2" },
    ]);
    const stored = app.database.all("SELECT * FROM tasks").map((row) => Object.values(row));
    expect(JSON.stringify(stored)).not.toContain("canary");
    expect(ledgerText()).not.toContain("canary");
  });

  it.each([
    [{ configuration: "nothing" }, "no configuration of custom credentials"],
    [{ configuration: "no name at all!" }, "no configuration of custom credentials"],
    [{ parameters: { list: [1] } }, "a text, a whole number"],
    [{ parameters: { half: 0.5 } }, "a text, a whole number"],
    [{ parameters: { "no-name": 1 } }, "letters, digits or underscores"],
    [{ parameters: { big: "x".repeat(11_000) } }, "at most 10240 bytes"],
    [{ ttlSeconds: 59 }, "1 minute to 90 days"],
    [{ rotation: { autoRotate: true, interval: 5, unit: "hour" } }, "6 to 2160 hours"],
  ] as const)("is not made of what cannot be done: %j", async (given, sentence) => {
    const refusal = await runner.secret("saas", given).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining(sentence),
    });
    expect(app.database.all("SELECT * FROM secrets, tasks")).toEqual([]);
  });

  it("changes parameters and ttl of the credentials to come", async () => {
    const { id } = await runner.filled("saas", { ttlSeconds: DAY_SECONDS });
    const patch = updateSecretMetadataInput(id, { ttl: 3_600, parameters: { size: 4 } });
    await app.done(updateSecretMetadata, runner.manager, patch);
    expect((await metadata(id)).attributes).toMatchObject({
      ttlSeconds: 3_600,
      parameters: { size: 4 },
      tasks: { count: 1 },
    });
    await rotate(id);
    await runner.create(id, "two");
    const { versions } = await app.done(listVersions, runner.manager, { id });
    expect(versions.map(({ expiresAt }) => expiresAt)).toEqual([
      START + 3_600_000,
      START + DAY_SECONDS * 1_000,
    ]);
    const bad = updateSecretMetadataInput(id, { parameters: { nested: {} } });
    expect((await app.refused(updateSecretMetadata, runner.manager, bad)).code).toBe(
      "invalid_request",
    );
  });
});

describe("a rotation", () => {
  it("asks for credentials, and to delete those that make room for them", async () => {
    const { id } = await runner.filled("saas");
    expect(await rotate(id)).toMatchObject({
      kind: "awaited",
      attributes: { tasks: { queuedCount: 1 } },
    });
    await runner.create(id, "two");
    await rotate(id);
    const third = await runner.create(id, "three");
    expect(third.payloadDroppedFrom).not.toBeNull();
    const [deletion] = await runner.tasks(id);
    expect(deletion).toMatchObject({
      taskType: "delete_credentials",
      trigger: "manual_secret_rotation",
      status: "queued",
      versionId: third.payloadDroppedFrom,
      credentialsId: "saas-1",
    });
    expect((await metadata(id)).attributes).toMatchObject({ tasks: { count: 4, queuedCount: 1 } });
    await runner.delete(id);
    expect((await metadata(id)).attributes).toMatchObject({ tasks: { count: 4, queuedCount: 0 } });
    expect(taskEvents(app.events()).filter(isChange)).toEqual([
      ["secret-task.create", "success", "create_credentials", "secret_creation"],
      ["secret-task.update", "success", "create_credentials", "credentials_created"],
      ["secret-task.create", "success", "create_credentials", "manual_secret_rotation"],
      ["secret-task.update", "success", "create_credentials", "credentials_created"],
      ["secret-task.create", "success", "create_credentials", "manual_secret_rotation"],
      ["secret-task.update", "success", "create_credentials", "credentials_created"],
      ["secret-task.create", "success", "delete_credentials", "manual_secret_rotation"],
      ["secret-task.update", "success", "delete_credentials", "credentials_deleted"],
    ]);
  });

  it("that fails leaves the value as it is, and says so until one succeeds", async () => {
    const { id } = await runner.filled("saas");
    await rotate(id);
    const { taskId } = await runner.fail(id);
    const read = await app.done(readSecret, runner.manager, { id });
    expect(read).toMatchObject({
      state: 1,
      payloadAvailable: true,
      attributes: { lastRotationFailed: true, tasks: { lastFailedTaskId: taskId } },
    });
    await rotate(id);
    await runner.create(id, "two");
    expect((await metadata(id)).attributes).toMatchObject({
      lastRotationFailed: false,
      tasks: { lastFailedTaskId: taskId },
    });
  });

  it("is queued behind others up to a limit", async () => {
    const { id } = await runner.secret("saas");
    for (let open = 1; open < MAX_OPEN_CREATIONS; open += 1) await rotate(id);
    expect((await app.refused(createVersion, runner.manager, { id })).code).toBe("limit_reached");
    await runner.create(id, "one");
    await rotate(id);
  });

  it("is refused while the runner has left too many credentials behind", async () => {
    const { id } = await runner.filled("saas");
    for (let made = 0; made <= MAX_UNDELETED; made += 1) {
      await rotate(id);
      await runner.create(id, `next-${made}`);
    }
    expect((await app.refused(createVersion, runner.manager, { id })).code).toBe("limit_reached");
    await runner.delete(id);
    await rotate(id);
  });

  it("is refused while the version that has to make room is locked", async () => {
    const { id } = await runner.filled("saas");
    await rotate(id);
    await runner.create(id, "two");
    await rotate(id);
    const previous = createVersionLocksInput({ id, alias: "previous" }, [{ name: "app" }]);
    await app.done(createVersionLocks, runner.manager, previous);
    expect((await app.refused(createVersion, runner.manager, { id })).code).toBe("locked");
    const { taskId } = await runner.open(id);
    const late = { id, taskId, ...createdReport("three") };
    expect((await app.refused(updateTask, runner.runner, late)).code).toBe("locked");
    expect(await runner.open(id)).toMatchObject({ taskId, status: "queued" });
  });

  it("of a creation that failed may bring the first value", async () => {
    const { id } = await runner.secret("saas");
    await runner.fail(id);
    expect(await metadata(id)).toMatchObject({
      state: 3,
      attributes: { lastRotationFailed: false },
    });
    expect(await rotate(id)).toMatchObject({ state: 0 });
    await runner.create(id, "one");
    expect(await metadata(id)).toMatchObject({ state: 1, versionsTotal: 1 });
  });
});

describe("locks", () => {
  it("do not delete the value of the version before", async () => {
    const { id } = await runner.filled("saas");
    const locks = [{ name: "app" }];
    const deleting = createSecretLocksInput(id, locks, "remove_previous_and_delete");
    expect((await app.refused(createSecretLocks, runner.manager, deleting)).code).toBe(
      "invalid_request",
    );
    await app.done(
      createSecretLocks,
      runner.manager,
      createSecretLocksInput(id, locks, "remove_previous"),
    );
    const { id: other } = await app.done(createSecret, runner.manager, arbitrary("plain"));
    await app.done(
      createSecretLocks,
      runner.manager,
      createSecretLocksInput(other, locks, "remove_previous_and_delete"),
    );
  });
});
