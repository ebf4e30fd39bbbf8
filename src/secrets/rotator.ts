/**
 * Rotation by a rotator: what is called to make a new value, and when (AWS Secrets Manager, RotateSecret). Apart from the
 * rotation policies of the types that make their values by themselves.
 */

import type { Millis } from "../kernel/clock.ts";

export interface Rotator {
  /** As it was given: the URL of a hook, or the name of one that is built in. */
  readonly lambdaArn: string;
  /** False once rotation has been cancelled: nothing falls due, and the rest is kept for when it is turned on again. */
  readonly isEnabled: boolean;
  readonly rules: RotationRules | null;
}

const FUNCTION_ARN =
  /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,140}(?::[A-Za-z0-9$_-]{1,128})?$/;

/**
 * What the record has of what a rotator was named by: of a URL its origin, since its path may hold a token; of other
 * texts only what is an ARN, or a rotator that there is.
 */
export function recordedRotator(lambdaArn: string, isKnown: boolean): string | undefined {
  if (/^\s*[a-z][a-z0-9+.-]*:\/\//i.test(lambdaArn)) {
    const origin = URL.parse(lambdaArn)?.origin;
    return origin === "null" ? undefined : origin;
  }
  return isKnown || FUNCTION_ARN.test(lambdaArn) ? lambdaArn : undefined;
}

/** Either of the first two. */
export interface RotationRules {
  /** 1 to 1000. */
  readonly automaticallyAfterDays?: number;
  /** `rate(10 days)`, `cron(0 8 1 * ? *)`, in UTC. */
  readonly scheduleExpression?: string;
  /** How long the window for a rotation is open: `3h`. */
  readonly duration?: string;
}

/** A rotation under way. */
export interface RotationUnderWay {
  readonly secretId: string;
  /** The id of the version that it makes: the client request token. */
  readonly token: string;
  readonly step: RotationStep;
  /** Only whether what there is works: no version is made. */
  readonly isTest: boolean;
  readonly attempts: number;
  /** When the step is next to be tried. */
  readonly dueAt: Millis;
  readonly startedAt: Millis;
  /** When the window closes: what has not been done by then has failed. */
  readonly endsAt: Millis;
}

export const ROTATION_STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

export type RotationStep = (typeof ROTATION_STEPS)[number];

/** How long a rotation that was asked for, and not due, may be tried; and one that is found too late. */
export const UNPLANNED_WINDOW_MS = 15 * 60_000;
/** The first wait before a step is tried again; each further one is twice as long, up to the most. */
export const FIRST_RETRY_MS = 5_000;
export const MAX_RETRY_MS = 600_000;

/** A rotation at its first step, or a test, which has one step only. */
export function begun(
  what: Pick<RotationUnderWay, "secretId" | "token" | "isTest">,
  { now, closesAt = now }: { readonly now: Millis; readonly closesAt?: Millis | undefined },
): RotationUnderWay {
  return {
    ...what,
    step: what.isTest ? "testSecret" : "createSecret",
    attempts: 0,
    dueAt: now,
    startedAt: now,
    endsAt: Math.max(closesAt, now + UNPLANNED_WINDOW_MS),
  };
}

/** At its next step; undefined after the last. */
export function atNextStep(rotation: RotationUnderWay, now: Millis): RotationUnderWay | undefined {
  const step = ROTATION_STEPS[ROTATION_STEPS.indexOf(rotation.step) + 1];
  if (rotation.isTest || step === undefined) return undefined;
  return { ...rotation, step, attempts: 0, dueAt: now };
}

/** To be tried again; undefined where the window would have closed by then. */
export function triedAgain(rotation: RotationUnderWay, now: Millis): RotationUnderWay | undefined {
  const attempts = rotation.attempts + 1;
  const dueAt = now + Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 20), MAX_RETRY_MS);
  return dueAt > rotation.endsAt ? undefined : { ...rotation, attempts, dueAt };
}
