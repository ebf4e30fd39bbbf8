/** Lists the versions of a secret that are still known of, newest first, without their values. */
import type { Secret } from "../../secrets/secret.ts";
import { readOperation } from "../operation.ts";
import type { VersionMetadata } from "./answers.ts";
import { locateSecret, type WhichSecret } from "./find.ts";
import { retrievalsOf, versionMetadataOf } from "./show.ts";

export type ListVersionsInput = WhichSecret;

export interface ListVersionsOutput {
  readonly totalCount: number;
  readonly versions: readonly VersionMetadata[];
}

export const listVersions = readOperation<ListVersionsInput, Secret, ListVersionsOutput>({
  name: "version.list",

  locate: locateSecret,

  async run(_input, { subject: secret }, context) {
    const versions = await context.store.secrets.versions(secret);
    const retrievals = await retrievalsOf(secret, context);
    return {
      totalCount: versions.length,
      versions: versions.map((version) =>
        versionMetadataOf(secret, version, retrievals.has(version.id)),
      ),
    };
  },
});
