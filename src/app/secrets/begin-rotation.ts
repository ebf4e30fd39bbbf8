/**
 * Has a secret rotated by a rotator, now and by its rules (AWS Secrets Manager, RotateSecret). The steps are taken by the
 * schedule: nothing outside is asked here.
 */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { expired, isExpired } from "../../secrets/expiry.ts";
import { checkRotationRules, openingFor, windowAt } from "../../secrets/rotation-schedule.ts";
import { recordedRotator, type RotationRules, type Rotator } from "../../secrets/rotator.ts";
import type { Secret } from "../../secrets/secret.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import type { NamedSecret } from "./answers.ts";
import { locateToldSecret, type WhichSecret } from "./find.ts";
import { hasOwnValues } from "./given-value.ts";
import {
  byServer,
  leftPending,
  notComplete,
  startRotation,
  startTest,
} from "./rotation-under-way.ts";

export type BeginRotationInput = WhichSecret & {
  /** The id of the version that is made. */
  readonly clientRequestToken: string;
  /** May be left out where the secret has a rotator already. */
  readonly rotationLambdaARN?: string | undefined;
  /** In place of those it has. */
  readonly rotationRules?: RotationRules | undefined;
  /** False: it is only tried whether the rotator works, and rotated when the rules say so. */
  readonly rotateImmediately: boolean;
};

export interface RotationOutput extends NamedSecret {
  readonly versionId?: string | undefined;
}

export const beginRotation = changeOperation<BeginRotationInput, Secret, RotationOutput>({
  name: "secret.rotation.begin",

  async locate(input, context) {
    const located = await locateToldSecret(input, context);
    const { rotationLambdaARN: named } = input;
    if (named === undefined) return located;
    const isKnown = context.capabilities.rotators.find(named) !== undefined;
    const facts = { ...located.facts, rotationLambdaARN: recordedRotator(named, isKnown) };
    return { ...located, facts };
  },

  async run(input, { subject: before }, context) {
    const { store, call, now } = context;
    const { clientRequestToken: token, rotateImmediately } = input;
    const { id, name } = before;
    const rotator = rotatorFor(before, input, context);
    const answer = { place: call.place, id, name };
    const underWay = await store.secrets.rotation(id);
    if (underWay && underWay.token !== token) throw notComplete();
    const left = await leftPending(before, context);
    const known = await store.secrets.version(before, { versionId: token });
    if (underWay || (known && known.id !== left?.id)) return { ...answer, versionId: token };
    const secret: Secret = {
      ...before,
      rotator,
      nextRotationAt: openingFor({ rotator }, now),
      updatedAt: now,
    };
    const started = rotateImmediately
      ? await startRotation(secret, { token }, context)
      : await startTest(secret, token, context);
    if (!started) return answer;
    const { id: versionId } = started.version;
    const operation = rotateImmediately ? "secret.rotation.start" : "secret.rotation-test.start";
    context.also(byServer(secret, context, { operation, versionId }));
    return { ...answer, versionId };
  },
});

/** As it is from now on. Refuses what is not rotated this way, and whom this installation does not call. */
function rotatorFor(
  secret: Secret,
  { rotationLambdaARN, rotationRules }: BeginRotationInput,
  { capabilities, now }: Context<Transaction>,
): Rotator {
  if (isExpired(secret, now)) throw expired();
  if (!hasOwnValues(secret.type)) {
    throw otherwise(
      `The values of a ${secret.type} secret are made for it: it is rotated by its own policy, and by no rotator.`,
    );
  }
  if (secret.rotation?.autoRotate) {
    throw otherwise(
      "The secret has a rotation policy of its own: turn that off before a rotator is to rotate it.",
    );
  }
  const lambdaArn = rotationLambdaARN ?? secret.rotator?.lambdaArn;
  if (lambdaArn === undefined) {
    const sentence = "No Lambda rotation function ARN is associated with this secret.";
    throw new Refusal("precondition_failed", sentence, { reason: "no-rotator" });
  }
  if (rotationRules) checkRotationRules(rotationRules);
  if (!capabilities.rotators.find(lambdaArn)) throw notCalled();
  return { lambdaArn, isEnabled: true, rules: rotationRules ?? secret.rotator?.rules ?? null };
}

function otherwise(sentence: string): Refusal {
  return new Refusal("precondition_failed", sentence, { reason: "rotated-otherwise" });
}

function notCalled(): Refusal {
  return new Refusal(
    "forbidden",
    "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.",
    { reason: "rotator-not-called" },
  );
}

export interface DueRotation {
  readonly id: string;
  /** What its version is to be called. */
  readonly versionId: string;
}

/** The same when a window has opened: by the schedule alone. */
export const startDueRotation = changeOperation<DueRotation, Secret, object>({
  name: "secret.rotation.start",

  async locate(input, context) {
    const located = await locateToldSecret(input, context);
    const left = await leftPending(located.subject, context);
    return left ? { ...located, facts: { ...located.facts, versionId: left.id } } : located;
  },

  async run({ versionId: token }, { subject: before }, context) {
    const { store, caller, now } = context;
    invariant(caller.kind === "internal", "only the schedule rotates on time");
    const { nextRotationAt: opensAt, rotator } = before;
    // Between being found due and now, somebody may have rotated it, or turned its rotation off.
    if (opensAt === null || opensAt > now || !rotator?.isEnabled || !rotator.rules) {
      throw new Refusal("precondition_failed", "The secret is not due for rotation.");
    }
    const secret = { ...before, nextRotationAt: openingFor(before, now) };
    if (isExpired(before, now) || (await store.secrets.rotation(before.id))) {
      await store.secrets.updateSecret(secret);
      return isExpired(before, now) ? expired() : notComplete();
    }
    const { closesAt } = windowAt(rotator.rules, opensAt);
    await startRotation(secret, { token, closesAt }, context);
    return {};
  },
});
