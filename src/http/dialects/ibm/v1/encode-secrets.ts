/** Secrets and versions as version 1 shows them: other names for dates, the value in `secret_data`. */
import type {
  SecretMetadata,
  SecretWithPayload,
  VersionMetadata,
  VersionWithPayload,
} from "../../../../app/secrets/answers.ts";
import type { CreateVersionOutput } from "../../../../app/secrets/create-version.ts";
import type { ListSecretsOutput } from "../../../../app/secrets/list-secrets.ts";
import type { ListVersionsOutput } from "../../../../app/secrets/list-versions.ts";
import type { Shown } from "../../../../app/secrets/then-show.ts";
import { DEFAULT_GROUP_ID } from "../../../../secrets/group.ts";
import type { Payload } from "../../../../secrets/payload.ts";
import type { SecretState } from "../../../../secrets/secret.ts";
import type { Answer } from "../../../route.ts";
import { valueOf } from "../encode-secrets.ts";
import { wireKindOf } from "../kinds/wire-kinds.ts";
import { date, present } from "../shapes.ts";
import { collectionOf } from "./collection.ts";

const STATES: Readonly<Record<SecretState, string>> = {
  0: "Pre-activation",
  1: "Active",
  2: "Suspended",
  3: "Deactivated",
  5: "Destroyed",
};

/** What version 2 calls otherwise, of the fields that a type has of its own. */
const V1_NAMES: Readonly<Record<string, string>> = {
  signing_algorithm: "algorithm",
  revocation_time_seconds: "revocation_time",
};

/** The group is left out where it is the default one, as IBM's examples have it. */
export function metadataResource(secret: SecretMetadata): object {
  const group = secret.secretGroupId === DEFAULT_GROUP_ID ? null : secret.secretGroupId;
  return {
    id: secret.id,
    crn: secret.crn,
    name: secret.name,
    ...present("description", secret.description),
    secret_type: secret.secretType,
    ...present("secret_group_id", group),
    labels: secret.labels,
    ...present("custom_metadata", secret.customMetadata),
    state: secret.state,
    state_description: STATES[secret.state],
    created_by: secret.createdBy,
    creation_date: date(secret.createdAt),
    last_update_date: date(secret.updatedAt),
    downloaded: secret.downloaded,
    versions_total: secret.versionsTotal,
    locks_total: secret.locksTotal,
    ...inVersion1(wireKindOf(secret.secretType).metadata(secret)),
  };
}

/** A secret with its versions, oldest first, and its value where it has one. */
export function secretResource(
  secret: SecretWithPayload,
  versions: readonly VersionMetadata[],
): object {
  const whole = wireKindOf(secret.secretType).whole?.(secret);
  return {
    ...metadataResource(secret),
    ...inVersion1(whole ?? {}),
    versions: versions.map(versionInfo).toReversed(),
    ...(secret.payload ? valueIn(secret.payload) : {}),
  };
}

/** Of the credentials that are minted, version 1 has the value beside the metadata. */
function valueIn(payload: Payload): object {
  const value = secretData(payload);
  return payload.kind === "iam_credentials" ? value : { secret_data: value };
}

function secretData(payload: Payload): object {
  return payload.kind === "kv" ? { payload: payload.data.reveal() } : valueOf(payload);
}

/** A version within a list of them. */
export function versionInfo(version: VersionMetadata): object {
  return {
    id: version.versionId,
    creation_date: date(version.createdAt),
    created_by: version.createdBy,
    auto_rotated: version.autoRotated,
    downloaded: version.downloaded,
    payload_available: version.payloadAvailable,
    ...present("version_custom_metadata", version.versionCustomMetadata),
    ...present("expiration_date", version.expiresAt, date),
    ...inVersion1(wireKindOf(version.secretType).version?.(version) ?? {}),
  };
}

/** A version by itself: `id` is the secret's then. */
export function versionMetadataResource(version: VersionMetadata): object {
  return { ...versionInfo(version), id: version.id, version_id: version.versionId };
}

export function versionResource(version: VersionWithPayload): object {
  const { payload } = version;
  const data = payload ? { secret_data: secretData(payload) } : {};
  return { ...versionMetadataResource(version), ...data };
}

export function versionInfos({ versions }: ListVersionsOutput): readonly object[] {
  return versions.map(versionInfo).toReversed();
}

export function createdSecret(output: SecretWithPayload & Shown): object {
  return secretResource(output, output.shown.versions);
}

/** The reading under way is not in the record yet; the version has been given out all the same. */
export function readSecretResource(output: SecretWithPayload & Shown): object {
  const read = output.payload === null ? null : output.versionId;
  const versions = output.shown.versions.map((version) =>
    version.versionId === read ? { ...version, downloaded: true } : version,
  );
  return secretResource(output, versions);
}

/** The secret after something was done to it that gives no value out. */
export function shownAfter({ shown: { secret, versions } }: Shown): object {
  return secretResource(
    { ...secret, versionId: null, payload: null, payloadAvailable: false },
    versions,
  );
}

/** After a rotation: with the new value, unless it is still awaited. */
export function rotatedSecret(output: CreateVersionOutput & Shown): object {
  const { secret, versions } = output.shown;
  if (output.kind === "awaited") return shownAfter(output);
  const { versionId, payload } = output;
  return secretResource(
    { ...secret, versionId, payload, payloadAvailable: payload !== null },
    versions,
  );
}

/** 202 for a secret whose value is ordered and comes later (IBM's suites look for it). */
export function createdAnswer(output: SecretWithPayload & Shown): Answer {
  const status = output.versionId === null ? 202 : 200;
  return { status, body: collectionOf("secret", [createdSecret(output)]) };
}

export function rotatedAnswer(output: CreateVersionOutput & Shown): Answer {
  const status = output.kind === "awaited" ? 202 : 200;
  return { status, body: collectionOf("secret", [rotatedSecret(output)]) };
}

export function secretListBody({ secrets }: ListSecretsOutput): object {
  return collectionOf("secret", secrets.map(metadataResource));
}

function inVersion1(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [V1_NAMES[name] ?? name, value]),
  );
}
