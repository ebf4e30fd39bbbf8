/** Gives a secret a version: by a caller, on time, or when what was asked for has come. */
import { locked } from "../../secrets/lock.ts";
import { checkPayload } from "../../secrets/payload.ts";
import { nextRotation } from "../../secrets/rotation.ts";
import { ACTIVE, type JsonObject, type Secret } from "../../secrets/secret.ts";
import { MAX_VERSIONS_KEPT, type Version } from "../../secrets/version.ts";
import { callerId, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { giveUpValue } from "./give-up.ts";
import type { NewVersion, OfItsType } from "./kinds/behaviour.ts";
import { sealPayload } from "./open.ts";

export interface Addition {
  readonly versionId: string;
  readonly version: NewVersion;
  /** What the secret's type says of it from now on. */
  readonly secret?: OfItsType | undefined;
  readonly autoRotated?: boolean | undefined;
  readonly customMetadata?: JsonObject | undefined;
  readonly versionCustomMetadata?: JsonObject | undefined;
}

export interface Added {
  /** As it is now. */
  readonly secret: Secret;
  readonly version: Version;
  /** The version whose value had to make room for this one. */
  readonly payloadDroppedFrom: string | null;
}

/**
 * The value before stays readable as `previous`; the one before that gives up its own, unless it is locked: then there
 * can be no new version.
 */
export async function addVersion(
  before: Secret,
  added: Addition,
  context: Context<Transaction>,
): Promise<Added> {
  const { store, capabilities, caller, now } = context;
  const { versionId, version: given } = added;
  if (given.payload) checkPayload(given.payload);
  const payloadDroppedFrom = await dropPrevious(before, context);
  const secret: Secret = {
    ...before,
    state: ACTIVE,
    nextRotationAt: nextRotation(before.rotation, now),
    ...added.secret,
    lastVersion: before.lastVersion + 1,
    versionsTotal: Math.min(before.versionsTotal + 1, MAX_VERSIONS_KEPT),
    customMetadata: added.customMetadata ?? before.customMetadata,
    updatedAt: now,
  };
  const version: Version = {
    id: versionId,
    secretId: secret.id,
    number: secret.lastVersion,
    createdBy: callerId(caller),
    createdAt: now,
    autoRotated: added.autoRotated ?? false,
    expiresAt: given.expiresAt === undefined ? secret.expiresAt : given.expiresAt,
    customMetadata: added.versionCustomMetadata ?? null,
    attributes: given.attributes ?? null,
    hasPayload: given.payload !== null,
  };
  const sealed =
    given.payload && sealPayload(capabilities.vault, secret, { versionId, payload: given.payload });
  await store.secrets.insertVersion(version, sealed);
  await store.secrets.deleteVersionsUpTo(secret.id, version.number - MAX_VERSIONS_KEPT);
  await store.secrets.updateSecret(secret);
  return { secret, version, payloadDroppedFrom };
}

/**
 * A lock on the current version is no hindrance to a new one, since it keeps its value as the previous one; a lock on
 * the previous one is.
 */
async function dropPrevious(secret: Secret, context: Context<Transaction>): Promise<string | null> {
  const { secrets } = context.store;
  const previous = await secrets.version(secret, { alias: "previous" });
  if (!previous?.hasPayload) return null;
  const locks = await secrets.locksOf(secret.id);
  if (locks.some((lock) => lock.versionId === previous.id)) throw locked();
  await giveUpValue(secret, previous, context);
  return previous.id;
}
