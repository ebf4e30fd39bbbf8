/** Deletes the value of one version for good; what is known of the version stays. */
import { Refusal } from "../../kernel/errors.ts";
import { locked } from "../../secrets/lock.ts";
import { changeOperation } from "../operation.ts";
import { locateToldVersion, type SecretVersion, type WhichVersion } from "./find.ts";
import { giveUpValue } from "./give-up.ts";

export type DeleteVersionDataInput = WhichVersion;

export interface DeleteVersionDataOutput {
  readonly versionId: string;
}

export const deleteVersionData = changeOperation<
  DeleteVersionDataInput,
  SecretVersion,
  DeleteVersionDataOutput
>({
  name: "version.data.delete",

  locate: locateToldVersion,

  async run(_input, { subject: { secret, version } }, context) {
    const { store, now } = context;
    const locks = await store.secrets.locksOf(secret.id);
    if (locks.some((lock) => lock.versionId === version.id)) throw locked();
    if (!version.hasPayload) {
      throw new Refusal("gone", "The version has no value any more.");
    }
    // First: what giving it up means for the secret, its type writes after this.
    await store.secrets.updateSecret({ ...secret, updatedAt: now });
    await giveUpValue(secret, version, context);
    return { versionId: version.id };
  },
});
