/** A configuration of custom credentials, secrets by it, and the runner that does its tasks. */
import type { AuditEvent } from "../../../audit/event.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import type { NewCustomCredentials } from "../../../secrets/kinds/custom-credentials.ts";
import type { Caller } from "../../call.ts";
import { createConfiguration } from "../../configurations/create-configuration.ts";
import type { NewCustomEngine } from "../../configurations/kinds/custom-engine.ts";
import type { TestApp } from "../../testing/test-app.ts";
import type { SecretWithPayload } from "../answers.ts";
import { createSecret, type CreateSecretInput } from "../create-secret.ts";
import { listTasks, type TaskView } from "../tasks.ts";
import { updateTask, type UpdateTaskOutput } from "../update-task.ts";

export const ENGINE = "saas-accounts";
export const TASK_TIMEOUT_SECONDS = 600;

export class TestRunner {
  readonly #app: TestApp;
  readonly manager: Caller;
  /** Has the one role that a runner needs to report. */
  readonly runner: Caller;

  private constructor(app: TestApp, callers: Pick<TestRunner, "manager" | "runner">) {
    this.#app = app;
    this.manager = callers.manager;
    this.runner = callers.runner;
  }

  static async open(app: TestApp, engine: Partial<NewCustomEngine> = {}): Promise<TestRunner> {
    const manager = await app.callerWith(["Manager"]);
    const runner = await app.callerWith(["SecretTaskUpdater"]);
    await app.done(createConfiguration, manager, {
      name: ENGINE,
      configurationType: "custom_credentials_configuration",
      given: {
        kind: "custom-engine",
        job: { name: "make-accounts", projectId: null, region: null },
        taskTimeoutSeconds: TASK_TIMEOUT_SECONDS,
        ...engine,
      },
    });
    return new TestRunner(app, { manager, runner });
  }

  /** A secret whose first credentials are asked for. */
  secret(name: string, given: Partial<NewCustomCredentials & CreateSecretInput> = {}) {
    const { configuration = ENGINE, parameters, ttlSeconds, ...input } = given;
    return this.#app.done(createSecret, this.manager, {
      name,
      secretType: "custom_credentials",
      secretGroupId: "default",
      ...input,
      payload: { kind: "custom_credentials", configuration, parameters, ttlSeconds },
    });
  }

  /** A secret whose first credentials have come. */
  async filled(
    name: string,
    given: Partial<NewCustomCredentials & CreateSecretInput> = {},
  ): Promise<SecretWithPayload> {
    const secret = await this.secret(name, given);
    await this.create(secret.id, `${name}-1`);
    return secret;
  }

  async tasks(id: string): Promise<readonly TaskView[]> {
    return (await this.#app.done(listTasks, this.manager, { id })).tasks;
  }

  /** The newest task that is open. */
  async open(id: string): Promise<TaskView> {
    const task = (await this.tasks(id)).find(({ expiresAt }) => expiresAt !== null);
    if (!task) throw new Error("no task is open");
    return task;
  }

  /** Brings credentials for the newest open task. */
  async create(id: string, credentialsId: string, content?: object): Promise<UpdateTaskOutput> {
    const { taskId } = await this.open(id);
    const report = createdReport(credentialsId, content);
    return this.#app.done(updateTask, this.runner, { id, taskId, ...report });
  }

  async delete(id: string): Promise<UpdateTaskOutput> {
    const { taskId } = await this.open(id);
    const input = { id, taskId, status: "credentials_deleted" } as const;
    return this.#app.done(updateTask, this.runner, input);
  }

  async fail(id: string, description = "out of order"): Promise<UpdateTaskOutput> {
    const { taskId } = await this.open(id);
    return this.#app.done(updateTask, this.runner, { id, taskId, ...failedReport(description) });
  }
}

export function createdReport(id: string, content: object = { token: `token of ${id}` }) {
  const credentials = { id, content: new Sensitive({ ...content }) };
  return { status: "credentials_created", credentials } as const;
}

export function failedReport(description = "out of order") {
  return { status: "failed", errors: new Sensitive([{ code: "E1", description }]) } as const;
}

/** What the trail has of tasks, newest last: what was done, of which type, and why. */
export function taskEvents(events: readonly AuditEvent[]): readonly unknown[] {
  return events
    .filter(({ operation }) => operation.startsWith("secret-task."))
    .map(({ operation, outcome, requestData, responseData }) => [
      operation,
      outcome,
      requestData["taskType"] ?? responseData["taskType"],
      requestData["status"] ?? requestData["trigger"],
    ]);
}
