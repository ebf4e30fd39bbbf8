/** What is asked of secrets and their values, from AWS's members. */
import type { CreateNamedSecretInput } from "../../../../app/secrets/create-named-secret.ts";
import type { GetValueInput } from "../../../../app/secrets/get-value.ts";
import {
  MAX_VERSIONS_LISTED,
  type ListVersionIdsInput,
} from "../../../../app/secrets/list-version-ids.ts";
import type { PutValueInput } from "../../../../app/secrets/put-value.ts";
import type { SetVersionStageInput } from "../../../../app/secrets/set-version-stage.ts";
import type { UpdateSecretInput } from "../../../../app/secrets/update-secret.ts";
import { Refusal } from "../../../../kernel/errors.ts";
import { MAX_LONG_DESCRIPTION_CHARS, MAX_NAME_CHARS } from "../../../../secrets/secret.ts";
import { MAX_STAGE_CHARS, MAX_STAGES_PER_VERSION } from "../../../../secrets/stages.ts";
import type { Members, TextBounds } from "../members.ts";
import { positionIn, type Bound } from "../next-token.ts";
import { kmsKeyIdIn } from "./kms-key-id.ts";
import { replicaRegionsIn } from "./replication-status.ts";
import { requestTokenIn, requestTokenOrNothing, VERSION_ID } from "./request-token.ts";
import { secretIdIn } from "./secret-id.ts";
import { valueIn } from "./secret-value.ts";
import { tagsIn } from "./tag-members.ts";

/** Of a rotator's calls: what AWS takes, from 36 characters on. It is nothing by which we know anybody. */
const MIN_ROTATION_TOKEN_CHARS = 36;
const MAX_ROTATION_TOKEN_CHARS = 256;
const STAGE: TextBounds = { min: 1, max: MAX_STAGE_CHARS };

export function creation(members: Members): CreateNamedSecretInput {
  // What kind of secret a partner's service keeps: there are no such services here.
  members.textOrNothing("Type", { max: MAX_NAME_CHARS });
  return {
    name: members.text("Name", { min: 1, max: MAX_NAME_CHARS }),
    clientRequestToken: requestTokenIn(members),
    description: descriptionIn(members),
    kmsKeyId: kmsKeyIdIn(members) || undefined,
    value: valueIn(members),
    tags: tagsIn(members),
    addReplicaRegions: replicaRegionsIn(members),
    forceOverwriteReplicaSecret: members.flagOrNothing("ForceOverwriteReplicaSecret") ?? false,
  };
}

export function reading(members: Members): GetValueInput {
  return {
    ...secretIdIn(members),
    versionId: members.textOrNothing("VersionId", VERSION_ID),
    versionStage: members.textOrNothing("VersionStage", STAGE),
  };
}

export function putting(members: Members): PutValueInput {
  members.secretOrNothing("RotationToken", {
    min: MIN_ROTATION_TOKEN_CHARS,
    max: MAX_ROTATION_TOKEN_CHARS,
  });
  const value = valueIn(members);
  const input = {
    ...secretIdIn(members),
    clientRequestToken: requestTokenIn(members),
    versionStages: members.textsOrNothing("VersionStages", {
      min: 1,
      max: MAX_STAGES_PER_VERSION,
      each: STAGE,
    }),
  };
  if (value) return { ...input, value };
  const sentence = "You must provide either SecretString or SecretBinary.";
  throw new Refusal("invalid_request", sentence, { reason: "no-value" });
}

/** An empty description, or key, takes away the one there is. */
export function updating(members: Members): UpdateSecretInput {
  members.textOrNothing("Type", { max: MAX_NAME_CHARS });
  const value = valueIn(members);
  const token = value ? requestTokenIn(members) : requestTokenOrNothing(members);
  const description = descriptionIn(members);
  const kmsKeyId = kmsKeyIdIn(members);
  return {
    ...secretIdIn(members),
    clientRequestToken: token,
    description: description === "" ? null : description,
    kmsKeyId: kmsKeyId === "" ? null : kmsKeyId,
    giving: value && token !== undefined ? { token, value } : undefined,
  };
}

export function moving(members: Members): SetVersionStageInput {
  return {
    ...secretIdIn(members),
    versionStage: members.text("VersionStage", STAGE),
    moveToVersionId: members.textOrNothing("MoveToVersionId", VERSION_ID),
    removeFromVersionId: members.textOrNothing("RemoveFromVersionId", VERSION_ID),
  };
}

export function listing(members: Members): ListVersionIdsInput {
  return {
    ...secretIdIn(members),
    includeDeprecated: members.flagOrNothing("IncludeDeprecated"),
    maxResults: members.numberOrNothing("MaxResults", { min: 1, max: MAX_VERSIONS_LISTED }),
    after: positionIn(members, versionsBound(members), versionNumber),
  };
}

/** What a page of versions goes on from: the same secret, with or without those that have no label. */
export function versionsBound(members: Members): Bound {
  return ["versions", members.peek("SecretId"), members.peek("IncludeDeprecated") === true];
}

function versionNumber(position: unknown): number | undefined {
  return Number.isSafeInteger(position) && Number(position) > 0 ? Number(position) : undefined;
}

function descriptionIn(members: Members): string | undefined {
  return members.textOrNothing("Description", { max: MAX_LONG_DESCRIPTION_CHARS });
}
