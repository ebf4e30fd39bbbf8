/** Secrets and versions as IBM's wire shows them. The one place where this dialect opens a value. */
import type { FastifyRequest } from "fastify";
import type {
  SecretMetadata,
  SecretWithPayload,
  VersionMetadata,
  VersionWithPayload,
} from "../../../app/secrets/answers.ts";
import type { ListSecretsOutput } from "../../../app/secrets/list-secrets.ts";
import type { ListVersionsOutput } from "../../../app/secrets/list-versions.ts";
import type { CreateVersionOutput } from "../../../app/secrets/create-version.ts";
import type { SecretActionOutput } from "../../../app/secrets/secret-action.ts";
import type { Payload } from "../../../secrets/payload.ts";
import { wireKindOf } from "./kinds/wire-kinds.ts";
import { pageLinks } from "./pages.ts";
import { date, present } from "./shapes.ts";

export function metadataBody(secret: SecretMetadata): object {
  return {
    id: secret.id,
    crn: secret.crn,
    name: secret.name,
    ...present("description", secret.description),
    secret_type: secret.secretType,
    secret_group_id: secret.secretGroupId,
    labels: secret.labels,
    ...present("custom_metadata", secret.customMetadata),
    state: secret.state,
    state_description: secret.stateDescription,
    created_by: secret.createdBy,
    created_at: date(secret.createdAt),
    updated_at: date(secret.updatedAt),
    ...present("retrieved_at", secret.retrievedAt, date),
    downloaded: secret.downloaded,
    versions_total: secret.versionsTotal,
    locks_total: secret.locksTotal,
    ...wireKindOf(secret.secretType).metadata(secret),
  };
}

export function secretBody(secret: SecretWithPayload): object {
  const whole = wireKindOf(secret.secretType).whole?.(secret);
  return { ...metadataBody(secret), ...whole, ...valueOf(secret.payload) };
}

export function secretListBody(list: ListSecretsOutput, request: FastifyRequest): object {
  return { ...pageLinks(list, request), secrets: list.secrets.map(metadataBody) };
}

export function versionMetadataBody(version: VersionMetadata): object {
  return {
    id: version.versionId,
    secret_id: version.id,
    secret_name: version.name,
    secret_type: version.secretType,
    secret_group_id: version.secretGroupId,
    ...present("alias", version.alias),
    auto_rotated: version.autoRotated,
    created_by: version.createdBy,
    created_at: date(version.createdAt),
    downloaded: version.downloaded,
    payload_available: version.payloadAvailable,
    ...present("version_custom_metadata", version.versionCustomMetadata),
    ...present("expiration_date", version.expiresAt, date),
    ...wireKindOf(version.secretType).version?.(version),
  };
}

/** What a new version is answered with; while its value is awaited, the secret as it is until then. */
export function newVersionBody(made: CreateVersionOutput): object {
  return made.kind === "created" ? versionBody(made) : metadataBody(made);
}

export function versionBody(version: VersionWithPayload): object {
  return { ...versionMetadataBody(version), ...valueOf(version.payload) };
}

export function versionListBody(list: ListVersionsOutput): object {
  return { versions: list.versions.map(versionMetadataBody), total_count: list.totalCount };
}

/** The value as its type's wire has it: the one place where this dialect opens it. */
export function valueOf(payload: Payload | null): object {
  return payload ? wireKindOf(payload.kind).value(payload) : {};
}

/** What an action answers with: its name, and what came of it. */
export function actionBody({ actionType, secretType, result }: SecretActionOutput): object {
  return { action_type: actionType, ...wireKindOf(secretType).acted?.(result) };
}
