/**
 * Takes a task away: one that is open is cancelled by it, and a runner that reports an end of it later is told that
 * there is no such task.
 */
import type { Task, TaskType } from "../../secrets/task.ts";
import { undeleted } from "../../secrets/task.ts";
import { changeOperation } from "../operation.ts";
import { recordLeft } from "./discard-tasks.ts";
import { keepTasks } from "./task-queue.ts";
import { locateTask, type SecretTask, type WhichTask } from "./tasks.ts";
import { stateWithout } from "./update-task.ts";

export interface DeleteTaskOutput {
  readonly taskId: string;
  readonly taskType: TaskType;
}

export const deleteTask = changeOperation<WhichTask, SecretTask, DeleteTaskOutput>({
  name: "secret-task.delete",

  locate: locateTask,

  async run(_input, { subject: { secret, task } }, context) {
    const { store } = context;
    const tasks = await store.tasks.tasksOf(secret.id);
    await store.tasks.deleteTask(task.id);
    if (undeleted(tasks).some(({ id }) => id === task.id)) {
      // Nobody is asked to delete the credentials any more, by none of the tasks about them.
      for (const { id } of tasks.filter((other) => isSameDeletion(other, task))) {
        await store.tasks.deleteTask(id);
      }
      recordLeft(secret, task, context);
    }
    await keepTasks(secret, await stateWithout(secret, context), context);
    return { taskId: task.id, taskType: task.type };
  },
});

function isSameDeletion(other: Task, task: Task): boolean {
  return other.type === "delete_credentials" && other.versionId === task.versionId;
}
