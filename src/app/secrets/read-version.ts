/** Gives out the value of one version: current, previous or by its id. */
import { factsOf } from "../../secrets/payload.ts";
import { readOperation } from "../operation.ts";
import type { VersionWithPayload } from "./answers.ts";
import { locateVersion, type SecretVersion, type WhichVersion } from "./find.ts";
import { isMadeWhenRead } from "./kinds/iam-credentials.ts";
import { leaseVersion } from "./lease-secret.ts";
import { openVersion } from "./open.ts";
import { retrievalsOf, versionMetadataOf } from "./show.ts";

export type ReadVersionInput = WhichVersion;

export type ReadVersionOutput = VersionWithPayload;

const leased = leaseVersion(locateVersion);

export const readVersion = readOperation<ReadVersionInput, SecretVersion, ReadVersionOutput>({
  name: "version.read",

  async locate(input, context) {
    const located = await locateVersion(input, context);
    return isMadeWhenRead(located.subject.secret) ? { ...located, instead: leased } : located;
  },

  async run(_input, { subject: { secret, version } }, context) {
    const payload = await openVersion({ secret, version }, context);
    const downloaded = payload !== null || (await retrievalsOf(secret, context)).has(version.id);
    return { ...versionMetadataOf(secret, version, downloaded), ...factsOf(payload), payload };
  },
});
