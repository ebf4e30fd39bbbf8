/**
 * What a runner reports of a task: that it has begun, that it has created or deleted the credentials, that it has
 * failed. Credentials that it brings become the secret's new version in the same transaction.
 */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { checkCredentials } from "../../secrets/configurations/custom-engine.ts";
import { checkCredentialsId } from "../../secrets/kinds/custom-credentials.ts";
import {
  DEACTIVATED,
  type JsonObject,
  type Secret,
  type SecretType,
} from "../../secrets/secret.ts";
import {
  checkTaskErrors,
  isOpen,
  MAX_RETRIES,
  RETRY_AFTER_MS,
  undeleted,
  type Task,
  type TaskError,
  type TaskStatus,
} from "../../secrets/task.ts";
import { callerId, changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { addVersion, type Added } from "./add-version.ts";
import {
  askToDelete,
  credentialsIdOf,
  customAttributesOf,
  engineOf,
  keepTasks,
  type SecretChange,
} from "./task-queue.ts";
import {
  locateTask,
  sealErrors,
  viewOf,
  type SecretTask,
  type TaskView,
  type WhichTask,
} from "./tasks.ts";

/** What a runner can report. */
export type TaskReport =
  | { readonly status: "processing" }
  | {
      readonly status: "credentials_created";
      readonly credentials: { readonly id: string; readonly content: Sensitive<JsonObject> };
    }
  | { readonly status: "credentials_deleted" }
  | { readonly status: "failed"; readonly errors: Sensitive<readonly TaskError[]> }
  /** By the schedule alone: nobody has reported an end in time. */
  | { readonly status: "failed"; readonly isTimedOut: true };

export type UpdateTaskInput = WhichTask & TaskReport;

export interface UpdateTaskOutput extends TaskView {
  readonly secretType: SecretType;
  readonly previousVersionId: string | null;
  readonly payloadDroppedFrom: string | null;
  /** It had ended before, and this says so once more. */
  readonly wasSettled?: true | undefined;
  /** Whether this brought a value. */
  readonly payloadAvailable: boolean;
}

interface Reported extends SecretTask {
  readonly wasSettled?: true;
  readonly added?: Added;
  readonly previousVersionId?: string | null;
}

/** The same end reported again is answered as the first time; any other is refused, and what there is stays. */
export const updateTask = changeOperation<UpdateTaskInput, SecretTask, UpdateTaskOutput>({
  name: "secret-task.update",

  locate: locateTask,

  async run(input, { subject }, context) {
    const { secret, task, added, previousVersionId, wasSettled } = isOpen(subject.task)
      ? await reported(input, subject, context)
      : again(input, subject);
    return {
      ...viewOf({ secret, task }, context.capabilities.vault),
      secretType: secret.type,
      wasSettled,
      previousVersionId: previousVersionId ?? null,
      payloadDroppedFrom: added?.payloadDroppedFrom ?? null,
      payloadAvailable: task.status === "credentials_created",
    };
  },
});

function again(input: UpdateTaskInput, subject: SecretTask): Reported {
  const { status, credentialsId } = subject.task;
  const isSame =
    input.status === status &&
    (input.status !== "credentials_created" || input.credentials.id === credentialsId);
  if (isSame && !("isTimedOut" in input)) return { ...subject, wasSettled: true };
  throw new Refusal(
    "conflict",
    "The task has ended and accepts no further update: a runner that has made credentials for it deletes them.",
  );
}

function reported(
  input: UpdateTaskInput,
  subject: SecretTask,
  context: Context<Transaction>,
): Promise<Reported> {
  switch (input.status) {
    case "processing":
      return begun(subject, context);
    case "credentials_created":
      return created(subject, input.credentials, context);
    case "credentials_deleted":
      return deleted(subject, context);
    case "failed":
      return "isTimedOut" in input
        ? timedOut(subject, context)
        : failed(subject, input.errors, context);
  }
}

/** From now on it has the whole of its time once more; but saying so again gains nothing. */
async function begun(subject: SecretTask, context: Context<Transaction>): Promise<Reported> {
  const { secret, task } = subject;
  if (task.status === "processing") return subject;
  const { configuration } = customAttributesOf(secret);
  const { taskTimeoutSeconds } = await engineOf(secret, configuration, context);
  const expiresAt = context.now + taskTimeoutSeconds * 1_000;
  return settled(subject, { status: "processing", expiresAt }, context);
}

async function created(
  { secret, task }: SecretTask,
  { id: credentialsId, content }: { readonly id: string; readonly content: Sensitive<JsonObject> },
  context: Context<Transaction>,
): Promise<Reported> {
  const { store, now } = context;
  assertType(task, "create_credentials");
  checkCredentialsId(credentialsId);
  const { configuration, ttlSeconds } = customAttributesOf(secret);
  const { schema } = await engineOf(secret, configuration, context);
  checkCredentials(content.reveal(), schema);
  await assertOwnId(secret, credentialsId, context);
  const current = await store.secrets.version(secret, { alias: "current" });
  const dropped = await store.secrets.version(secret, { alias: "previous" });
  // What makes room for the new version goes in the name of the rotation; `addVersion` sees to the rest.
  const owner = dropped?.hasPayload
    ? await askToDelete(secret, { version: dropped, trigger: task.trigger }, context)
    : secret;
  const versionId = randomId();
  const expiresAt = ttlSeconds === null ? null : now + ttlSeconds * 1_000;
  const added = await addVersion(
    owner,
    {
      versionId,
      version: {
        payload: { kind: "custom_credentials", content },
        attributes: { kind: "custom_credentials", credentialsId },
        expiresAt,
      },
      autoRotated: task.trigger === "automatic_secret_rotation",
      versionCustomMetadata: task.versionCustomMetadata ?? undefined,
    },
    context,
  );
  const end = { status: "credentials_created", versionId, credentialsId } as const;
  const ofSecret = { lastRotationFailed: false, leaseEndsAt: expiresAt };
  const done = await settled({ secret, task, ofSecret }, end, context);
  return { ...done, added, previousVersionId: current?.id ?? null };
}

async function deleted(subject: SecretTask, context: Context<Transaction>): Promise<Reported> {
  assertType(subject.task, "delete_credentials");
  return settled(subject, { status: "credentials_deleted" }, context);
}

async function failed(
  subject: SecretTask,
  errors: Sensitive<readonly TaskError[]>,
  context: Context<Transaction>,
): Promise<Reported> {
  checkTaskErrors(errors.reveal());
  const sealed = sealErrors(subject, errors, context.capabilities.vault);
  return ended(subject, { errors: sealed }, context);
}

async function timedOut(subject: SecretTask, context: Context<Transaction>): Promise<Reported> {
  const { expiresAt } = subject.task;
  invariant(context.caller.kind === "internal", "the schedule alone says that time is over");
  // Between being found due and now, its runner may have begun it.
  if (expiresAt === null || expiresAt > context.now) {
    throw new Refusal("precondition_failed", "The time of the task is not over.");
  }
  return ended(subject, { errors: null }, context);
}

/** A deletion is tried again later; a secret that has never had a value is awaited no more. */
async function ended(
  { secret, task }: SecretTask,
  { errors }: Pick<Task, "errors">,
  context: Context<Transaction>,
): Promise<Reported> {
  const isDeletion = task.type === "delete_credentials";
  const retryAt = isDeletion && task.retries < MAX_RETRIES ? context.now + RETRY_AFTER_MS : null;
  const isRotation = !isDeletion && task.trigger !== "secret_creation";
  const ofSecret = isRotation ? { lastRotationFailed: true } : {};
  return settled({ secret, task, ofSecret }, { status: "failed", errors, retryAt }, context);
}

type Settling = Partial<Omit<Task, "status">> & { readonly status: TaskStatus };

/** Writes the task as it is from now on, and what that means for its secret. */
async function settled(
  { secret, task, ofSecret = {} }: SecretTask & { readonly ofSecret?: SecretChange },
  change: Settling,
  context: Context<Transaction>,
): Promise<Reported> {
  const { store, caller, now } = context;
  const changed: Task = {
    ...task,
    // Open for as long as the change says so.
    expiresAt: null,
    ...change,
    updatedBy: callerId(caller),
    updatedAt: now,
  };
  await store.tasks.updateTask(changed);
  const state = await stateWithout(secret, context);
  return { secret: await keepTasks(secret, { ...ofSecret, ...state }, context), task: changed };
}

/** Of a secret that has never had a value, and whose last task to bring one is gone. */
export async function stateWithout(
  { id, at }: Secret,
  { store }: Context<Transaction>,
): Promise<Partial<Pick<Secret, "state">>> {
  const secret = await store.secrets.secret(at, id);
  const tasks = await store.tasks.tasksOf(id);
  const isAwaited = tasks.some((task) => task.type === "create_credentials" && isOpen(task));
  return secret?.lastVersion === 0 && !isAwaited ? { state: DEACTIVATED } : {};
}

/** Deleting some credentials must not be deleting those of another version. */
async function assertOwnId(
  secret: Secret,
  credentialsId: string,
  { store }: Context<Transaction>,
): Promise<void> {
  const versions = await store.secrets.versions(secret);
  const inUse = versions.filter(({ hasPayload }) => hasPayload).map(credentialsIdOf);
  const leaving = undeleted(await store.tasks.tasksOf(secret.id)).map((task) => task.credentialsId);
  if (![...inUse, ...leaving].includes(credentialsId)) return;
  throw new Refusal(
    "conflict",
    "Other credentials of the secret have this id and are not deleted yet: give each an id of its own.",
    { field: "credentials" },
  );
}

function assertType({ type }: Task, expected: Task["type"]): void {
  if (type === expected) return;
  const end = type === "create_credentials" ? "credentials_created" : "credentials_deleted";
  throw new Refusal("invalid_request", `A task of this type ends as ${end} or as failed.`, {
    field: "status",
  });
}
