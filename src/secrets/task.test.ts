import { describe, expect, it } from "vitest";
import { forgettable, MAX_TASKS_KEPT, summaryOf, undeleted, type Task } from "./task.ts";

const at = { account: "a", instance: "i" };

function task(id: string, changes: Partial<Task> = {}): Task {
  return {
    id,
    at,
    secretId: "s",
    type: "create_credentials",
    trigger: "secret_creation",
    status: "queued",
    versionId: null,
    credentialsId: null,
    errors: null,
    versionCustomMetadata: null,
    retries: 0,
    createdBy: "x",
    createdAt: 0,
    updatedBy: "x",
    updatedAt: 0,
    expiresAt: null,
    retryAt: null,
    ...changes,
  };
}

const deletion = (id: string, versionId: string, status: Task["status"]): Task =>
  task(id, { type: "delete_credentials", versionId, status });

describe("what the tasks of a secret come to", () => {
  it("is how many there are, what is being done and what failed last", () => {
    const tasks = [
      task("e", { status: "failed", updatedAt: 3 }),
      task("d"),
      task("c", { status: "processing" }),
      task("b", { status: "processing" }),
      task("a", { status: "failed", updatedAt: 9 }),
    ];
    expect(summaryOf(tasks)).toEqual({
      count: 5,
      queuedCount: 1,
      processingTaskId: "b",
      lastFailedTaskId: "a",
    });
    expect(summaryOf([])).toMatchObject({ processingTaskId: null, lastFailedTaskId: null });
  });
});

describe("credentials that are yet to be deleted", () => {
  it("are those of which the newest task has not ended well", () => {
    const tasks = [
      deletion("f", "v1", "credentials_deleted"),
      deletion("e", "v2", "queued"),
      deletion("d", "v3", "failed"),
      deletion("c", "v2", "failed"),
      deletion("b", "v1", "failed"),
      task("a", { status: "credentials_created", versionId: "v4" }),
    ];
    expect(undeleted(tasks).map(({ id }) => id)).toEqual(["e", "d"]);
  });
});

describe("tasks beyond those that are kept", () => {
  it("are the oldest that have been settled, never one that something depends on", () => {
    const settled = Array.from({ length: MAX_TASKS_KEPT }, (_, place) =>
      task(`settled-${MAX_TASKS_KEPT - place}`, { status: "credentials_created" }),
    );
    expect(forgettable(settled)).toEqual([]);
    const needed = [deletion("lost", "v1", "failed"), task("open")];
    expect(forgettable([...settled, ...needed]).map(({ id }) => id)).toEqual([
      "settled-2",
      "settled-1",
    ]);
  });
});
