/** Goes on with every certificate that was asked for and is due. It follows from the state: a restart loses nothing. */
import type { Job } from "../schedule.ts";
import { issueCertificate } from "./issue-certificate.ts";
import { callAbout, type JobPorts } from "./secret-job.ts";

/**
 * An authority may take its time to answer: this belongs into a schedule of its own, for nothing else to wait. What has
 * failed has its time to be tried again in the state; what could not even be kept is put off by the schedule alone.
 */
export function issuanceJob({ state, performer }: JobPorts): Job {
  return {
    name: "issuance",
    async due(now, limit) {
      const found = await state.read(({ issuances }) => issuances.dueIssuances(now, limit));
      return found.map(({ id: issuanceId, secretId: id, at, stage: step }) => ({
        key: issuanceId,
        async run() {
          const call = await callAbout(state, "issuance", { id, at });
          const input = { id, issuanceId, step };
          return (await performer.perform(issueCertificate, call, () => input)).kind === "done";
        },
      }));
    },
  };
}
