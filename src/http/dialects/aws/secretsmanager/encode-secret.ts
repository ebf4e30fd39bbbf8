/** What is known of a secret, as AWS tells it: members only where they have values, the last access to its day. */
import type {
  DescribedSecret,
  DescribeSecretOutput,
  LabelledVersion,
} from "../../../../app/secrets/describe-secret.ts";
import type { GetValueOutput } from "../../../../app/secrets/get-value.ts";
import type { ListedVersion } from "../../../../app/secrets/list-version-ids.ts";
import type { NamedSecret } from "../../../../app/secrets/answers.ts";
import { secretArn } from "../../../../audit/render/cloudtrail-arn.ts";
import type { Millis } from "../../../../kernel/clock.ts";
import { rotatedBy } from "../../../../secrets/rotation-schedule.ts";
import type { RotationRules } from "../../../../secrets/rotator.ts";
import type { Secret } from "../../../../secrets/secret.ts";
import { Timestamp, type WireObject } from "../wire-values.ts";
import { replicationStatus } from "./replication-status.ts";
import { secretValue } from "./secret-value.ts";
import { tagMembers } from "./tag-members.ts";

const DAY_MS = 86_400_000;
/** What AWS calls the key of whoever names none, in lists of versions. */
const DEFAULT_KEY = "DefaultEncryptionKey";

export function named({ place, id, name }: NamedSecret): WireObject {
  return { ARN: secretArn(place, { id, name }), Name: name };
}

/** A version with its value. */
export function givenOut(output: GetValueOutput): WireObject {
  const { versionId, versionStages, createdAt, payload } = output;
  return {
    ...named(output),
    VersionId: versionId,
    ...secretValue(payload),
    VersionStages: versionStages,
    CreatedDate: new Timestamp(createdAt),
  };
}

/** `DescribeSecret`'s answer. */
export function describedAlone(output: DescribeSecretOutput): WireObject {
  const { labelled, replications, place } = output;
  return {
    ...described(output),
    VersionIdsToStages: stagesByVersion(labelled),
    ...(replications.length === 0
      ? {}
      : { PrimaryRegion: place.region, ReplicationStatus: replicationStatus(replications) }),
  };
}

/** What an entry of `ListSecrets` has in common with it. */
export function described({ secret, retrievedAt, ...which }: DescribedSecret): WireObject {
  const { description, kmsKeyId, tags, deletion, replicaOf } = secret;
  return {
    ...named(which),
    Description: description === "" ? undefined : (description ?? undefined),
    KmsKeyId: kmsKeyId ?? undefined,
    ...rotationMembers(secret),
    LastChangedDate: new Timestamp(secret.updatedAt),
    LastAccessedDate: Timestamp.orNothing(dayOf(retrievedAt)),
    DeletedDate: Timestamp.orNothing(deletion?.requestedAt ?? null),
    Tags: Object.keys(tags).length === 0 ? undefined : tagMembers(tags),
    CreatedDate: new Timestamp(secret.createdAt),
    PrimaryRegion: replicaOf?.region,
  };
}

/** Undefined where no version has a label. */
export function stagesByVersion(labelled: readonly LabelledVersion[]): WireObject | undefined {
  if (labelled.length === 0) return undefined;
  return Object.fromEntries(labelled.map(({ versionId, stages }) => [versionId, stages]));
}

export function listedVersion(
  { versionId, stages, createdAt, retrievedAt }: ListedVersion,
  kmsKeyId: string | null,
): WireObject {
  return {
    VersionId: versionId,
    VersionStages: stages.length === 0 ? undefined : stages,
    LastAccessedDate: Timestamp.orNothing(dayOf(retrievedAt)),
    CreatedDate: new Timestamp(createdAt),
    KmsKeyIds: [kmsKeyId ?? DEFAULT_KEY],
  };
}

function rotationMembers(secret: Secret): WireObject {
  const { rotator, rotation, lastRotatedAt } = secret;
  const isRotated = rotator?.isEnabled === true || rotation?.autoRotate === true;
  return {
    RotationEnabled: rotator || isRotated ? isRotated : undefined,
    RotationLambdaARN: rotator?.lambdaArn,
    RotationRules: rotator?.rules ? rulesMembers(rotator.rules) : undefined,
    LastRotatedDate: Timestamp.orNothing(lastRotatedAt),
    NextRotationDate: isRotated ? Timestamp.orNothing(rotatedBy(secret)) : undefined,
  };
}

function rulesMembers({ automaticallyAfterDays, scheduleExpression, duration }: RotationRules) {
  return {
    AutomaticallyAfterDays: automaticallyAfterDays,
    Duration: duration,
    ScheduleExpression: scheduleExpression,
  };
}

/** Its beginning, in UTC. */
function dayOf(at: Millis | null): Millis | null {
  return at === null ? null : at - (at % DAY_MS);
}
