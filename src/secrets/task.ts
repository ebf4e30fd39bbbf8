/**
 * A task: what the runner of a custom credentials configuration is asked to do, and what came of it. A task is open,
 * queued or begun, until its runner reports an end or its time is over; then it accepts no further update.
 */
import { Refusal } from "../kernel/errors.ts";
import type { Millis } from "../kernel/clock.ts";
import type { JsonObject } from "./json.ts";
import type { TasksSummary } from "./kinds/custom-credentials.ts";
import type { Instance } from "./secret.ts";
import type { SealedValue } from "./vault.ts";

export const TASK_STATUSES = [
  "queued",
  "processing",
  "credentials_created",
  "credentials_deleted",
  "failed",
] as const;

export type TaskStatus = (typeof TASK_STATUSES)[number];

export type TaskType = "create_credentials" | "delete_credentials";

/** What led to a task. A rotation creates credentials, and deletes those that make room for them. */
export type TaskTrigger =
  | "secret_creation"
  | "manual_secret_rotation"
  | "automatic_secret_rotation"
  | "secret_version_expiration"
  | "secret_version_data_deletion";

export interface Task {
  readonly id: string;
  readonly at: Instance;
  readonly secretId: string;
  readonly type: TaskType;
  readonly trigger: TaskTrigger;
  readonly status: TaskStatus;
  /** The version whose credentials are to be deleted, or that those which were created have become. */
  readonly versionId: string | null;
  /** As the runner calls them. */
  readonly credentialsId: string | null;
  /** What the runner says went wrong, sealed with the secret: such texts may quote anything. */
  readonly errors: SealedValue | null;
  /** Of the version to come. */
  readonly versionCustomMetadata: JsonObject | null;
  /** How many tasks before this one were to delete the same credentials. */
  readonly retries: number;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedBy: string;
  readonly updatedAt: Millis;
  /** When it fails, unless an end has been reported; null once it has ended. */
  readonly expiresAt: Millis | null;
  /** Of a failed deletion: when the next task is to try again; null when none is. */
  readonly retryAt: Millis | null;
}

export interface TaskError {
  readonly code: string;
  readonly description: string;
}

/** Creations that wait for the runner of one secret; beyond that, no rotation is asked for. */
export const MAX_OPEN_CREATIONS = 10;
/** Credentials of one secret that are yet to be deleted; beyond that, no more are asked for. */
export const MAX_UNDELETED = 100;
/** Tasks of one secret that are shown; beyond that, the oldest that have been settled are forgotten. */
export const MAX_TASKS_KEPT = 200;
/** A deletion that failed is tried again after a day, and so often. */
export const RETRY_AFTER_MS = 86_400_000;
export const MAX_RETRIES = 10;
export const MAX_TASK_ERRORS = 10;
export const MAX_ERROR_CODE_CHARS = 64;
export const MAX_ERROR_DESCRIPTION_CHARS = 1_024;

/** When the schedule looks at what: oldest due first. */
export interface DueTask {
  readonly id: string;
  readonly at: Instance;
  readonly secretId: string;
}

/** A version whose credentials are at the end of their time. */
export interface DueCredentials {
  readonly versionId: string;
  readonly at: Instance;
  readonly secretId: string;
}

/** Something that is done over a while: a task, an order of a certificate, a rotation by a rotator. */
export interface Undertaking {
  readonly kind: "task" | "issuance" | "rotation";
  readonly secretId: string;
  readonly at: Instance;
}

export interface TaskReader {
  /** By its id: of a rotation that of the version that it makes. None, where several go by it. */
  undertaking(account: string, id: string): Promise<Undertaking | undefined>;
  task(secretId: string, id: string): Promise<Task | undefined>;
  /** Newest first. */
  tasksOf(secretId: string): Promise<readonly Task[]>;
  /** Open tasks whose time is over. */
  timedOut(now: Millis, limit: number): Promise<readonly DueTask[]>;
  /** Failed deletions that are to be tried again. */
  dueRetries(now: Millis, limit: number): Promise<readonly DueTask[]>;
  /** Not those of versions that are locked: they wait for their locks. */
  dueCredentials(now: Millis, limit: number): Promise<readonly DueCredentials[]>;
  /** Whether a secret's credentials are made by the configuration of this name. */
  isConfigurationInUse(at: Instance, name: string): Promise<boolean>;
}

export interface TaskStore extends TaskReader {
  insertTask(task: Task): Promise<void>;
  updateTask(task: Task): Promise<void>;
  deleteTask(id: string): Promise<void>;
}

export function isOpen({ status }: Pick<Task, "status">): boolean {
  return status === "queued" || status === "processing";
}

/** `tasks` are all of one secret, newest first. */
export function summaryOf(tasks: readonly Task[]): TasksSummary {
  const failed = tasks.filter(({ status }) => status === "failed");
  const lastFailed = failed.toSorted((a, b) => b.updatedAt - a.updatedAt)[0];
  return {
    count: tasks.length,
    queuedCount: tasks.filter(({ status }) => status === "queued").length,
    processingTaskId: tasks.findLast(({ status }) => status === "processing")?.id ?? null,
    lastFailedTaskId: lastFailed?.id ?? null,
  };
}

/**
 * Of each credential that is to be deleted and that nobody is known to have deleted, the newest task about it. What a
 * runner has created and never reported is not among them: nobody knows of it here.
 */
export function undeleted(tasks: readonly Task[]): readonly Task[] {
  const newest = new Map<string, Task>();
  for (const task of tasks) {
    if (task.type !== "delete_credentials" || task.versionId === null) continue;
    if (!newest.has(task.versionId)) newest.set(task.versionId, task);
  }
  return [...newest.values()].filter(({ status }) => status !== "credentials_deleted");
}

/** The tasks that are too many: the oldest of those that nothing depends on any more. */
export function forgettable(tasks: readonly Task[]): readonly Task[] {
  const excess = tasks.length - MAX_TASKS_KEPT;
  if (excess <= 0) return [];
  const needed = new Set(undeleted(tasks).map(({ id }) => id));
  return tasks.filter((task) => !isOpen(task) && !needed.has(task.id)).slice(-excess);
}

export function checkTaskErrors(errors: readonly TaskError[]): void {
  const isFit = ({ code, description }: TaskError) =>
    code.length > 0 &&
    code.length <= MAX_ERROR_CODE_CHARS &&
    description.length <= MAX_ERROR_DESCRIPTION_CHARS &&
    code.isWellFormed() &&
    description.isWellFormed();
  if (errors.length > 0 && errors.length <= MAX_TASK_ERRORS && errors.every(isFit)) return;
  throw new Refusal(
    "invalid_request",
    `A failed task has 1 to ${MAX_TASK_ERRORS} errors, each a code of at most ${MAX_ERROR_CODE_CHARS} characters and a description of at most ${MAX_ERROR_DESCRIPTION_CHARS}.`,
    { field: "errors" },
  );
}
