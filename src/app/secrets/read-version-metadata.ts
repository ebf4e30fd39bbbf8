/** Shows what is known of one version, without its value. */
import { readOperation } from "../operation.ts";
import type { VersionMetadata } from "./answers.ts";
import { locateVersion, type SecretVersion, type WhichVersion } from "./find.ts";
import { retrievalsOf, versionMetadataOf } from "./show.ts";

export type ReadVersionMetadataInput = WhichVersion;

export type ReadVersionMetadataOutput = VersionMetadata;

export const readVersionMetadata = readOperation<
  ReadVersionMetadataInput,
  SecretVersion,
  ReadVersionMetadataOutput
>({
  name: "version.metadata.read",

  locate: locateVersion,

  async run(_input, { subject: { secret, version } }, context) {
    const retrievals = await retrievalsOf(secret, context);
    return versionMetadataOf(secret, version, retrievals.has(version.id));
  },
});
