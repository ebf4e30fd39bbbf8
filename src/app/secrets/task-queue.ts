/**
 * Asking the runner of a secret of custom credentials to create some, or to delete those of a version. What its tasks
 * come to is kept with the secret, written anew whenever one of them changes.
 */
import { locked } from "../../secrets/lock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import { attributesOf, isConfigurationName } from "../../secrets/configurations/configuration.ts";
import type { CustomEngineAttributes } from "../../secrets/configurations/custom-engine.ts";
import type { CustomCredentialsAttributes } from "../../secrets/kinds/custom-credentials.ts";
import type { JsonObject, Secret } from "../../secrets/secret.ts";
import {
  forgettable,
  isOpen,
  MAX_OPEN_CREATIONS,
  MAX_UNDELETED,
  summaryOf,
  undeleted,
  type Task,
  type TaskTrigger,
} from "../../secrets/task.ts";
import type { Version } from "../../secrets/version.ts";
import { callerId, type Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { locatedSecret, toldOf } from "./find.ts";

/** A secret as far as a task is about it: it may be just being made. */
export type TaskOwner = Pick<Secret, "id" | "at" | "name" | "groupId">;

interface Creation {
  readonly attributes: CustomCredentialsAttributes;
  readonly trigger: TaskTrigger;
  /** Of the version to come. */
  readonly versionCustomMetadata?: JsonObject | undefined;
}

/**
 * A further task to create credentials, and what the secret's attributes are with it. Refused where the runner has left
 * too many undone: what piles up unseen is never worked off.
 */
export async function askToCreate(
  owner: TaskOwner,
  { attributes, trigger, versionCustomMetadata }: Creation,
  context: Context<Transaction>,
): Promise<CustomCredentialsAttributes> {
  const { store } = context;
  const before = await store.tasks.tasksOf(owner.id);
  const open = before.filter((task) => task.type === "create_credentials" && isOpen(task));
  if (open.length >= MAX_OPEN_CREATIONS) {
    throw new Refusal(
      "limit_reached",
      `The secret has reached the maximum of ${MAX_OPEN_CREATIONS} credentials that its runner has yet to create.`,
    );
  }
  if (undeleted(before).length >= MAX_UNDELETED) {
    throw new Refusal(
      "limit_reached",
      `The secret has reached the maximum of ${MAX_UNDELETED} credentials that its runner has yet to delete.`,
    );
  }
  const engine = await engineOf(owner, attributes.configuration, context);
  const type = "create_credentials";
  const metadata = { versionCustomMetadata: versionCustomMetadata ?? null };
  await insertTask(owner, { ...blank, ...metadata, type, trigger, engine }, context);
  return { ...attributes, tasks: summaryOf(await store.tasks.tasksOf(owner.id)) };
}

/** A task to delete the credentials of a version, unless there has been one already. The secret as it is then. */
export async function askToDelete(
  secret: Secret,
  { version, trigger }: { readonly version: Version; readonly trigger: TaskTrigger },
  context: Context<Transaction>,
): Promise<Secret> {
  const tasks = await context.store.tasks.tasksOf(secret.id);
  if (tasks.some((task) => task.type === "delete_credentials" && task.versionId === version.id)) {
    return secret;
  }
  const credentialsId = credentialsIdOf(version);
  await insertDeletion(
    secret,
    { versionId: version.id, credentialsId, trigger, retries: 0 },
    context,
  );
  const isCurrent = version.number === secret.currentVersion;
  return keepTasks(secret, isCurrent ? { leaseEndsAt: null } : {}, context);
}

/** After a deletion has failed: the same again, as a task of its own. */
export async function askAgain(
  secret: Secret,
  failed: Task,
  context: Context<Transaction>,
): Promise<void> {
  await context.store.tasks.updateTask({ ...failed, retryAt: null });
  await insertDeletion(secret, { ...failed, retries: failed.retries + 1 }, context);
  await keepTasks(secret, {}, context);
}

export type SecretChange = Partial<Pick<Secret, "state">> &
  Partial<Pick<CustomCredentialsAttributes, "lastRotationFailed" | "leaseEndsAt">>;

/**
 * Writes what the secret's tasks come to, on the secret as it is stored by now, with whatever else is to be changed of
 * it.
 */
export async function keepTasks(
  { id, at }: Pick<Secret, "id" | "at">,
  { state, ...change }: SecretChange,
  { store, now }: Context<Transaction>,
): Promise<Secret> {
  const secret = await store.secrets.secret(at, id);
  invariant(secret !== undefined, "a task's secret exists");
  const attributes = customAttributesOf(secret);
  const changed: Secret = {
    ...secret,
    state: state ?? secret.state,
    attributes: { ...attributes, ...change, tasks: summaryOf(await store.tasks.tasksOf(id)) },
    updatedAt: now,
  };
  await store.secrets.updateSecret(changed);
  return changed;
}

/**
 * Refuses what could not become a version in the end: the one before the current would have to make room for it, and is
 * locked.
 */
export async function assertRoom<Store extends View>(
  secret: Secret,
  { store }: Context<Store>,
): Promise<void> {
  const previous = await store.secrets.version(secret, { alias: "previous" });
  if (!previous?.hasPayload) return;
  const locks = await store.secrets.locksOf(secret.id);
  if (locks.some((lock) => lock.versionId === previous.id)) throw locked();
}

/** The configuration of this name, as one of custom credentials. */
export async function engineOf<Store extends View>(
  { at }: Pick<Secret, "at">,
  name: string,
  { store }: Context<Store>,
): Promise<CustomEngineAttributes> {
  const found = isConfigurationName(name)
    ? await store.configurations.configuration(at, name)
    : undefined;
  if (found?.type === "custom_credentials_configuration")
    return attributesOf(found, "custom-engine");
  throw new Refusal(
    "invalid_request",
    "There is no configuration of custom credentials of this name: create it first.",
    { field: "configuration" },
  );
}

export function customAttributesOf({ attributes }: Secret): CustomCredentialsAttributes {
  invariant(
    attributes?.kind === "custom_credentials",
    "a secret with tasks has custom credentials",
  );
  return attributes;
}

export function credentialsIdOf({ attributes }: Version): string {
  invariant(attributes?.kind === "custom_credentials", "a runner has brought the version");
  return attributes.credentialsId;
}

const blank = { versionId: null, credentialsId: null, versionCustomMetadata: null, retries: 0 };

async function insertDeletion(
  secret: Secret,
  of: Pick<Task, "versionId" | "credentialsId" | "trigger" | "retries">,
  context: Context<Transaction>,
): Promise<void> {
  const { versionId, credentialsId, trigger, retries } = of;
  const engine = await engineOf(secret, customAttributesOf(secret).configuration, context);
  const asked = { type: "delete_credentials", versionId, credentialsId, trigger, retries } as const;
  await insertTask(secret, { ...blank, ...asked, engine }, context);
}

type Asked = Pick<
  Task,
  "type" | "trigger" | "versionId" | "credentialsId" | "versionCustomMetadata" | "retries"
> & { readonly engine: CustomEngineAttributes };

/** Queued, with an event of its own. What has long been settled makes room for it. */
async function insertTask(
  owner: TaskOwner,
  { engine, ...asked }: Asked,
  { store, call, caller, now, also }: Context<Transaction>,
): Promise<void> {
  const by = callerId(caller);
  const task: Task = {
    ...asked,
    id: randomId(),
    at: owner.at,
    secretId: owner.id,
    status: "queued",
    errors: null,
    createdBy: by,
    createdAt: now,
    updatedBy: by,
    updatedAt: now,
    expiresAt: now + engine.taskTimeoutSeconds * 1_000,
    retryAt: null,
  };
  await store.tasks.insertTask(task);
  for (const { id } of forgettable(await store.tasks.tasksOf(owner.id))) {
    await store.tasks.deleteTask(id);
  }
  const { id: taskId, type: taskType, trigger, versionId } = task;
  also({
    operation: "secret-task.create",
    target: locatedSecret(call.place, owner, null).target,
    input: {
      id: owner.id,
      taskId,
      taskType,
      trigger,
      ...(versionId === null ? {} : { versionId }),
      ...toldOf({ type: "custom_credentials", groupId: owner.groupId }),
    },
    output: { taskId },
  });
}
