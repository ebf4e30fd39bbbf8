import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_RETRIES, RETRY_AFTER_MS } from "../../secrets/task.ts";
import { Schedule } from "../schedule.ts";
import { openTestApp, SCHEDULE, START, type TestApp } from "../testing/test-app.ts";
import { createVersion } from "./create-version.ts";
import { rotationJob } from "./jobs.ts";
import { listVersions } from "./list-versions.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { readSecret } from "./read-secret.ts";
import { createSecretLocks, createSecretLocksInput, deleteSecretLocks } from "./secret-locks.ts";
import { endCredentials, retryTask, taskJobs } from "./task-jobs.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { createdReport, TASK_TIMEOUT_SECONDS, TestRunner } from "./testing/custom-credentials.ts";
import { updateTask } from "./update-task.ts";

const TASK_TIMEOUT_MS = TASK_TIMEOUT_SECONDS * 1_000;
const HOUR_MS = 3_600_000;

let app: TestApp;
let runner: TestRunner;
beforeEach(async () => {
  app = await openTestApp();
  runner = await TestRunner.open(app);
});
afterEach(() => app.close());

/** What a schedule does that knows of nothing but the state, as after a restart. */
async function pass(): Promise<Readonly<Record<string, readonly [done: number, failed: number]>>> {
  const schedule = new Schedule({
    jobs: [rotationJob(app), ...taskJobs(app)],
    clock: app.clock,
    onError: (_job, error) => expect.unreachable(String(error)),
  });
  const results = await schedule.pass();
  const some = results.filter(({ done, failed }) => done + failed > 0);
  return Object.fromEntries(some.map(({ job, done, failed }) => [job, [done, failed]]));
}

const metadata = (id: string) => app.done(readSecretMetadata, runner.manager, { id });
const rotate = (id: string) => app.done(createVersion, runner.manager, { id });
const endData = (id: string) =>
  app.done(deleteVersionData, runner.manager, { id, alias: "current" });

describe("a task whose time is over", () => {
  it("fails, once, and with it a secret that has never had a value", async () => {
    const made = await runner.secret("saas");
    const { id } = made;
    const { taskId } = await runner.open(id);
    app.clock.advance(TASK_TIMEOUT_MS - 1);
    expect(await pass()).toEqual({});
    app.clock.advance(1);
    expect(await pass()).toEqual({ "task-timeout": [1, 0] });
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-task.update",
      outcome: "success",
      initiator: { id: "keytrail-task-timeout" },
      target: { id: made.crn, name: "saas" },
      requestData: { id, taskId, status: "failed" },
      responseData: { status: "failed", payloadAvailable: false },
    });
    expect(await pass()).toEqual({});
    const [task] = await runner.tasks(id);
    expect(task).toMatchObject({ status: "failed", expiresAt: null, updatedBy: "task-timeout" });
    expect(task?.errors?.reveal()).toMatchObject([{ code: "timeout" }]);
    expect(await metadata(id)).toMatchObject({
      state: 3,
      attributes: { tasks: { lastFailedTaskId: taskId } },
    });
    const late = { id, taskId, ...createdReport("late") };
    expect((await app.refused(updateTask, runner.runner, late)).code).toBe("conflict");
  });

  it("of a rotation leaves the value, and one that was begun has longer", async () => {
    const { id } = await runner.filled("saas");
    await rotate(id);
    const { taskId } = await runner.open(id);
    app.clock.advance(TASK_TIMEOUT_MS - 1);
    await app.done(updateTask, runner.runner, { id, taskId, status: "processing" });
    app.clock.advance(1);
    expect(await pass()).toEqual({});
    app.clock.advance(TASK_TIMEOUT_MS);
    expect(await pass()).toEqual({ "task-timeout": [1, 0] });
    expect(await metadata(id)).toMatchObject({
      state: 1,
      attributes: { lastRotationFailed: true, tasks: { processingTaskId: null } },
    });
  });

  it("is not failed by the schedule when its runner has begun it meanwhile", async () => {
    const { id } = await runner.secret("saas");
    const { taskId } = await runner.open(id);
    const input = { id, taskId, status: "failed", isTimedOut: true } as const;
    expect((await app.refused(updateTask, SCHEDULE, input)).code).toBe("precondition_failed");
  });
});

describe("rotation on time", () => {
  it("asks the runner, and counts anew from when the credentials have come", async () => {
    const rotation = { autoRotate: true, interval: 6, unit: "hour" } as const;
    const { id } = await runner.filled("saas", { rotation });
    app.clock.set(START + 6 * HOUR_MS);
    expect(await pass()).toEqual({ rotation: [1, 0] });
    expect(await runner.open(id)).toMatchObject({ trigger: "automatic_secret_rotation" });
    expect(await metadata(id)).toMatchObject({ nextRotationAt: START + 12 * HOUR_MS });
    app.clock.advance(60_000);
    await runner.create(id, "two");
    expect(await metadata(id)).toMatchObject({ nextRotationAt: START + 12 * HOUR_MS + 60_000 });
    const { versions } = await app.done(listVersions, runner.manager, { id });
    expect(versions.map(({ autoRotated }) => autoRotated)).toEqual([true, false]);
  });
});

describe("credentials at the end of their time", () => {
  it("are given out no more, and their runner is asked to delete them, once", async () => {
    const made = await runner.filled("saas", { ttlSeconds: 3_600 });
    const { id } = made;
    app.clock.advance(HOUR_MS - 1);
    const { versions } = await app.done(listVersions, runner.manager, { id });
    const early = { id, versionId: versions[0]?.versionId ?? "" };
    expect((await app.refused(endCredentials, SCHEDULE, early)).code).toBe("precondition_failed");
    app.clock.advance(1);
    expect((await app.done(readSecret, runner.manager, { id })).payload).toBeNull();
    expect(await pass()).toEqual({ "credentials-end": [1, 0] });
    const task = await runner.open(id);
    expect(task).toMatchObject({
      taskType: "delete_credentials",
      trigger: "secret_version_expiration",
      credentialsId: "saas-1",
    });
    const event = app.events().findLast(({ operation }) => operation === "secret-task.create");
    expect(event).toMatchObject({
      initiator: { id: "keytrail-credentials-end" },
      target: { id: made.crn },
      requestData: { id, taskId: task.taskId, versionId: task.versionId },
    });
    expect(await pass()).toEqual({});
    expect(app.database.all("SELECT * FROM payloads")).toEqual([]);
    expect(await metadata(id)).toMatchObject({ state: 3, attributes: { leaseEndsAt: null } });
    await runner.delete(id);
    await rotate(id);
    await runner.create(id, "two");
    expect(await metadata(id)).toMatchObject({
      state: 1,
      attributes: { leaseEndsAt: START + 2 * HOUR_MS },
    });
  });

  it("of a version before leave the secret active", async () => {
    const { id } = await runner.filled("saas", { ttlSeconds: 3_600 });
    app.clock.advance(HOUR_MS / 2);
    await rotate(id);
    await runner.create(id, "two");
    app.clock.advance(HOUR_MS / 2);
    expect(await pass()).toEqual({ "credentials-end": [1, 0] });
    const read = await app.done(readSecret, runner.manager, { id });
    expect(read).toMatchObject({ state: 1, payloadAvailable: true });
  });

  it("wait for locks", async () => {
    const { id } = await runner.filled("saas", { ttlSeconds: 3_600 });
    const lock = createSecretLocksInput(id, [{ name: "app" }]);
    await app.done(createSecretLocks, runner.manager, lock);
    app.clock.advance(HOUR_MS);
    expect(await pass()).toEqual({});
    expect(await metadata(id)).toMatchObject({ state: 1 });
    // What is over is not to be used, and what is locked is not to be taken away.
    expect((await app.refused(readSecret, runner.manager, { id })).code).toBe("locked");
    const { versions } = await app.done(listVersions, runner.manager, { id });
    const versionId = versions[0]?.versionId ?? expect.unreachable();
    const refusal = await app.refused(endCredentials, SCHEDULE, { id, versionId });
    expect(refusal.code).toBe("locked");
    await app.done(deleteSecretLocks, runner.manager, { id });
    expect(await pass()).toEqual({ "credentials-end": [1, 0] });
  });
});

describe("a deletion that failed", () => {
  it("is asked for again a day later, by a task of its own", async () => {
    const { id } = await runner.filled("saas");
    await endData(id);
    const first = await runner.fail(id);
    app.clock.advance(RETRY_AFTER_MS - 1);
    expect(await pass()).toEqual({});
    app.clock.advance(1);
    expect(await pass()).toEqual({ "task-retry": [1, 0] });
    expect(await pass()).toEqual({});
    const second = await runner.open(id);
    expect(second).toMatchObject({
      trigger: first.trigger,
      versionId: first.versionId,
      credentialsId: "saas-1",
      status: "queued",
      errors: null,
    });
    expect(second.taskId).not.toBe(first.taskId);
    await runner.delete(id);
    app.clock.advance(RETRY_AFTER_MS);
    expect(await pass()).toEqual({});
    const again = { id, taskId: first.taskId };
    expect((await app.refused(retryTask, SCHEDULE, again)).code).toBe("precondition_failed");
  });

  it("is given up after so many days, and not forgotten", async () => {
    const { id } = await runner.filled("saas");
    await endData(id);
    for (let retry = 0; retry < MAX_RETRIES; retry += 1) {
      await runner.fail(id);
      app.clock.advance(RETRY_AFTER_MS);
      expect(await pass()).toEqual({ "task-retry": [1, 0] });
    }
    await runner.fail(id);
    app.clock.advance(RETRY_AFTER_MS);
    expect(await pass()).toEqual({});
    expect(await runner.tasks(id)).toHaveLength(MAX_RETRIES + 2);
  });
});
