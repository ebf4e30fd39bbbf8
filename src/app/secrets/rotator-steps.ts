/** What each step asks of a rotator, and what the server does itself for one that is built in. */
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { arnSuffix } from "../../audit/render/cloudtrail-arn.ts";
import type { Secret } from "../../secrets/secret.ts";
import {
  CURRENT_STAGE,
  PENDING_STAGE,
  PREVIOUS_STAGE,
  withCurrent,
  withStage,
  type Staging,
} from "../../secrets/stages.ts";
import type { Version } from "../../secrets/version.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { currentVersion } from "./open.ts";
import { fillPendingVersion } from "./pending-version.ts";
import { byServer, type Rotating } from "./rotation-under-way.ts";
import { payloadOf, textAt } from "./rotation-value.ts";
import {
  RotatorFault,
  type BuiltInRotator,
  type FoundRotator,
  type MasterRef,
  type RotationValues,
} from "./rotators.ts";
import { dropUnlabelled, unlabelledBy } from "./unlabelled.ts";

/** With whom it rotates; undefined where this installation does not call them any more. */
export interface RotatingBy extends Rotating {
  readonly rotator: FoundRotator | undefined;
}

/** Whether the step asks somebody outside. */
export function reachesOut({ rotation: { step }, rotator }: RotatingBy): boolean {
  if (rotator?.kind === "hook") return true;
  if (step === "setSecret") return rotator?.set !== undefined;
  return step === "testSecret" && rotator?.test !== undefined;
}

/**
 * Asks whom the step has to ask. Throws a RotatorFault; also where the new value could not become the current one
 * afterwards: what uses it is not to be changed to a value that nobody is given.
 */
export async function askRotator(rotating: RotatingBy, context: Context<View>): Promise<void> {
  const { secret, rotation, rotator, version } = rotating;
  const { step, token } = rotation;
  if (!rotator) throw new RotatorFault("The rotator is none that is called from here.", FINAL);
  if (step === "setSecret" && version) {
    await unlessLocked(() => unlabelledBy(secret, finished(secret, version), context));
  }
  if (rotator.kind === "hook") {
    return rotator.take({ step, token, place: context.call.place, secret });
  }
  if (!reachesOut(rotating)) return;
  const values = await valuesOf(secret, rotator, context);
  if (step === "setSecret") await rotator.set?.(values);
  else await rotator.test?.(values);
}

const FINAL = { isFinal: true } as const;

async function valuesOf(
  secret: Secret,
  rotator: BuiltInRotator,
  context: Context<View>,
): Promise<RotationValues> {
  const pending = await textAt(secret, PENDING_STAGE, context);
  if (!pending) throw new RotatorFault("The new version has no value any more.", FINAL);
  const current = await textAt(secret, CURRENT_STAGE, context);
  const ref = current && rotator.masterOf?.(current);
  return {
    pending,
    current,
    previous: await textAt(secret, PREVIOUS_STAGE, context),
    master: ref ? await masterValue(secret, ref, context) : null,
  };
}

/**
 * Of another secret of the same group: whoever can write values there can read them there too, so that nobody has more
 * done with it than they could do themselves. One with a policy of its own is not used: whom it lets in or keeps out,
 * nobody can ask of a schedule.
 */
async function masterValue(
  secret: Secret,
  { name, suffix }: MasterRef,
  context: Context<View>,
): Promise<Sensitive<string>> {
  const called = await context.store.secrets.secretsCalled(secret.at, name);
  const found = called.filter(
    ({ id, groupId, deletion, resourcePolicy }) =>
      groupId === secret.groupId &&
      !deletion &&
      resourcePolicy === null &&
      (suffix === null || arnSuffix(id) === suffix),
  );
  const value =
    found.length === 1 && found[0] ? await textAt(found[0], CURRENT_STAGE, context) : null;
  if (value) return value;
  const sentence =
    "The master secret that the value names is none of the same secret group, or has a policy of its own.";
  throw new RotatorFault(sentence, FINAL);
}

/** The first step of a rotator that is built in: the pending version gets its value, if it has none yet. */
export async function makeValue<Step extends RotatingBy>(
  rotating: Step,
  context: Context<Transaction>,
): Promise<Step> {
  const { secret, version, rotator, rotation } = rotating;
  if (rotator?.kind !== "built-in" || !version || version.hasPayload) return rotating;
  const { token } = rotation;
  const current = await currentVersion(context.store.secrets, secret);
  const text = rotator.next(await textAt(secret, CURRENT_STAGE, context));
  const payload = await payloadOf(secret, { text, token }, context);
  const filled = await fillPendingVersion({ secret, version }, { payload, stages: [] }, context);
  const made = {
    operation: "version.create",
    clientRequestToken: token,
    versionStages: [PENDING_STAGE],
    autoRotated: true,
  } as const;
  context.also({
    ...byServer(secret, context, made),
    output: { versionId: token, previousVersionId: current?.id ?? null, autoRotated: true },
  });
  return { ...rotating, ...filled };
}

/** The last one: the labels move. */
export async function makeCurrent<Step extends RotatingBy>(
  rotating: Step,
  context: Context<Transaction>,
): Promise<Step> {
  const { secret: before, version, rotator, rotation } = rotating;
  if (rotator?.kind !== "built-in" || !version) return rotating;
  if (!version.hasPayload) throw new RotatorFault("The new version has no value any more.", FINAL);
  const { secrets } = context.store;
  const replaced = await currentVersion(secrets, before);
  const staging = finished(before, version);
  await unlessLocked(() => dropUnlabelled(before, staging, context));
  const secret = { ...before, ...staging, updatedAt: context.now };
  await secrets.updateSecret(secret);
  const moved = {
    operation: "version.stage.set",
    versionStage: CURRENT_STAGE,
    moveToVersionId: rotation.token,
    removeFromVersionId: replaced?.id,
  } as const;
  if (replaced?.id !== rotation.token) context.also(byServer(secret, context, moved));
  return { ...rotating, secret };
}

/** The labels as they are after the last step. */
function finished(before: Secret, { number }: Version): Staging {
  return withStage(withCurrent(before, number), PENDING_STAGE, 0);
}

/** Behind a lock the new value waits: nothing has been written by then. */
async function unlessLocked(attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt();
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    throw new RotatorFault(cause.message, { isFinal: false, cause });
  }
}
