/**
 * Whatever happens to a secret of custom credentials, and in whatever order: each credential that its runner ever made
 * is in use, is being deleted, has been deleted, or is in the record as left behind.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isOpen, summaryOf, undeleted } from "../../secrets/task.ts";
import type { Operation } from "../operation.ts";
import { Schedule } from "../schedule.ts";
import { openTestApp, PLACE, type TestApp } from "../testing/test-app.ts";
import { createVersion } from "./create-version.ts";
import { deleteSecret } from "./delete-secret.ts";
import { deleteTask } from "./delete-task.ts";
import { deleteVersionData } from "./delete-version-data.ts";
import { rotationJob } from "./jobs.ts";
import { createSecretLocks, createSecretLocksInput, deleteSecretLocks } from "./secret-locks.ts";
import { taskJobs } from "./task-jobs.ts";
import { createdReport, failedReport, TestRunner } from "./testing/custom-credentials.ts";
import { updateTask, type TaskReport } from "./update-task.ts";

/** Of the tasks, newest first: mostly the newest. */
const place = fc.constantFrom(0, 0, 0, 1, 2, 3);
const ends = ["processing", "created", "created", "created", "deleted", "failed"] as const;

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom("rotate", "rotate", "lock", "unlock") }),
  fc.record({
    kind: fc.constant("delete-data"),
    alias: fc.constantFrom("current", "previous"),
  }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("report"), at: place, end: fc.constantFrom(...ends) }),
  },
  fc.record({ kind: fc.constant("delete-task"), at: place }),
  fc.record({ kind: fc.constant("wait"), minutes: fc.constantFrom(5, 11, 61, 24 * 60) }),
);

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

const MAX_STEPS = 25;

let app: TestApp;
let runner: TestRunner;
beforeAll(async () => {
  app = await openTestApp();
  runner = await TestRunner.open(app);
});
afterAll(() => app.close());

/** Refusals are part of it: what matters is what there is afterwards. */
async function attempt<I extends object, S, O extends object>(
  operation: Operation<I, S, O>,
  input: I,
): Promise<boolean> {
  const caller = operation.name === "secret-task.update" ? runner.runner : runner.manager;
  return (await app.perform(operation, caller, input)).kind === "done";
}

class Story {
  readonly id: string;
  /** Credentials that the runner has made and reported. */
  readonly made = new Set<string>();
  readonly deleted = new Set<string>();

  constructor(id: string) {
    this.id = id;
  }

  async apply(one: Step): Promise<void> {
    const { id } = this;
    switch (one.kind) {
      case "rotate":
        return void (await attempt(createVersion, { id }));
      case "lock":
        return void (await attempt(
          createSecretLocks,
          createSecretLocksInput(id, [{ name: "app" }]),
        ));
      case "unlock":
        return void (await attempt(deleteSecretLocks, { id }));
      case "delete-data":
        return void (await attempt(deleteVersionData, { id, alias: one.alias }));
      case "delete-task": {
        const taskId = (await this.tasks())[one.at]?.id;
        return void (taskId && (await attempt(deleteTask, { id, taskId })));
      }
      case "wait":
        return this.#wait(one.minutes);
      case "report":
        return this.#report(one.at, one.end);
    }
  }

  tasks() {
    return app.state.read(({ tasks }) => tasks.tasksOf(this.id));
  }

  async #wait(minutes: number): Promise<void> {
    app.clock.advance(minutes * 60_000);
    const jobs = [rotationJob(app), ...taskJobs(app)];
    await new Schedule({ jobs, clock: app.clock, onError: (_job, error) => fail(error) }).pass();
  }

  async #report(at: number, end: string): Promise<void> {
    const task = (await this.tasks())[at];
    if (!task) return;
    const credentialsId = `${this.id}/${this.made.size + 1}`;
    const reports: Readonly<Record<string, TaskReport>> = {
      processing: { status: "processing" },
      created: createdReport(credentialsId),
      deleted: { status: "credentials_deleted" },
      failed: failedReport(),
    };
    const input = { id: this.id, taskId: task.id, ...(reports[end] as TaskReport) };
    if (!(await attempt(updateTask, input))) return;
    if (end === "created") this.made.add(credentialsId);
    if (end === "deleted") this.deleted.add(task.credentialsId ?? "");
  }
}

function fail(error: unknown): never {
  throw error;
}

/** By the record, of all secrets. */
function leftBehind(): ReadonlySet<unknown> {
  const events = app.events().filter(({ operation }) => operation === "secret-credentials.delete");
  return new Set(events.map(({ requestData }) => requestData["credentialsId"]));
}

async function assertTracked(story: Story): Promise<void> {
  const { secret, versions, tasks } = await app.state.read(async (view) => {
    const found = await view.secrets.secret(PLACE, story.id);
    if (!found) throw new Error("the secret is gone");
    return {
      secret: found,
      versions: await view.secrets.versions(found),
      tasks: await view.tasks.tasksOf(story.id),
    };
  });
  if (secret.attributes?.kind !== "custom_credentials") throw new Error("of another type");
  expect(secret.attributes.tasks).toEqual(summaryOf(tasks));
  const inUse = versions.flatMap(({ hasPayload, attributes }) =>
    hasPayload && attributes?.kind === "custom_credentials" ? [attributes.credentialsId] : [],
  );
  const leaving = undeleted(tasks).map(({ credentialsId }) => credentialsId);
  const left = [...leftBehind()].filter((id) => String(id).startsWith(story.id));
  const everywhere = [...inUse, ...leaving, ...story.deleted, ...left];
  expect(new Set(everywhere)).toEqual(story.made);
  expect(everywhere).toHaveLength(story.made.size);
  const isAwaited = tasks.some((task) => task.type === "create_credentials" && isOpen(task));
  if (secret.lastVersion === 0) expect(secret.state).toBe(isAwaited ? 0 : 3);
  for (const task of tasks) expect(task.expiresAt !== null).toBe(isOpen(task));
}

describe("the credentials of a secret", () => {
  it("are never lost track of", async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: MAX_STEPS, size: "max" }),
        async (steps) => {
          count += 1;
          const rotation = { autoRotate: true, interval: 6, unit: "hour" } as const;
          const { id } = await runner.secret(`story-${count}`, { ttlSeconds: 3_600, rotation });
          const story = new Story(id);
          for (const one of steps) {
            await story.apply(one);
            await assertTracked(story);
          }
          await attempt(deleteSecretLocks, { id });
          const gone = await attempt(deleteSecret, { id, forceDelete: true });
          expect(gone).toBe(true);
          const left = leftBehind();
          for (const made of story.made) expect(left.has(made)).toBe(!story.deleted.has(made));
        },
      ),
      { numRuns: 30 },
    );
  });
});
