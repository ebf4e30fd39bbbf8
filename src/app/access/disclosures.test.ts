import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVersion } from "../secrets/create-version.ts";
import { TestRunner } from "../secrets/testing/custom-credentials.ts";
import { updateTask } from "../secrets/update-task.ts";
import { openTestApp, type TestApp } from "../testing/test-app.ts";
import { Disclosures } from "./disclosures.ts";

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

describe("who supplied the value of a secret", () => {
  it("is the runner that brought it, by that and by no other report of a task", async () => {
    const runner = await TestRunner.open(app);
    const { id } = await runner.secret("saas");
    const { taskId } = await runner.open(id);
    await app.done(updateTask, runner.runner, { id, taskId, status: "processing" });
    const { versionId } = await runner.create(id, "one");
    await app.done(createVersion, runner.manager, { id });
    await runner.fail(id);
    const supplied = new Disclosures(undefined);
    for (const [index, event] of app.events().entries()) {
      if (event.operation === "secret-task.update") supplied.add(index, event);
    }
    expect(supplied.count).toBe(1);
    expect(supplied.identities()).toMatchObject([{ versions: [versionId] }]);
  });
});
