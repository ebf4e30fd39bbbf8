/** Gives out the value of one version: current, previous or by its id. */
import { readOperation } from "../operation.ts";
import type { VersionWithPayload } from "./answers.ts";
import { locateVersion, type SecretVersion, type WhichVersion } from "./find.ts";
import { openVersion } from "./open.ts";
import { retrievalsOf, versionMetadataOf } from "./show.ts";

export type ReadVersionInput = WhichVersion;

export type ReadVersionOutput = VersionWithPayload;

export const readVersion = readOperation<ReadVersionInput, SecretVersion, ReadVersionOutput>({
  name: "version.read",

  locate: locateVersion,

  async run(_input, { subject: { secret, version } }, context) {
    const payload = await openVersion({ secret, version }, context);
    const downloaded = payload !== null || (await retrievalsOf(secret, context)).has(version.id);
    return { ...versionMetadataOf(secret, version, downloaded), payload };
  },
});
