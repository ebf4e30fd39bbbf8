/**
 * Turns the rotation of a secret by its rotator off, the one under way too (AWS Secrets Manager, CancelRotateSecret). The
 * rest stays: the rotator's name and its rules, and the version that was being made with its label.
 */
import { Refusal } from "../../kernel/errors.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import type { RotationOutput } from "./begin-rotation.ts";
import { locateToldSecret, type WhichSecret } from "./find.ts";
import { removePendingVersion } from "./pending-version.ts";

export const cancelRotation = changeOperation<WhichSecret, Secret, RotationOutput>({
  name: "secret.rotation.cancel",

  locate: locateToldSecret,

  async run(_input, { subject: before }, { store, call, now, ...context }) {
    const { id, name, rotator } = before;
    if (!rotator) {
      const sentence = "No Lambda rotation function ARN is associated with this secret.";
      throw new Refusal("precondition_failed", sentence, { reason: "no-rotator" });
    }
    const secret: Secret = {
      ...before,
      rotator: { ...rotator, isEnabled: false },
      // A policy that the secret was given while its rotator was off keeps its time.
      nextRotationAt: rotator.isEnabled ? null : before.nextRotationAt,
      updatedAt: now,
    };
    await store.secrets.updateSecret(secret);
    const answer = { place: call.place, id, name };
    const rotation = await store.secrets.rotation(id);
    if (!rotation) return answer;
    await store.secrets.deleteRotation(id);
    const version = await store.secrets.version(secret, { versionId: rotation.token });
    if (!rotation.isTest) return { ...answer, versionId: version?.id };
    // What was made to be tried is of no use to anybody.
    if (version) {
      await removePendingVersion({ secret, version }, { store, call, now, ...context });
    }
    return answer;
  },
});
