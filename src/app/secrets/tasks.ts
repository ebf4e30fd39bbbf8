/** The tasks of a secret, as they are seen: one, or all that are kept. */
import { fromUtf8, utf8 } from "../../kernel/bytes.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { Task, TaskError, TaskStatus, TaskTrigger, TaskType } from "../../secrets/task.ts";
import type { Binding, SealedValue, Vault } from "../../secrets/vault.ts";
import { readOperation, type Context, type Located } from "../operation.ts";
import type { View } from "../state.ts";
import { evenDeleted, locatedSecret, locateSecret, toldOf } from "./find.ts";

export interface WhichTask {
  /** The secret's. */
  readonly id: string;
  readonly taskId: string;
}

export interface SecretTask {
  readonly secret: Secret;
  readonly task: Task;
}

export interface TaskView {
  readonly taskId: string;
  readonly taskType: TaskType;
  readonly trigger: TaskTrigger;
  readonly status: TaskStatus;
  readonly secretId: string;
  readonly versionId: string | null;
  readonly credentialsId: string | null;
  /** The runner's own words: they may quote what they should not. */
  readonly errors: Sensitive<readonly TaskError[]> | null;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedBy: string;
  readonly updatedAt: Millis;
  /** When it fails, unless an end is reported; null once it has ended. */
  readonly expiresAt: Millis | null;
}

export interface ListTasksOutput {
  readonly totalCount: number;
  /** Newest first; at most MAX_TASKS_KEPT and those that are open or have yet to be done. */
  readonly tasks: readonly TaskView[];
}

/** What is said of a task whose time was over. */
export const TIMED_OUT: TaskError = {
  code: "timeout",
  description: "The time of the task was over before an end was reported.",
};

export const listTasks = readOperation<{ readonly id: string }, Secret, ListTasksOutput>({
  name: "secret-task.list",

  locate: locateSecret,

  async run(_input, { subject: secret }, { store, capabilities: { vault } }) {
    const tasks = await store.tasks.tasksOf(secret.id);
    return {
      totalCount: tasks.length,
      tasks: tasks.map((task) => viewOf({ secret, task }, vault)),
    };
  },
});

export const readTask = readOperation<WhichTask, SecretTask, TaskView>({
  name: "secret-task.read",

  locate: locateTask,

  run: async (_input, { subject }, { capabilities: { vault } }) => viewOf(subject, vault),
});

/**
 * Of this secret and no other; its event has the secret's name. A secret that waits to be deleted has its runner finish
 * what was begun.
 */
export async function locateTask<Store extends View>(
  { id, taskId }: WhichTask,
  context: Context<Store>,
): Promise<Located<SecretTask>> {
  const { subject: secret } = await locateSecret({ id }, context);
  const task = await context.store.tasks.task(secret.id, taskId);
  if (!task) throw new Refusal("not_found", "There is no such task of the secret.");
  const facts = { taskType: task.type, trigger: task.trigger, ...toldOf(secret) };
  return evenDeleted({ ...locatedSecret(context.call.place, secret, { secret, task }), facts });
}

/** Refuses while the vault is sealed, where there are errors to open. */
export function viewOf({ secret, task }: SecretTask, vault: Vault): TaskView {
  return {
    taskId: task.id,
    taskType: task.type,
    trigger: task.trigger,
    status: task.status,
    secretId: task.secretId,
    versionId: task.versionId,
    credentialsId: task.credentialsId,
    errors: task.status === "failed" ? errorsOf({ secret, task }, vault) : null,
    createdBy: task.createdBy,
    createdAt: task.createdAt,
    updatedBy: task.updatedBy,
    updatedAt: task.updatedAt,
    expiresAt: task.expiresAt,
  };
}

export function sealErrors(
  { secret, task }: SecretTask,
  errors: Sensitive<readonly TaskError[]>,
  vault: Vault,
): SealedValue {
  const bytes = utf8(JSON.stringify(errors.reveal()));
  return vault.seal(secret.dataKey, bindingOf({ secret, task }), bytes);
}

function errorsOf({ secret, task }: SecretTask, vault: Vault): Sensitive<readonly TaskError[]> {
  // Nobody has reported anything: the schedule has ended it, which needs no key.
  if (!task.errors) return new Sensitive([TIMED_OUT]);
  const bytes = vault.open(secret.dataKey, bindingOf({ secret, task }), task.errors);
  return new Sensitive(JSON.parse(fromUtf8(bytes)) as readonly TaskError[]);
}

function bindingOf({ secret, task }: SecretTask): Binding {
  return { purpose: "task-errors", at: secret.at, owner: secret.id, part: task.id };
}
