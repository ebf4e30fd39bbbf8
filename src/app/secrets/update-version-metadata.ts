/** Changes the custom metadata of one version. */
import { checkCustomMetadata, type JsonObject } from "../../secrets/secret.ts";
import { changeOperation } from "../operation.ts";
import type { VersionMetadata } from "./answers.ts";
import { locateVersion, type SecretVersion, type WhichVersion } from "./find.ts";
import { changedFields } from "./changes.ts";
import { retrievalsOf, versionMetadataOf } from "./show.ts";

/** A merge patch: what is left out stays, null removes. */
export interface VersionPatch {
  readonly versionCustomMetadata?: JsonObject | null | undefined;
}

export type UpdateVersionMetadataInput = WhichVersion & {
  readonly patch: VersionPatch;
  /** The names of the patch's fields, for the record. */
  readonly changes: readonly string[];
};

/** The input of an update: the dialects' way to make it. */
export function updateVersionMetadataInput(
  which: WhichVersion,
  patch: VersionPatch,
): UpdateVersionMetadataInput {
  return { ...which, patch, changes: changedFields(patch) };
}

export type UpdateVersionMetadataOutput = VersionMetadata;

export const updateVersionMetadata = changeOperation<
  UpdateVersionMetadataInput,
  SecretVersion,
  UpdateVersionMetadataOutput
>({
  name: "version.metadata.update",

  locate: locateVersion,

  async run({ patch }, { subject: { secret, version } }, context) {
    const { versionCustomMetadata = version.customMetadata } = patch;
    if (versionCustomMetadata) checkCustomMetadata(versionCustomMetadata, "versionCustomMetadata");
    const changed = { ...version, customMetadata: versionCustomMetadata };
    await context.store.secrets.updateVersion(changed);
    const retrievals = await retrievalsOf(secret, context);
    return versionMetadataOf(secret, changed, retrievals.has(version.id));
  },
});
