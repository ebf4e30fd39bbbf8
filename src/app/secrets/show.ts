/** Domain objects as answers: pure, apart from asking when values were last given out. */
import { crn, type Place } from "../../audit/crn.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { isUuid } from "../../kernel/ids.ts";
import type { Lock } from "../../secrets/lock.ts";
import type { SecretAttributes, VersionAttributes } from "../../secrets/payload.ts";
import { SECRET_STATES, type Secret } from "../../secrets/secret.ts";
import { aliasOf, type Version } from "../../secrets/version.ts";
import type { Context } from "../operation.ts";
import type { View } from "../state.ts";
import type {
  LockView,
  NamedSecret,
  SecretLocks,
  SecretMetadata,
  VersionMetadata,
} from "./answers.ts";
import { SERVICE } from "./find.ts";
import { isKnownStage } from "./named-version.ts";

/** Whether a value was ever given out, and when last. */
export interface Retrieval {
  readonly downloaded: boolean;
  readonly retrievedAt: Millis | null;
}

export const NEVER_RETRIEVED: Retrieval = { downloaded: false, retrievedAt: null };

/** The latest retrieval of any version, whether or not it is saved yet. */
export async function retrievalOf<Store extends View>(
  secret: Pick<Secret, "id">,
  context: Context<Store>,
): Promise<Retrieval> {
  return latestOf((await retrievalsOf(secret, context)).values());
}

/** When each version was last given out; those that never were are missing. */
export async function retrievalsOf<Store extends View>(
  secret: Pick<Secret, "id">,
  { store, capabilities }: Context<Store>,
): Promise<ReadonlyMap<string, Millis>> {
  const saved = await store.secrets.retrievals(secret.id);
  return new Map([...saved, ...capabilities.retrievals.unsaved(secret.id)]);
}

export function latestOf(times: Iterable<Millis>): Retrieval {
  let latest: Millis | null = null;
  for (const time of times) latest = Math.max(latest ?? time, time);
  return { downloaded: latest !== null, retrievedAt: latest };
}

export function namedSecretOf({ id, name }: Secret, place: Place): NamedSecret {
  return { id, name, place };
}

/**
 * By a label or an id that the secret has no version of: in the words that clients of AWS look for, which name it only
 * where it can be nothing else.
 */
export function noVersion(
  secret: Secret,
  which: { readonly stage: string } | { readonly versionId: string },
): Refusal {
  const [kind, named, isNamed] =
    "stage" in which
      ? ["staging label", which.stage, isKnownStage(secret, which.stage)]
      : ["VersionId", which.versionId, isUuid(which.versionId)];
  const sentence = `Secrets Manager can't find the specified secret value for ${kind}${isNamed ? `: ${named}` : ""}`;
  return new Refusal("not_found", sentence, { reason: "no-version" });
}

export function metadataOf(secret: Secret, place: Place, retrieval: Retrieval): SecretMetadata {
  return {
    id: secret.id,
    crn: crn(SERVICE, place, { kind: "secret", id: secret.id }),
    name: secret.name,
    secretType: secret.type,
    secretGroupId: secret.groupId,
    description: secret.description,
    labels: secret.labels,
    customMetadata: secret.customMetadata,
    createdBy: secret.createdBy,
    createdAt: secret.createdAt,
    updatedAt: secret.updatedAt,
    state: secret.state,
    stateDescription: SECRET_STATES[secret.state],
    versionsTotal: secret.versionsTotal,
    locksTotal: secret.locksTotal,
    expiresAt: secret.expiresAt,
    rotation: secret.rotation,
    passwordPolicy: secret.passwordPolicy,
    nextRotationAt: secret.nextRotationAt,
    attributes: secret.attributes,
    ...serialNumberIn(secret.attributes),
    ...retrieval,
  };
}

export function versionMetadataOf(
  secret: Secret,
  version: Version,
  downloaded: boolean,
): VersionMetadata {
  return {
    versionId: version.id,
    id: secret.id,
    name: secret.name,
    secretType: secret.type,
    secretGroupId: secret.groupId,
    alias: aliasOf(secret, version.number),
    autoRotated: version.autoRotated,
    createdBy: version.createdBy,
    createdAt: version.createdAt,
    expiresAt: version.expiresAt,
    payloadAvailable: version.hasPayload,
    versionCustomMetadata: version.customMetadata,
    attributes: version.attributes,
    ...serialNumberIn(version.attributes),
    downloaded,
  };
}

function serialNumberIn(attributes: SecretAttributes | VersionAttributes | null): {
  readonly serialNumber?: string;
} {
  const facts = attributes && "facts" in attributes ? attributes.facts : null;
  return facts ? { serialNumber: facts.serialNumber } : {};
}

export function lockViewOf(secret: Secret, lock: Lock): LockView {
  return {
    name: lock.name,
    description: lock.description,
    attributes: lock.attributes,
    createdBy: lock.createdBy,
    createdAt: lock.createdAt,
    updatedAt: lock.updatedAt,
    secretId: secret.id,
    secretGroupId: secret.groupId,
    versionId: lock.versionId,
    versionAlias: aliasOf(secret, lock.versionNumber),
  };
}

/** The given versions, newest first, each with the names of its locks. */
export function secretLocksOf(
  secret: Secret,
  versions: readonly Version[],
  locks: readonly Lock[],
): SecretLocks {
  return {
    id: secret.id,
    name: secret.name,
    secretType: secret.type,
    secretGroupId: secret.groupId,
    versions: versions.map((version) => ({
      versionId: version.id,
      alias: aliasOf(secret, version.number),
      lockNames: locks.filter((lock) => lock.versionId === version.id).map((lock) => lock.name),
      payloadAvailable: version.hasPayload,
    })),
    versionIds: versions.map((version) => version.id),
  };
}
