/**
 * What falls due with custom credentials: tasks whose time is over, deletions that are to be tried again, credentials
 * at the end of their time. All of it follows from the state, so a restart loses nothing.
 */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { locked } from "../../secrets/lock.ts";
import { DEACTIVATED } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import type { Job } from "../schedule.ts";
import { evenDeleted, locateVersion, type SecretVersion } from "./find.ts";
import { giveUpValue } from "./give-up.ts";
import { callAbout, type JobPorts } from "./secret-job.ts";
import { askAgain, keepTasks } from "./task-queue.ts";
import { locateTask, type SecretTask, type WhichTask } from "./tasks.ts";
import { updateTask } from "./update-task.ts";

export function taskJobs(ports: JobPorts): readonly Job[] {
  return [taskTimeoutJob(ports), credentialsEndJob(ports), taskRetryJob(ports)];
}

/** Fails every open task whose time is over. */
export function taskTimeoutJob({ state, performer }: JobPorts): Job {
  return {
    name: "task-timeout",
    async due(now, limit) {
      const found = await state.read(({ tasks }) => tasks.timedOut(now, limit));
      return found.map(({ id: taskId, secretId: id, at }) => ({
        key: taskId,
        async run() {
          const call = await callAbout(state, "task-timeout", { id, at });
          const report = { status: "failed", isTimedOut: true } as const;
          const done = await performer.perform(updateTask, call, () => ({ id, taskId, ...report }));
          return done.kind === "done";
        },
      }));
    },
  };
}

/** Asks once more for every deletion that has failed and is to be tried again. */
export function taskRetryJob({ state, performer }: JobPorts): Job {
  return {
    name: "task-retry",
    async due(now, limit) {
      const found = await state.read(({ tasks }) => tasks.dueRetries(now, limit));
      return found.map(({ id: taskId, secretId: id, at }) => ({
        key: taskId,
        async run() {
          const call = await callAbout(state, "task-retry", { id, at });
          return (await performer.perform(retryTask, call, () => ({ id, taskId }))).kind === "done";
        },
      }));
    },
  };
}

/** Takes the value of every version whose credentials are at the end of their time, and asks to delete them. */
export function credentialsEndJob({ state, performer }: JobPorts): Job {
  return {
    name: "credentials-end",
    async due(now, limit) {
      const found = await state.read(({ tasks }) => tasks.dueCredentials(now, limit));
      return found.map(({ versionId, secretId: id, at }) => ({
        key: versionId,
        async run() {
          const call = await callAbout(state, "credentials-end", { id, at });
          const done = await performer.perform(endCredentials, call, () => ({ id, versionId }));
          return done.kind === "done";
        },
      }));
    },
  };
}

/** The event of either is that of the task it makes. */
export const retryTask = changeOperation<WhichTask, SecretTask, object>({
  name: "secret-task.create",

  locate: async (input, context) => ({ ...(await locateTask(input, context)), byParts: true }),

  async run(_input, { subject: { secret, task } }, context) {
    invariant(context.caller.kind === "internal", "tasks are tried again by the schedule alone");
    // Between being found due and now, it may have been tried again.
    if (task.retryAt === null || task.retryAt > context.now) {
      throw new Refusal("precondition_failed", "The task is not due to be tried again.");
    }
    await askAgain(secret, task, context);
    return {};
  },
});

interface EndingCredentials {
  /** The secret's. */
  readonly id: string;
  readonly versionId: string;
}

export const endCredentials = changeOperation<EndingCredentials, SecretVersion, object>({
  name: "secret-task.create",

  locate: async (input, context) => ({
    ...evenDeleted(await locateVersion(input, context)),
    byParts: true,
  }),

  async run(_input, { subject: { secret, version } }, context) {
    const { store, caller, now } = context;
    invariant(caller.kind === "internal", "credentials are ended by the schedule alone");
    const isOver = version.expiresAt !== null && version.expiresAt <= now;
    if (!isOver || !version.hasPayload) {
      throw new Refusal("precondition_failed", "The credentials are not at their end.");
    }
    const locks = await store.secrets.locksOf(secret.id);
    if (locks.some((lock) => lock.versionId === version.id)) throw locked();
    await giveUpValue(secret, version, context);
    // Without a value that could be used, until there is a new version.
    const isCurrent = version.number === secret.currentVersion;
    await keepTasks(secret, isCurrent ? { state: DEACTIVATED } : {}, context);
    return {};
  },
});
