/**
 * The version that a rotation makes. It is known of, under its label, before it has a value: whoever makes that is told
 * the version's id, and gives it the value later.
 */
import { invariant } from "../../kernel/errors.ts";
import { checkPayload, type Payload } from "../../secrets/payload.ts";
import { ACTIVE, type Secret } from "../../secrets/secret.ts";
import {
  assertFewStages,
  CURRENT_STAGE,
  PENDING_STAGE,
  stagesOf,
  versionAt,
  withNewValue,
  withoutVersion,
  withStage,
  type Staging,
} from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import { callerId, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { withoutOldVersions } from "./old-versions.ts";
import { sealPayload } from "./open.ts";
import { dropUnlabelled } from "./unlabelled.ts";

/** A secret with its pending version, as they are now. */
export interface WithPending {
  readonly secret: Secret;
  readonly version: Version;
}

/**
 * The number of the version that waits to become the current one; 0 where none does. Rotators leave the label on what they
 * have made current: on a version that has been that before, it says nothing.
 */
export function pendingNumber(staging: Staging): number {
  const pending = versionAt(staging, PENDING_STAGE);
  const wasCurrent = pending === staging.previousVersion;
  return pending > versionAt(staging, CURRENT_STAGE) && !wasCurrent ? pending : 0;
}

/** Whether it waits for a value by which `fillPendingVersion` may fill it. */
export function isPending(secret: Staging, version: Version): boolean {
  return !version.hasPayload && pendingNumber(secret) === version.number;
}

/** Makes it, with a value only where that is known already. It is not the current one, even if there is no other. */
export async function addPendingVersion(
  before: Secret,
  { token, payload }: { readonly token: string; readonly payload: Payload | null },
  context: Context<Transaction>,
): Promise<WithPending> {
  const { store, caller, now, capabilities } = context;
  const number = before.lastVersion + 1;
  const staging = withStage(before, PENDING_STAGE, number);
  await dropUnlabelled(before, staging, context);
  const grown: Secret = {
    ...before,
    ...staging,
    lastVersion: number,
    versionsTotal: before.versionsTotal + 1,
  };
  const version: Version = {
    id: token,
    secretId: before.id,
    number,
    createdBy: callerId(caller),
    createdAt: now,
    autoRotated: true,
    expiresAt: before.expiresAt,
    customMetadata: null,
    attributes: null,
    hasPayload: payload !== null,
  };
  const sealed = payload && sealPayload(capabilities.vault, before, { versionId: token, payload });
  await store.secrets.insertVersion(version, sealed);
  // Of a secret that only rotations change, nothing else lets old versions go.
  const secret = await withoutOldVersions(grown, context);
  await store.secrets.updateSecret(secret);
  return { secret, version };
}

export interface Filled extends WithPending {
  /** The version whose value had to make room. */
  readonly payloadDroppedFrom: string | null;
}

/**
 * Gives it the value that it waits for, and these labels besides. The first value that a secret has at all makes its
 * version the current one.
 */
export async function fillPendingVersion(
  { secret: before, version }: WithPending,
  { payload, stages }: { readonly payload: Payload; readonly stages: readonly string[] },
  context: Context<Transaction>,
): Promise<Filled> {
  const { store, capabilities, now } = context;
  invariant(isPending(before, version), "a version without a value waits for one");
  checkPayload(payload);
  const { number, id: versionId } = version;
  const isFirst = versionAt(before, CURRENT_STAGE) === 0;
  const staging = withNewValue(before, number, stages);
  assertFewStages(staging, number);
  const dropped = await dropUnlabelled(before, staging, context);
  const filled: Version = { ...version, hasPayload: true };
  const secret: Secret = {
    ...before,
    ...staging,
    state: isFirst ? ACTIVE : before.state,
    updatedAt: now,
  };
  await store.secrets.putPayload(
    filled,
    sealPayload(capabilities.vault, before, { versionId, payload }),
  );
  await store.secrets.updateSecret(secret);
  return {
    secret,
    version: filled,
    payloadDroppedFrom: dropped.length === 0 ? null : dropped.join(", "),
  };
}

/**
 * Forgets one that was made only to be tried, unless somebody has given it another label meanwhile. One that somebody has
 * locked loses the label and stays.
 */
export async function removePendingVersion(
  { secret: before, version }: WithPending,
  context: Context<Transaction>,
): Promise<Secret> {
  const { store } = context;
  if (stagesOf(before, version.number).some((stage) => stage !== PENDING_STAGE)) return before;
  const locks = before.locksTotal > 0 ? await store.secrets.locksOf(before.id) : [];
  const isLocked = locks.some((lock) => lock.versionId === version.id);
  const secret: Secret = {
    ...before,
    ...withoutVersion(before, version.number),
    versionsTotal: before.versionsTotal - (isLocked ? 0 : 1),
  };
  if (!isLocked) await store.secrets.deleteVersion(version);
  await store.secrets.updateSecret(secret);
  return secret;
}
