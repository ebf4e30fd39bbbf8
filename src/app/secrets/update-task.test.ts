import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApp, START, type TestApp } from "../testing/test-app.ts";
import { createVersion } from "./create-version.ts";
import { deleteTask } from "./delete-task.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { readSecretMetadata } from "./read-secret-metadata.ts";
import { readSecret } from "./read-secret.ts";
import { listTasks, readTask } from "./tasks.ts";
import {
  createdReport,
  failedReport,
  TASK_TIMEOUT_SECONDS,
  TestRunner,
} from "./testing/custom-credentials.ts";
import { updateTask } from "./update-task.ts";

let app: TestApp;
let runner: TestRunner;
beforeEach(async () => {
  app = await openTestApp();
  runner = await TestRunner.open(app);
});
afterEach(() => app.close());

const metadata = (id: string) => app.done(readSecretMetadata, runner.manager, { id });
const rotate = (id: string) => app.done(createVersion, runner.manager, { id });

describe("a task", () => {
  it("is begun once, and has its whole time from then on", async () => {
    const { id } = await runner.secret("saas");
    const { taskId } = await runner.open(id);
    app.clock.advance(60_000);
    const begin = { id, taskId, status: "processing" } as const;
    const begun = await app.done(updateTask, runner.runner, begin);
    const expiresAt = START + 60_000 + TASK_TIMEOUT_SECONDS * 1_000;
    expect(begun).toMatchObject({ status: "processing", expiresAt });
    app.clock.advance(60_000);
    expect(await app.done(updateTask, runner.runner, begin)).toMatchObject({ expiresAt });
    expect((await metadata(id)).attributes).toMatchObject({
      tasks: { queuedCount: 0, processingTaskId: taskId },
    });
  });

  it("that has ended answers the same end again, and refuses any other", async () => {
    const { id } = await runner.secret("saas");
    const { taskId, versionId } = await runner.create(id, "one");
    const again = { id, taskId, ...createdReport("one") };
    expect(await app.done(updateTask, runner.runner, again)).toMatchObject({ versionId });
    expect((await metadata(id)).versionsTotal).toBe(1);
    for (const other of [createdReport("two"), failedReport(), { status: "processing" } as const]) {
      const refusal = await app.refused(updateTask, runner.runner, { id, taskId, ...other });
      expect(refusal.code).toBe("conflict");
    }
    expect(await runner.tasks(id)).toMatchObject([{ status: "credentials_created", versionId }]);
  });

  it.each([
    [{ status: "credentials_deleted" } as const, "ends as credentials_created"],
    [createdReport("no spaces"), "visible characters"],
    [createdReport("one", {}), "at least one field"],
    [createdReport("one", { token: "x".repeat(600_000) }), "at most 524288 bytes"],
    [failedReport("x".repeat(2_000)), "1 to 10 errors"],
  ])("stays open when what is reported of it makes no sense: %#", async (report, sentence) => {
    const { id } = await runner.secret("saas");
    const { taskId } = await runner.open(id);
    const refusal = await app.refused(updateTask, runner.runner, { id, taskId, ...report });
    expect(refusal.code).toBe("invalid_request");
    expect(refusal.message).toContain(sentence);
    expect(await runner.open(id)).toMatchObject({ taskId, status: "queued" });
  });

  it("brings no credentials by the id of others that still exist", async () => {
    const { id } = await runner.filled("saas");
    await rotate(id);
    const { taskId } = await runner.open(id);
    const same = { id, taskId, ...createdReport("saas-1") };
    expect((await app.refused(updateTask, runner.runner, same)).code).toBe("conflict");
  });

  it("of another secret is not found", async () => {
    const one = await runner.secret("one");
    const two = await runner.secret("two");
    const { taskId } = await runner.open(one.id);
    for (const operation of [readTask, deleteTask]) {
      const refusal = await app.refused(operation as typeof readTask, runner.manager, {
        id: two.id,
        taskId,
      });
      expect(refusal.code).toBe("not_found");
    }
  });

  it("is read by those who see secrets, updated by its runner, deleted by managers", async () => {
    const { id } = await runner.filled("saas");
    await rotate(id);
    const { taskId } = await runner.open(id);
    const reader = await app.callerWith(["Reader"]);
    await app.done(listTasks, reader, { id });
    await app.done(readTask, reader, { id, taskId });
    const failure = { id, taskId, ...failedReport() };
    for (const caller of [reader, await app.callerWith(["Writer"]), runner.manager]) {
      expect((await app.refused(updateTask, caller, failure)).code).toBe("forbidden");
    }
    const which = { id, taskId };
    const mine = runner.runner;
    expect((await app.refused(listTasks, mine, { id })).code).toBe("forbidden");
    expect((await app.refused(readTask, mine, which)).code).toBe("forbidden");
    expect((await app.refused(deleteTask, mine, which)).code).toBe("forbidden");
    expect((await app.refused(readSecret, mine, { id })).code).toBe("forbidden");
    expect((await app.refused(readSecretMetadata, mine, { id })).code).toBe("forbidden");
    await app.done(updateTask, mine, failure);
  });

  it("that is deleted is cancelled: no credentials are awaited any more", async () => {
    const { id } = await runner.secret("saas");
    const { taskId } = await runner.open(id);
    await app.done(deleteTask, runner.manager, { id, taskId });
    expect(await metadata(id)).toMatchObject({ state: 3, attributes: { tasks: { count: 0 } } });
    const late = { id, taskId, ...createdReport("late") };
    expect((await app.refused(updateTask, runner.runner, late)).code).toBe("not_found");
  });

  it("to delete credentials leaves a record of them when it is deleted itself", async () => {
    const { id } = await runner.filled("saas");
    await app.done(deleteVersionData, runner.manager, { id, alias: "current" });
    const task = await runner.open(id);
    expect(task).toMatchObject({
      trigger: "secret_version_data_deletion",
      credentialsId: "saas-1",
    });
    await app.done(deleteTask, runner.manager, { id, taskId: task.taskId });
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-credentials.delete",
      outcome: "failure",
      requestData: { id, versionId: task.versionId, credentialsId: "saas-1" },
    });
  });
});
