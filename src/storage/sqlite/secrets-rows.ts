/**
 * Rows of the secrets' tables as domain objects. What is written here was checked when it was put
 * in.
 */
import type { SecretGroup } from "../../secrets/group.ts";
import type { Lock } from "../../secrets/lock.ts";
import type { PasswordPolicy } from "../../secrets/password.ts";
import type { SecretAttributes, VersionAttributes } from "../../secrets/payload.ts";
import type { FailedReplication, ReplicationFailure } from "../../secrets/replication.ts";
import type { RotationPolicy } from "../../secrets/rotation.ts";
import type { RotationStep, RotationUnderWay, Rotator } from "../../secrets/rotator.ts";
import type {
  Instance,
  JsonObject,
  ReplicaOf,
  ScheduledDeletion,
  Secret,
  SecretState,
  SecretType,
} from "../../secrets/secret.ts";
import type { DataKey, DueSecret } from "../../secrets/store.ts";
import type { Version } from "../../secrets/version.ts";
import type { Row, Value } from "./database.ts";

export function secretOf(row: Row): Secret {
  return {
    id: String(row["id"]),
    at: atOf(row),
    groupId: String(row["group_id"]),
    type: String(row["type"]) as SecretType,
    name: String(row["name"]),
    description: textOf(row["description"]),
    labels: JSON.parse(String(row["labels"])) as readonly string[],
    customMetadata: jsonOf(row["custom_metadata"]) as JsonObject | null,
    createdBy: String(row["created_by"]),
    createdAt: Number(row["created_at"]),
    updatedAt: Number(row["updated_at"]),
    state: Number(row["state"]) as SecretState,
    expiresAt: numberOf(row["expires_at"]),
    rotation: jsonOf(row["rotation"]) as RotationPolicy | null,
    passwordPolicy: jsonOf(row["password_policy"]) as PasswordPolicy | null,
    nextRotationAt: numberOf(row["next_rotation_at"]),
    username: bytesOf(row["username"]),
    csrKey: bytesOf(row["csr_key"]),
    attributes: jsonOf(row["attributes"]) as SecretAttributes | null,
    lastVersion: Number(row["last_version"]),
    currentVersion: Number(row["current_version"]),
    previousVersion: Number(row["previous_version"]),
    stages: JSON.parse(String(row["stages"])) as Secret["stages"],
    keepsUnlabelled: row["keeps_unlabelled"] === 1,
    tags: JSON.parse(String(row["tags"])) as Secret["tags"],
    kmsKeyId: textOf(row["kms_key_id"]),
    deletion: deletionOf(row),
    resourcePolicy: textOf(row["resource_policy"]),
    replicaOf: replicaOf(row),
    rotator: jsonOf(row["rotator"]) as Rotator | null,
    lastRotatedAt: numberOf(row["last_rotated_at"]),
    versionsTotal: Number(row["versions_total"]),
    locksTotal: Number(row["locks_total"]),
    dataKey: dataKeyOf(row).key,
  };
}

function deletionOf(row: Row): ScheduledDeletion | null {
  const requestedAt = numberOf(row["deletion_requested_at"]);
  const dueAt = numberOf(row["deletion_due_at"]);
  return requestedAt === null || dueAt === null ? null : { requestedAt, dueAt };
}

function replicaOf(row: Row): ReplicaOf | null {
  const secretId = textOf(row["replica_of"]);
  const region = textOf(row["primary_region"]);
  return secretId === null || region === null ? null : { secretId, region };
}

export function dataKeyOf(row: Row): DataKey {
  return {
    owner: String(row["owner"]),
    at: atOf(row),
    key: { rootKeyId: String(row["root_key_id"]), bytes: row["wrapped"] as Uint8Array },
  };
}

export function versionOf(row: Row): Version {
  return {
    id: String(row["id"]),
    secretId: String(row["secret_id"]),
    number: Number(row["number"]),
    createdBy: String(row["created_by"]),
    createdAt: Number(row["created_at"]),
    autoRotated: row["auto_rotated"] === 1,
    expiresAt: numberOf(row["expires_at"]),
    customMetadata: jsonOf(row["custom_metadata"]) as JsonObject | null,
    attributes: jsonOf(row["attributes"]) as VersionAttributes | null,
    hasPayload: row["has_payload"] === 1,
  };
}

export function rotationOf(row: Row): RotationUnderWay {
  return {
    secretId: String(row["secret_id"]),
    token: String(row["token"]),
    step: String(row["step"]) as RotationStep,
    isTest: row["is_test"] === 1,
    attempts: Number(row["attempts"]),
    dueAt: Number(row["due_at"]),
    startedAt: Number(row["started_at"]),
    endsAt: Number(row["ends_at"]),
  };
}

export function failedReplicationOf(row: Row): FailedReplication {
  return {
    secretId: String(row["secret_id"]),
    region: String(row["region"]),
    kmsKeyId: textOf(row["kms_key_id"]),
    reason: String(row["reason"]) as ReplicationFailure,
    at: Number(row["failed_at"]),
  };
}

export function groupOf(row: Row): SecretGroup {
  return {
    id: String(row["id"]),
    at: atOf(row),
    name: String(row["name"]),
    description: textOf(row["description"]),
    createdBy: String(row["created_by"]),
    createdAt: Number(row["created_at"]),
    updatedAt: Number(row["updated_at"]),
  };
}

export function lockOf(row: Row): Lock {
  return {
    name: String(row["name"]),
    secretId: String(row["secret_id"]),
    versionId: String(row["version_id"]),
    versionNumber: Number(row["version_number"]),
    description: textOf(row["description"]),
    attributes: jsonOf(row["attributes"]) as JsonObject | null,
    createdBy: String(row["created_by"]),
    createdAt: Number(row["created_at"]),
    updatedAt: Number(row["updated_at"]),
  };
}

export function atOf(row: Row): Instance {
  return { account: String(row["account"]), instance: String(row["instance"]) };
}

export function dueOf(row: Row): DueSecret {
  return { id: String(row["id"]), at: atOf(row), dueAt: Number(row["due_at"]) };
}

/** JSON, or NULL for what there is none of. */
export function jsonText(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** In lower case; a line to each, so that no search finds what two of them only spell together. */
export function searchText(texts: readonly (string | null)[]): string {
  return texts
    .filter((text) => text !== null)
    .join("\n")
    .toLowerCase();
}

export function numberOf(value: Value | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

export function textOf(value: Value | undefined): string | null {
  return typeof value === "string" ? value : null;
}

export function bytesOf(value: Value | undefined): Uint8Array | null {
  return value instanceof Uint8Array ? value : null;
}

function jsonOf(value: Value | undefined): unknown {
  return typeof value === "string" ? JSON.parse(value) : null;
}
