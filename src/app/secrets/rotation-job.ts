/**
 * What falls due with rotations by rotators: windows that open, and the steps of what has begun. All of it follows from
 * the state, so a restart loses nothing.
 */
import { isDeepStrictEqual } from "node:util";
import { randomId } from "../../kernel/ids.ts";
import type { DueSecret } from "../../secrets/store.ts";
import type { Job } from "../schedule.ts";
import { startDueRotation } from "./begin-rotation.ts";
import { takeRotationStep } from "./rotation-step.ts";
import { ROTATION_JOB } from "./rotation-under-way.ts";
import { callAbout, secretJob, type JobPorts } from "./secret-job.ts";

/** How many secrets are rotated at once: rotators may take their time. */
export const MAX_ROTATIONS_AT_ONCE = 16;

/** They belong into a schedule of their own, for nothing else to wait. */
export function rotatorJobs(ports: JobPorts): readonly Job[] {
  return [rotationStartJob(ports), rotationStepJob(ports)];
}

/** Begins the rotation of every secret whose window has opened. */
export function rotationStartJob({ state, performer }: JobPorts): Job {
  return secretJob(state, {
    name: ROTATION_JOB,
    find: (secrets, now, limit) => secrets.dueRotatorRotations(now, limit),
    perform: ({ id }, call) =>
      performer.perform(startDueRotation, call, () => ({ id, versionId: randomId() })),
  });
}

/**
 * Takes the steps of every rotation that are due, one secret's one after the other. A step that has failed has its time to
 * be tried again in the state; what could not even be kept is put off by the schedule alone.
 */
export function rotationStepJob(ports: JobPorts): Job {
  return {
    name: "rotation-step",
    atOnce: MAX_ROTATIONS_AT_ONCE,
    async due(now, limit) {
      const found = await ports.state.read(({ secrets }) => secrets.dueRotationSteps(now, limit));
      return found.map((due) => ({ key: due.id, run: () => takeSteps(due, ports) }));
    },
  };
}

/** Resolves to whether the state knows more of it than before. */
async function takeSteps({ id, at }: DueSecret, { state, performer }: JobPorts): Promise<boolean> {
  const underWay = () => state.read(({ secrets }) => secrets.rotation(id));
  let rotation = await underWay();
  while (rotation) {
    const { token, step, attempts: attempt } = rotation;
    const call = await callAbout(state, ROTATION_JOB, { id, at });
    const input = { id, token, step, attempt };
    const { kind } = await performer.perform(takeRotationStep, call, () => input);
    const after = await underWay();
    if (kind === "refused") return !isDeepStrictEqual(after, rotation);
    rotation = after;
  }
  return true;
}
