/** What falls due with secrets, in one list; each is performed and recorded as any call is. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { expiryNoticeJob } from "../notifications/notify-expiry.ts";
import { removalJob } from "../items/end-removal.ts";
import type { RootKeyRotation } from "../rotate-root-key.ts";
import type { Job, Task } from "../schedule.ts";
import { createVersion } from "./create-version.ts";
import { endDeletion, endDeletionInput } from "./end-deletion.ts";
import { expireSecret, expireSecretInput } from "./expire-secret.ts";
import { leaseJob } from "./lease-job.ts";
import { secretJob, type JobPorts } from "./secret-job.ts";
import { taskJobs } from "./task-jobs.ts";
import { DELETION_JOB } from "./version-deletion.ts";

/** Everything that falls due with secrets, in the order in which a pass looks at it. */
export function secretJobs(ports: JobPorts): readonly Job[] {
  return [
    rotationJob(ports),
    expirationJob(ports),
    expiryNoticeJob(ports),
    leaseJob(ports),
    deletionJob(ports),
    removalJob(ports),
    ...taskJobs(ports),
  ];
}

/** Gives every secret whose rotation is due a new version with a generated value. */
export function rotationJob({ state, performer }: JobPorts): Job {
  return secretJob(state, {
    name: "rotation",
    find: (secrets, now, limit) => secrets.dueRotations(now, limit),
    perform: ({ id }, call) =>
      performer.perform(createVersion, call, () => ({ id, autoRotated: true })),
  });
}

/** Destroys the values of every secret that has expired and is not locked. */
export function expirationJob({ state, performer }: JobPorts): Job {
  return secretJob(state, {
    name: "expiration",
    find: (secrets, now, limit) => secrets.dueExpirations(now, limit),
    perform: ({ id, dueAt }, call) =>
      performer.perform(expireSecret, call, () => expireSecretInput(id, dueAt)),
  });
}

/** Deletes every secret that has waited for it until its day. */
export function deletionJob({ state, performer }: JobPorts): Job {
  return secretJob(state, {
    name: DELETION_JOB,
    find: (secrets, now, limit) => secrets.dueDeletions(now, limit),
    perform: ({ id, dueAt }, call) =>
      performer.perform(endDeletion, call, () => endDeletionInput(id, dueAt)),
  });
}

/** Carries a rotation of the root key on: batch after batch, with everything else in between. */
export function rootKeyJob(rotation: RootKeyRotation): Job {
  const task: Task = {
    key: "root-key",
    async run() {
      // The store answers without leaving this turn of the event loop: whoever waits must be let in.
      while (await rotation.step()) await nextTurn();
      return true;
    },
  };
  return { name: "root-key", due: async () => ((await rotation.isPending()) ? [task] : []) };
}
