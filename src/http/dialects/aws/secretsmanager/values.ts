/** Secrets and their values: lines of Secrets Manager's table. */
import type { FastifyRequest } from "fastify";
import { createNamedSecret } from "../../../../app/secrets/create-named-secret.ts";
import { describeSecret } from "../../../../app/secrets/describe-secret.ts";
import { getValue } from "../../../../app/secrets/get-value.ts";
import {
  listVersionIds,
  type ListVersionIdsOutput,
} from "../../../../app/secrets/list-version-ids.ts";
import { putValue } from "../../../../app/secrets/put-value.ts";
import { setVersionStage } from "../../../../app/secrets/set-version-stage.ts";
import { updateSecret } from "../../../../app/secrets/update-secret.ts";
import { nextToken } from "../next-token.ts";
import { line, type AwsLine } from "../service.ts";
import type { WireObject } from "../wire-values.ts";
import { call } from "../wire-call.ts";
import {
  creation,
  listing,
  moving,
  putting,
  reading,
  updating,
  versionsBound,
} from "./decode-values.ts";
import { describedAlone, givenOut, listedVersion, named } from "./encode-secret.ts";
import { replicationStatus } from "./replication-status.ts";
import { secretIdIn } from "./secret-id.ts";

export const valueLines: readonly AwsLine[] = [
  line("CreateSecret", createNamedSecret, [
    creation,
    ({ versionId, replications, ...secret }) => ({
      ...named(secret),
      VersionId: versionId ?? undefined,
      ReplicationStatus: replications.length === 0 ? undefined : replicationStatus(replications),
    }),
  ]),
  line("GetSecretValue", getValue, [reading, givenOut]),
  line("PutSecretValue", putValue, [
    putting,
    ({ versionId, versionStages, ...secret }) => ({
      ...named(secret),
      VersionId: versionId,
      VersionStages: versionStages,
    }),
  ]),
  line("UpdateSecret", updateSecret, [
    updating,
    ({ versionId, ...secret }) => ({ ...named(secret), VersionId: versionId }),
  ]),
  line("UpdateSecretVersionStage", setVersionStage, [moving, named]),
  line("DescribeSecret", describeSecret, [secretIdIn, describedAlone]),
  line("ListSecretVersionIds", listVersionIds, [listing, versionPage]),
];

function versionPage(output: ListVersionIdsOutput, request: FastifyRequest): WireObject {
  const { versions, next, kmsKeyId } = output;
  return {
    ...named(output),
    Versions: versions.map((version) => listedVersion(version, kmsKeyId)),
    NextToken: next === null ? undefined : nextToken(next, versionsBound(call(request).members())),
  };
}
