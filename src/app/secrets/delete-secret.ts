/** Deletes a secret with all its versions. What it was and who deleted it stays in the trail. */
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import { locateToldSecret, type WhichSecret } from "./find.ts";
import { removeSecret } from "./remove-secret.ts";

export type DeleteSecretInput = WhichSecret & {
  /** Deletes what is still in use elsewhere; a lock it does not break. */
  readonly forceDelete?: boolean | undefined;
};

export interface DeleteSecretOutput {
  readonly versionsDeleted: number;
}

export const deleteSecret = changeOperation<DeleteSecretInput, Secret, DeleteSecretOutput>({
  name: "secret.delete",

  locate: locateToldSecret,

  async run({ forceDelete: isForced = false }, { subject: secret }, context) {
    await removeSecret(secret, { isForced }, context);
    return { versionsDeleted: secret.versionsTotal };
  },
});
