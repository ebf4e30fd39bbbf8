/**
 * Letting go of credentials that only a runner can delete. Whatever of them may still exist when nobody here keeps
 * track of it any more is in the record, by the id that the runner gave it.
 */
import { Refusal } from "../../kernel/errors.ts";
import type { Secret } from "../../secrets/secret.ts";
import { isOpen, undeleted, type Task } from "../../secrets/task.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { locatedSecret, toldOf } from "./find.ts";
import type { Discarding } from "./kinds/behaviour.ts";
import { credentialsIdOf } from "./task-queue.ts";

/** Credentials of a version that may still exist where they were made. */
export type LeftCredentials = Pick<Task, "versionId" | "credentialsId">;

/**
 * Before a secret is deleted: refused while its credentials are in use, are being created, or are yet to be deleted.
 * By force the tasks go with the secret, and the record has each of them, and each of the credentials.
 */
export async function discardTasks(
  secret: Secret,
  { isForced }: Discarding,
  context: Context<Transaction>,
): Promise<void> {
  const { store, call, also } = context;
  const tasks = await store.tasks.tasksOf(secret.id);
  const versions = await store.secrets.versions(secret);
  const inUse = versions
    .filter(({ hasPayload }) => hasPayload)
    .map((version) => ({ versionId: version.id, credentialsId: credentialsIdOf(version) }));
  const left: readonly LeftCredentials[] = [...inUse, ...undeleted(tasks)];
  const open = tasks.filter(isOpen);
  if (left.length === 0 && open.length === 0) return;
  if (!isForced) {
    throw new Refusal(
      "precondition_failed",
      "The secret has credentials that its runner has yet to delete: delete the data of its versions and wait for its tasks, or force the deletion.",
    );
  }
  const { target } = locatedSecret(call.place, secret, null);
  for (const { id: taskId, type: taskType, trigger } of open) {
    const input = { id: secret.id, taskId, trigger, ...toldOf(secret) };
    also({ operation: "secret-task.delete", target, input, output: { taskId, taskType } });
  }
  for (const credentials of left) recordLeft(secret, credentials, context);
}

/** The record of credentials that are tracked no longer, and that nobody is known to have deleted. */
export function recordLeft(
  secret: Secret,
  { versionId, credentialsId }: LeftCredentials,
  { call, also }: Context<Transaction>,
): void {
  also({
    operation: "secret-credentials.delete",
    target: locatedSecret(call.place, secret, null).target,
    input: { id: secret.id, versionId, credentialsId },
    output: new Refusal(
      "precondition_failed",
      "The credentials are tracked no longer, and no runner has said that it deleted them: see for yourself whether they still exist.",
    ),
  });
}
