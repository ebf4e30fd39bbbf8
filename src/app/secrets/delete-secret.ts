/** Deletes a secret with all its versions. What it was and who deleted it stays in the trail. */
import { locked } from "../../secrets/lock.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import { locateSecret } from "./find.ts";

export interface DeleteSecretInput {
  readonly id: string;
  /** Deletes what is still in use elsewhere; a lock it does not break. */
  readonly forceDelete?: boolean | undefined;
}

export interface DeleteSecretOutput {
  readonly versionsDeleted: number;
}

export const deleteSecret = changeOperation<DeleteSecretInput, Secret, DeleteSecretOutput>({
  name: "secret.delete",

  locate: locateSecret,

  async run(_input, { subject: secret }, { store, capabilities: { vault } }) {
    if (secret.locksTotal > 0) throw locked();
    await store.secrets.deleteSecret(secret.id);
    vault.forget(secret.at, secret.id);
    return { versionsDeleted: secret.versionsTotal };
  },
});
