/**
 * Ends leases: takes back what was minted for a secret when its time has come. Those of locked versions wait for their
 * locks.
 */
import type { Job } from "../schedule.ts";
import { deleteCredentials } from "./delete-credentials.ts";
import { callAbout, type JobPorts } from "./secret-job.ts";

const NAME = "credentials";

export function leaseJob({ state, performer }: JobPorts): Job {
  return {
    name: NAME,
    due: (now, limit) =>
      state.read(async ({ leases }) => {
        const due = await leases.dueLeases(now, limit);
        return due.map(({ id: key, secretId: id, at, apiKeyId }) => ({
          key,
          async run() {
            const call = await callAbout(state, NAME, { id, at });
            const input = { id, apiKeyId, isAtLeaseEnd: true } as const;
            const ended = await performer.perform(deleteCredentials, call, () => input);
            return ended.kind === "done";
          },
        }));
      }),
  };
}
