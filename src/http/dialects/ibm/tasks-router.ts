/** The calls about the tasks of a secret, line by line, and how a task is written. */
import { deleteTask } from "../../../app/secrets/delete-task.ts";
import {
  listTasks,
  readTask,
  type ListTasksOutput,
  type TaskView,
} from "../../../app/secrets/tasks.ts";
import { updateTask } from "../../../app/secrets/update-task.ts";
import type { Route } from "../../route.ts";
import { decodeSecretId } from "./decode-secrets.ts";
import { decodeTask, decodeTaskReport } from "./decode-tasks.ts";
import { line, noContent, ok } from "./line.ts";
import { aboutSecret } from "./path.ts";
import { date, present } from "./shapes.ts";

const TASKS = "/api/v2/secrets/:id/tasks";
const TASK = `${TASKS}/:task`;

export const taskRoutes: readonly Route[] = [
  line(`GET ${TASKS}`, listTasks, [decodeSecretId, ok(taskListBody), aboutSecret]),
  line(`GET ${TASK}`, readTask, [decodeTask, ok(taskBody), aboutSecret]),
  line(`PUT ${TASK}`, updateTask, [decodeTaskReport, ok(taskBody), aboutSecret]),
  line(`DELETE ${TASK}`, deleteTask, [decodeTask, noContent, aboutSecret]),
];

function taskListBody({ tasks }: ListTasksOutput): object {
  return { tasks: tasks.map(taskBody) };
}

/**
 * IBM's fields, by the names that its SDKs read. What its job is told by its environment stands here as well: the id of
 * the credentials that are to be deleted, and when the task is over.
 */
function taskBody(task: TaskView): object {
  return {
    id: task.taskId,
    type: task.taskType,
    trigger: task.trigger,
    status: task.status,
    secret_id: task.secretId,
    ...present("secret_version_id", task.versionId),
    ...present("credentials", task.credentialsId, (id) => ({ id })),
    ...present("errors", task.errors, (errors) => errors.reveal()),
    ...present("expiration_date", task.expiresAt, date),
    created_by: task.createdBy,
    creation_date: date(task.createdAt),
    updated_by: task.updatedBy,
    last_update_date: date(task.updatedAt),
  };
}
