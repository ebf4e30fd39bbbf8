/** How rotations by rotators begin and end. Whatever becomes of one is recorded as the server's doing. */
import { Refusal } from "../../kernel/errors.ts";
import type { Millis } from "../../kernel/clock.ts";
import { isExpired } from "../../secrets/expiry.ts";
import { openingFor } from "../../secrets/rotation-schedule.ts";
import { begun, recordedRotator, type RotationUnderWay } from "../../secrets/rotator.ts";
import type { Secret } from "../../secrets/secret.ts";
import { CURRENT_STAGE, PENDING_STAGE, versionAt, withStage } from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import type { OperationName } from "../../audit/catalogue.ts";
import type { Caller } from "../call.ts";
import type { Consequence, Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { toldOf } from "./find.ts";
import { openVersion } from "./open.ts";
import {
  addPendingVersion,
  pendingNumber,
  removePendingVersion,
  type WithPending,
} from "./pending-version.ts";
import { dropUnlabelled } from "./unlabelled.ts";

export const ROTATION_JOB = "rotation";
export const SERVER: Caller = { kind: "internal", job: ROTATION_JOB };

export interface Starting {
  /** What the new version is to be called, if none is left from before. */
  readonly token: string;
  /** When its window closes, if it has one. */
  readonly closesAt?: Millis | undefined;
}

/** The version that an earlier rotation has left unfinished: the next one goes on with it. */
export async function leftPending(
  secret: Secret,
  { store }: Context<View>,
): Promise<Version | undefined> {
  if (pendingNumber(secret) === 0) return undefined;
  return store.secrets.version(secret, { stage: PENDING_STAGE });
}

/** Makes its version known, and its first step due. */
export async function startRotation(
  secret: Secret,
  { token, closesAt }: Starting,
  context: Context<Transaction>,
): Promise<WithPending> {
  const { store, now } = context;
  const left = await leftPending(secret, context);
  if (left) await store.secrets.updateSecret(secret);
  const made = left
    ? { secret, version: left }
    : await addPendingVersion(secret, { token, payload: null }, context);
  const what = { secretId: secret.id, token: made.version.id, isTest: false };
  await store.secrets.putRotation(begun(what, { now, closesAt }));
  return made;
}

/**
 * Has the rotator tried with what there is: a version with the current value, which goes again afterwards. Undefined
 * where there is nothing to be tried, or a rotation has been left unfinished.
 */
export async function startTest(
  secret: Secret,
  token: string,
  context: Context<Transaction>,
): Promise<WithPending | undefined> {
  const { store, now } = context;
  await store.secrets.updateSecret(secret);
  if (versionAt(secret, CURRENT_STAGE) === 0 || pendingNumber(secret) !== 0) return undefined;
  const version = await store.secrets.version(secret, { stage: CURRENT_STAGE });
  const payload = version && (await openVersion({ secret, version }, context));
  if (!payload) return undefined;
  const made = await addPendingVersion(secret, { token, payload }, context);
  const what = { secretId: secret.id, token, isTest: true };
  await store.secrets.putRotation(begun(what, { now }));
  return made;
}

/** A secret with the rotation of it that is under way, and the version that that is for. */
export interface Rotating {
  readonly secret: Secret;
  readonly rotation: RotationUnderWay;
  /** Gone, if somebody has deleted it. */
  readonly version: Version | undefined;
}

/**
 * Whether somebody has given the secret another value meanwhile, or taken the label off: the version that the rotation
 * makes is not what anybody waits for any more.
 */
export function isOvertaken({ secret, rotation, version }: Rotating): boolean {
  if (!version) return true;
  const { number } = version;
  const current = versionAt(secret, CURRENT_STAGE);
  if (current === number) return false;
  return versionAt(secret, PENDING_STAGE) !== number || (!rotation.isTest && current > number);
}

/** Why it cannot go on whatever the rotator does; undefined while it can. */
export function endingOf({ secret }: Rotating, now: Millis): string | undefined {
  if (secret.deletion) return "The secret waits to be deleted.";
  if (isExpired(secret, now)) return "The secret has expired.";
  return secret.rotator?.isEnabled ? undefined : "The rotation was cancelled.";
}

/** The last step is done, and the new version is the current one. */
export async function succeed(
  { secret: before, rotation, version }: Rotating,
  { previousVersionId }: { readonly previousVersionId: string | null },
  context: Context<Transaction>,
): Promise<Secret> {
  const { store, now } = context;
  await store.secrets.deleteRotation(before.id);
  if (rotation.isTest) {
    context.also(
      byServer(before, context, {
        operation: "secret.rotation-test.succeed",
        versionId: rotation.token,
      }),
    );
    return version ? removePendingVersion({ secret: before, version }, context) : before;
  }
  const secret = { ...before, lastRotatedAt: now, nextRotationAt: openingFor(before, now) };
  await store.secrets.updateSecret(secret);
  context.also({
    ...byServer(before, context, {
      operation: "secret.rotation.succeed",
      versionId: rotation.token,
    }),
    output: { previousVersionId },
  });
  return secret;
}

/**
 * Nothing more is tried. The label stays on the version, so that the next rotation goes on with it; what was made for a
 * test goes.
 */
export async function fail(
  { secret, rotation, version }: Rotating,
  context: Context<Transaction>,
): Promise<void> {
  const { token: versionId, step, attempts: before, isTest } = rotation;
  await context.store.secrets.deleteRotation(secret.id);
  const { lambdaArn } = secret.rotator ?? {};
  const rotationLambdaARN = lambdaArn && recordedRotator(lambdaArn, true);
  const facts = { versionId, step, attempts: before + 1, rotationLambdaARN };
  const operation = isTest ? "secret.rotation-test.fail" : "secret.rotation.fail";
  context.also(byServer(secret, context, { operation, ...facts }));
  if (isTest && version) await removePendingVersion({ secret, version }, context);
}

/** The label is taken off: nobody is to go on with it. */
export async function abandon(
  { secret: before, rotation, version }: Rotating,
  context: Context<Transaction>,
): Promise<void> {
  const { store } = context;
  await store.secrets.deleteRotation(before.id);
  const isTheirs = version && versionAt(before, PENDING_STAGE) === version.number;
  const staging = isTheirs ? withStage(before, PENDING_STAGE, 0) : before;
  await dropUnlabelled(before, staging, context);
  await store.secrets.updateSecret({ ...before, ...staging });
  context.also(
    byServer(before, context, { operation: "secret.rotation.abandon", versionId: rotation.token }),
  );
}

/** An event of the server's about the secret; these facts are its input. */
export function byServer(
  secret: Secret,
  { call }: Context<Transaction>,
  { operation, ...facts }: { readonly operation: OperationName; readonly [fact: string]: unknown },
): Consequence {
  const { id, name } = secret;
  return {
    operation,
    target: { place: call.place, kind: "secret", id, name },
    input: { id, ...facts, ...toldOf(secret) },
    output: {},
    caller: SERVER,
  };
}

/** Of the rotation that somebody else wants while one is under way. */
export function notComplete(): Refusal {
  const sentence = "A previous rotation isn't complete. That rotation will be reattempted.";
  return new Refusal("precondition_failed", sentence, { reason: "rotation-under-way" });
}
