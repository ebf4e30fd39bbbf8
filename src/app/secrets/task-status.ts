/**
 * How something stands that the server does over a while, by its id alone: credentials that a runner is to make or to
 * delete, a certificate that has been ordered, a rotation by a rotator.
 */
import { instancePlace } from "../../identity/account.ts";
import type { Millis } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Issuance } from "../../secrets/issuance.ts";
import type { RotationUnderWay } from "../../secrets/rotator.ts";
import { ACTIVE, DEACTIVATED, PRE_ACTIVATION, type Secret } from "../../secrets/secret.ts";
import type { Task, TaskStatus, Undertaking } from "../../secrets/task.ts";
import { readOperation, type Context } from "../operation.ts";
import type { View } from "../state.ts";
import { wholeOf } from "./find.ts";
import { viewOf } from "./tasks.ts";

export interface TaskStatusInput {
  readonly id: string;
}

export type TaskState = "pending" | "running" | "completed" | "failed";

export interface TaskResult {
  readonly type: "secretId" | "versionId" | "credentialsId" | "step" | "error";
  readonly value: string;
}

export interface TaskStatusOutput {
  readonly taskName: string;
  readonly state: TaskState;
  readonly createdAt: Millis;
  /** Errors are in the words of a runner, which may quote what they should not. */
  readonly results: Sensitive<readonly TaskResult[]>;
}

type Found = { readonly secret: Secret } & (
  | { readonly kind: "task"; readonly task: Task }
  | { readonly kind: "issuance"; readonly issuance: Issuance }
  | { readonly kind: "rotation"; readonly rotation: RotationUnderWay }
);

export const readTaskStatus = readOperation<TaskStatusInput, Found, TaskStatusOutput>({
  name: "task.read",

  async locate({ id }, context) {
    const { store, call } = context;
    const undertaking = await store.tasks.undertaking(call.place.account, id);
    const instance = undertaking && (await store.identity.instance(undertaking.at.instance));
    const found = undertaking && (await lookAt(id, undertaking, context));
    // What is in a home is its owner's to see, and nothing there takes a while.
    if (!found || !instance || instance.home) throw noTask();
    const { secret } = found;
    const place = instancePlace(instance);
    return {
      target: { place, kind: "task", id, name: secret.name },
      resource: { ...wholeOf(place), secretGroup: secret.groupId },
      policed: secret,
      subject: found,
    };
  },

  async run(_input, { subject }, { capabilities: { vault } }) {
    const { secret } = subject;
    if (subject.kind === "rotation") return ofRotation(subject.rotation);
    if (subject.kind === "issuance") return ofIssuance(subject.issuance, secret);
    const { task } = subject;
    const { taskType, status, versionId, credentialsId, errors, createdAt } = viewOf(
      { secret, task },
      vault,
    );
    const results: readonly TaskResult[] = [
      { type: "secretId", value: secret.id },
      ...(versionId === null ? [] : [{ type: "versionId", value: versionId } as const]),
      ...(credentialsId === null ? [] : [{ type: "credentialsId", value: credentialsId } as const]),
      ...(errors?.reveal() ?? []).map(
        ({ code, description }) => ({ type: "error", value: `${code}: ${description}` }) as const,
      ),
    ];
    return {
      taskName: taskType,
      state: STATES[status],
      createdAt,
      results: new Sensitive(results),
    };
  },
});

async function lookAt(
  id: string,
  { kind, secretId, at }: Undertaking,
  { store }: Context<View>,
): Promise<Found | undefined> {
  const secret = await store.secrets.secret(at, secretId);
  if (!secret) return undefined;
  if (kind === "task") {
    const task = await store.tasks.task(secretId, id);
    return task && { kind, secret, task };
  }
  if (kind === "issuance") {
    const issuance = await store.issuances.issuance(secretId);
    return issuance && { kind, secret, issuance };
  }
  const rotation = await store.secrets.rotation(secretId);
  return rotation && { kind, secret, rotation };
}

const STATES: Readonly<Record<TaskStatus, TaskState>> = {
  queued: "pending",
  processing: "running",
  credentials_created: "completed",
  credentials_deleted: "completed",
  failed: "failed",
};

/** As the secret has it, which knows when it was ordered and what came of it. */
function ofIssuance({ stage }: Issuance, { id, attributes }: Secret): TaskStatusOutput {
  invariant(attributes?.kind === "public_cert", "an order is of a public certificate");
  const { state, orderedAt, error } = attributes.issuance;
  const isWaiting = stage === "challenge";
  return {
    taskName: "order_certificate",
    state: state === PRE_ACTIVATION ? (isWaiting ? "pending" : "running") : ENDS[state],
    createdAt: orderedAt,
    results: new Sensitive([
      { type: "secretId", value: id },
      { type: "step", value: stage },
      ...(error ? [{ type: "error", value: `${error.code}: ${error.message}` } as const] : []),
    ]),
  };
}

const ENDS = { [ACTIVE]: "completed", [DEACTIVATED]: "failed" } as const;

function ofRotation(rotation: RotationUnderWay): TaskStatusOutput {
  const { secretId, token, step, isTest, startedAt } = rotation;
  return {
    taskName: isTest ? "test_rotation" : "rotate_secret",
    state: "running",
    createdAt: startedAt,
    results: new Sensitive([
      { type: "secretId", value: secretId },
      { type: "versionId", value: token },
      { type: "step", value: step },
    ]),
  };
}

function noTask(): Refusal {
  return new Refusal("not_found", "There is no such task.");
}
