/**
 * What falls due with secrets: rotations and expirations, each performed and recorded as any call
 * is.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { instancePlace } from "../../identity/account.ts";
import type { Millis } from "../../kernel/clock.ts";
import { invariant } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { DueSecret, SecretReader } from "../../secrets/store.ts";
import type { Call } from "../call.ts";
import { expiryNoticeJob } from "../notifications/notify-expiry.ts";
import type { Performer } from "../perform.ts";
import type { RootKeyRotation } from "../rotate-root-key.ts";
import type { Job, Task } from "../schedule.ts";
import type { State } from "../state.ts";
import { createVersion } from "./create-version.ts";
import { expireSecret, expireSecretInput } from "./expire-secret.ts";
import { leaseJob } from "./lease-job.ts";
import { taskJobs } from "./task-jobs.ts";

export interface JobPorts {
  readonly state: State;
  readonly performer: Performer;
}

/** Everything that falls due with secrets, in the order in which a pass looks at it. */
export function secretJobs(ports: JobPorts): readonly Job[] {
  return [
    rotationJob(ports),
    expirationJob(ports),
    expiryNoticeJob(ports),
    leaseJob(ports),
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

export interface SecretJob {
  readonly name: string;
  readonly find: (
    secrets: SecretReader,
    now: Millis,
    limit: number,
  ) => Promise<readonly DueSecret[]>;
  readonly perform: (due: DueSecret, call: Call) => Promise<{ readonly kind: "done" | "refused" }>;
}

/** One task to each secret that is found due. */
export function secretJob(state: State, { name, find, perform }: SecretJob): Job {
  return {
    name,
    due: (now, limit) =>
      state.read(async ({ secrets }) => {
        const found = await find(secrets, now, limit);
        return found.map((due) => ({
          key: due.id,
          async run() {
            const call = await callAbout(state, name, due);
            return (await perform(due, call)).kind === "done";
          },
        }));
      }),
  };
}

/** A call of the server's own, about one secret of one instance. */
export async function callAbout(
  state: State,
  job: string,
  { id, at }: Pick<DueSecret, "id" | "at">,
): Promise<Call> {
  const instance = await state.read(({ identity }) => identity.instance(at.instance));
  invariant(instance !== undefined, "a secret's instance exists");
  const requestId = randomId();
  return {
    caller: { kind: "internal", job },
    dialect: "internal",
    place: instancePlace(instance),
    host: { address: "", addressType: "", agent: "" },
    requestId,
    correlationId: requestId,
    about: { kind: "secret", id },
  };
}
