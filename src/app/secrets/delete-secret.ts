/** Deletes a secret with all its versions. What it was and who deleted it stays in the trail. */
import { locked } from "../../secrets/lock.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import { locateToldSecret, type WhichSecret } from "./find.ts";
import { giveUpValue } from "./give-up.ts";
import { behaviourOf } from "./kinds/behaviours.ts";

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
    const { store, capabilities } = context;
    if (secret.locksTotal > 0) throw locked();
    const behaviour = behaviourOf(secret.type);
    if (behaviour.discard) {
      await behaviour.discard(secret, { isForced }, context);
    } else {
      for (const version of await store.secrets.versions(secret)) {
        if (version.hasPayload) await giveUpValue(secret, version, context);
      }
      await behaviour.releaseSecret?.(secret, context);
    }
    await store.secrets.deleteSecret(secret.id);
    capabilities.vault.forget(secret.at, secret.id);
    return { versionsDeleted: secret.versionsTotal };
  },
});
