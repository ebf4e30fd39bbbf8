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
import { toRfc3339, type Millis } from "../../../kernel/clock.ts";
import type { PasswordPolicy } from "../../../secrets/password.ts";
import type { Payload } from "../../../secrets/payload.ts";
import type { RotationPolicy } from "../../../secrets/rotation.ts";
import type { SecretType } from "../../../secrets/secret.ts";
import { pageLinks } from "./pages.ts";

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
    ...ofType[secret.secretType](secret),
  };
}

export function secretBody(secret: SecretWithPayload): object {
  return { ...metadataBody(secret), ...valueOf(secret.payload) };
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
  };
}

export function versionBody(version: VersionWithPayload): object {
  return { ...versionMetadataBody(version), ...valueOf(version.payload) };
}

export function versionListBody(list: ListVersionsOutput): object {
  return { versions: list.versions.map(versionMetadataBody), total_count: list.totalCount };
}

/** RFC 3339 in UTC; whole seconds without a fraction, so that a date a client set comes back as it was written. */
export function date(millis: Millis): string {
  return toRfc3339(millis).replace(".000Z", "Z");
}

/** A field that is left out where there is nothing, as IBM's answers do it. */
export function present<Name extends string, Value, Shown = Value>(
  name: Name,
  value: Value | null,
  show?: (value: Value) => Shown,
): { readonly [N in Name]?: Value | Shown } {
  if (value === null) return {};
  return { [name]: show ? show(value) : value } as { readonly [N in Name]?: Value | Shown };
}

/** What the metadata of each type has besides; a type that is added and not shown here does not compile. */
const ofType: Readonly<Record<SecretType, (secret: SecretMetadata) => object>> = {
  arbitrary: (secret) => present("expiration_date", secret.expiresAt, date),
  username_password: (secret) => ({
    ...present("expiration_date", secret.expiresAt, date),
    ...present("next_rotation_date", secret.nextRotationAt, date),
    ...present("rotation", secret.rotation, rotationBody),
    ...present("password_generation_policy", secret.passwordPolicy, passwordPolicyBody),
  }),
  kv: () => ({}),
};

function rotationBody(policy: RotationPolicy): object {
  if (!policy.autoRotate) return { auto_rotate: false };
  return { auto_rotate: true, interval: policy.interval, unit: policy.unit };
}

function passwordPolicyBody(policy: PasswordPolicy): object {
  return {
    length: policy.length,
    include_digits: policy.includeDigits,
    include_symbols: policy.includeSymbols,
    include_uppercase: policy.includeUppercase,
  };
}

function valueOf(payload: Payload | null): object {
  switch (payload?.kind) {
    case undefined:
      return {};
    case "arbitrary":
      return { payload: payload.payload.reveal() };
    case "username_password":
      return { username: payload.username, password: payload.password.reveal() };
    case "kv":
      return { data: payload.data.reveal() };
  }
}
