/** Gives a secret a version: by a caller, on time, or when what was asked for has come. */
import type { Millis } from "../../kernel/clock.ts";
import { checkPayload } from "../../secrets/payload.ts";
import { nextRotation } from "../../secrets/rotation.ts";
import { openingAfterValue } from "../../secrets/rotation-schedule.ts";
import { ACTIVE, type JsonObject, type Secret } from "../../secrets/secret.ts";
import { assertFewStages, withNewValue, type Staging } from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import { callerId, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { NewVersion, OfItsType } from "./kinds/behaviour.ts";
import { withoutOldVersions } from "./old-versions.ts";
import { sealPayload } from "./open.ts";
import { dropUnlabelled } from "./unlabelled.ts";

export interface Addition {
  readonly versionId: string;
  readonly version: NewVersion;
  /** What the secret's type says of it from now on. */
  readonly secret?: OfItsType | undefined;
  readonly autoRotated?: boolean | undefined;
  readonly customMetadata?: JsonObject | undefined;
  readonly versionCustomMetadata?: JsonObject | undefined;
  /** The staging labels it takes; left out, it becomes the current version. The first one of a secret always does. */
  readonly stages?: readonly string[] | undefined;
}

export interface Added {
  /** As it is now. */
  readonly secret: Secret;
  readonly version: Version;
  /** The version whose value had to make room for this one; where labels were moved, there may be several. */
  readonly payloadDroppedFrom: string | null;
}

/**
 * The value before stays readable as `previous`; the one before that gives up its own, unless the secret keeps it, or it
 * is locked: then there can be no new version. A lock on the current version is no hindrance, since that keeps its value
 * as the previous one.
 */
export async function addVersion(
  before: Secret,
  added: Addition,
  context: Context<Transaction>,
): Promise<Added> {
  const { store, capabilities, caller, now } = context;
  const { versionId, version: given } = added;
  if (given.payload) checkPayload(given.payload);
  const number = before.lastVersion + 1;
  const staging = withNewValue(before, number, added.stages);
  assertFewStages(staging, number);
  const dropped = await dropUnlabelled(before, staging, context);
  const grown: Secret = {
    ...before,
    state: ACTIVE,
    nextRotationAt: nextRotationAfter(before, staging, now),
    ...added.secret,
    ...staging,
    lastVersion: before.lastVersion + 1,
    versionsTotal: before.versionsTotal + 1,
    customMetadata: added.customMetadata ?? before.customMetadata,
    updatedAt: now,
  };
  const version: Version = {
    id: versionId,
    secretId: before.id,
    number,
    createdBy: callerId(caller),
    createdAt: now,
    autoRotated: added.autoRotated ?? false,
    expiresAt: given.expiresAt === undefined ? grown.expiresAt : given.expiresAt,
    customMetadata: added.versionCustomMetadata ?? null,
    attributes: given.attributes ?? null,
    hasPayload: given.payload !== null,
  };
  const sealed =
    given.payload && sealPayload(capabilities.vault, before, { versionId, payload: given.payload });
  await store.secrets.insertVersion(version, sealed);
  const secret = await withoutOldVersions(grown, context);
  await store.secrets.updateSecret(secret);
  return { secret, version, payloadDroppedFrom: dropped.length === 0 ? null : dropped.join(", ") };
}

/** By the policy of its own, or by the rules for its rotator. */
function nextRotationAfter(before: Secret, after: Staging, now: Millis): Millis | null {
  if (!before.rotator?.isEnabled) return nextRotation(before.rotation, now);
  const isCurrent = after.currentVersion !== before.currentVersion;
  return isCurrent ? openingAfterValue(before, now) : before.nextRotationAt;
}
