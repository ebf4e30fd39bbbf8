import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestApp, type TestApp } from "../testing/test-app.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { deleteTask } from "./delete-task.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { TestRunner } from "./testing/custom-credentials.ts";

let app: TestApp;
let runner: TestRunner;
beforeEach(async () => {
  app = await openTestApp();
  runner = await TestRunner.open(app);
});
afterEach(() => app.close());

const refused = (id: string) => app.refused(deleteSecret, runner.manager, { id });

describe("deleting a secret of custom credentials", () => {
  it("waits until its runner has deleted all of them", async () => {
    const { id } = await runner.filled("saas");
    expect((await refused(id)).code).toBe("precondition_failed");
    await app.done(deleteVersionData, runner.manager, { id, alias: "current" });
    expect((await refused(id)).code).toBe("precondition_failed");
    await runner.fail(id);
    expect((await refused(id)).code).toBe("precondition_failed");
    expect(await runner.tasks(id)).toHaveLength(2);
    const { taskId } = (await runner.tasks(id))[0] ?? expect.unreachable();
    await app.done(deleteTask, runner.manager, { id, taskId });
    await app.done(deleteSecret, runner.manager, { id });
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret.delete",
      responseData: { versionsDeleted: 1 },
    });
    expect(app.database.all("SELECT id FROM tasks")).toEqual([]);
  });

  it("is no matter once a runner has said that they are gone", async () => {
    const { id } = await runner.filled("saas");
    await app.done(deleteVersionData, runner.manager, { id, alias: "current" });
    await runner.delete(id);
    await app.done(deleteSecret, runner.manager, { id });
  });

  it("waits for credentials that are being created", async () => {
    const { id } = await runner.secret("saas");
    expect((await refused(id)).message).toContain("force the deletion");
    await runner.fail(id);
    await app.done(deleteSecret, runner.manager, { id });
  });

  it("by force has a record of every task that goes, and of all that is left behind", async () => {
    const { id, crn } = await runner.filled("saas");
    await app.done(createVersion, runner.manager, { id });
    await runner.create(id, "saas-2");
    await app.done(deleteVersionData, runner.manager, { id, alias: "previous" });
    await runner.fail(id);
    await app.done(createVersion, runner.manager, { id });
    const open = await runner.open(id);
    const before = app.log.size;
    await app.done(deleteSecret, runner.manager, { id, forceDelete: true });
    const events = app.events().slice(before);
    expect(events.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ["secret.delete", "success"],
      ["secret-task.delete", "success"],
      ["secret-credentials.delete", "failure"],
      ["secret-credentials.delete", "failure"],
    ]);
    expect(events.every(({ target }) => target.id === crn)).toBe(true);
    expect(events[0]?.requestData).toMatchObject({ forceDelete: true });
    expect(events[1]?.requestData).toMatchObject({ id, taskId: open.taskId });
    expect(events.slice(2).map(({ requestData }) => requestData["credentialsId"])).toEqual([
      "saas-2",
      "saas-1",
    ]);
    expect(app.database.all("SELECT id FROM tasks")).toEqual([]);
    expect(app.database.all("SELECT * FROM payloads")).toEqual([]);
  });
});
