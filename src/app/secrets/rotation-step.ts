/**
 * Takes one step of a rotation by a rotator: run by the schedule alone. What reaches outside is recorded as pending before
 * it does, and then by what came of it. A crash in between leaves the step due: it is taken again, as every rotator must
 * be prepared for.
 */
import type { Millis } from "../../kernel/clock.ts";
import { invariant, Refusal } from "../../kernel/errors.ts";
import { atNextStep, triedAgain, type RotationStep } from "../../secrets/rotator.ts";
import { CURRENT_STAGE, PENDING_STAGE, versionAt } from "../../secrets/stages.ts";
import { changeOperation, type Context, type Located } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { evenDeleted, locateToldSecret } from "./find.ts";
import {
  abandon,
  endingOf,
  fail,
  isOvertaken,
  succeed,
  type Rotating,
} from "./rotation-under-way.ts";
import {
  askRotator,
  makeCurrent,
  makeValue,
  reachesOut,
  type RotatingBy,
} from "./rotator-steps.ts";
import { RotatorFault } from "./rotators.ts";

export interface RotationStepInput {
  /** The secret's. */
  readonly id: string;
  readonly token: string;
  readonly step: RotationStep;
  /** How often it was tried before. */
  readonly attempt: number;
  /** Why what had to be done outside is not done. */
  readonly fault?: RotatorFault | undefined;
}

export interface RotationStepOutput {
  readonly step: RotationStep;
  readonly versionId: string;
}

export const takeRotationStep = changeOperation<RotationStepInput, RotatingBy, RotationStepOutput>({
  name: "secret.rotation.step",

  locate: locateRotating,

  reachesOut: (_input, rotating) => reachesOut(rotating),

  async work(input, rotating, context) {
    if (isMoot(rotating, context.now)) return input;
    const fault = await faultOf(() => askRotator(rotating, context));
    return fault ? { ...input, fault } : input;
  },

  async run({ fault }, { subject: rotating }, context) {
    invariant(context.caller.kind === "internal", "steps are taken by the schedule alone");
    const ending = endingOf(rotating, context.now);
    if (ending !== undefined) {
      await fail(rotating, context);
      return new Refusal("precondition_failed", ending, { reason: "rotation-over" });
    }
    if (isOvertaken(rotating)) return overtaken(rotating, context);
    return fault ? notDone(rotating, fault, context) : done(rotating, context);
  },
});

/** A rotation that is at this step, and due. */
async function locateRotating<Store extends View>(
  { id, token, step, attempt }: RotationStepInput,
  context: Context<Store>,
): Promise<Located<RotatingBy>> {
  const located = await locateToldSecret({ id }, context);
  const { secrets } = context.store;
  const rotation = await secrets.rotation(id);
  const isSame = rotation?.token === token && rotation.step === step;
  // Between being found due and now, also while somebody was asked, it may have been cancelled or overtaken.
  if (!rotation || !isSame || rotation.attempts !== attempt || rotation.dueAt > context.now) {
    throw new Refusal("precondition_failed", "The rotation is not due for this step.");
  }
  const { subject: secret } = located;
  const version = await secrets.version(secret, { versionId: token });
  const { rotator: named } = secret;
  const rotator = named ? context.capabilities.rotators.find(named.lambdaArn) : undefined;
  const subject = { secret, rotation, version, rotator };
  return evenDeleted({ ...located, subject, changeRefusal: undefined });
}

/** Whether the rotation ends without anybody being asked. */
function isMoot(rotating: Rotating, now: Millis): boolean {
  return endingOf(rotating, now) !== undefined || isOvertaken(rotating);
}

async function overtaken(rotating: Rotating, context: Context<Transaction>): Promise<Refusal> {
  await (rotating.rotation.isTest ? fail : abandon)(rotating, context);
  return new Refusal("precondition_failed", "The secret was given another version meanwhile.", {
    reason: "rotation-over",
  });
}

/** What the server does of the step itself, and then the next one. */
async function done(
  rotating: RotatingBy,
  context: Context<Transaction>,
): Promise<RotationStepOutput | Refusal> {
  const { step, token: versionId } = rotating.rotation;
  let after = rotating;
  const before = await context.store.secrets.version(rotating.secret, { alias: "current" });
  const fault = await faultOf(async () => {
    if (step === "createSecret") after = await makeValue(rotating, context);
    if (step === "finishSecret") after = await makeCurrent(rotating, context);
  });
  if (fault) return notDone(rotating, fault, context);
  const next = atNextStep(after.rotation, context.now);
  if (next) await context.store.secrets.putRotation(next);
  else if (!after.rotation.isTest && !isFinished(after)) {
    const sentence = "The rotator has not made the new version the current one.";
    return notDone(rotating, new RotatorFault(sentence, { isFinal: false }), context);
  } else {
    await succeed(
      after,
      { previousVersionId: await previousOf(after, before?.id, context) },
      context,
    );
  }
  return { step, versionId };
}

/** AWS, "Rotation by Lambda function": the pending label is where the current one is, or nowhere. */
function isFinished({ secret, version }: Rotating): boolean {
  const pending = versionAt(secret, PENDING_STAGE);
  const current = versionAt(secret, CURRENT_STAGE);
  return current === version?.number && (pending === 0 || pending === current);
}

/** Which version was the current one before: a hook has moved the label by now. */
async function previousOf(
  { secret, rotation }: Rotating,
  currentId: string | undefined,
  { store }: Context<Transaction>,
): Promise<string | null> {
  if (rotation.isTest || (currentId !== undefined && currentId !== rotation.token)) {
    return currentId ?? null;
  }
  return (await store.secrets.version(secret, { alias: "previous" }))?.id ?? null;
}

/** Tried again while the window is open, unless the same would come of it. */
async function notDone(
  rotating: Rotating,
  fault: RotatorFault,
  context: Context<Transaction>,
): Promise<Refusal> {
  const again = fault.isFinal ? undefined : triedAgain(rotating.rotation, context.now);
  if (again) await context.store.secrets.putRotation(again);
  else await fail(rotating, context);
  return new Refusal("precondition_failed", fault.message, { reason: "rotator" });
}

async function faultOf(attempt: () => Promise<void>): Promise<RotatorFault | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof RotatorFault) return error;
    throw error;
  }
}
