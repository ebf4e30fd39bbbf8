/**
 * Rotation by a rotator: what is called to make a new value, and when (AWS Secrets Manager, RotateSecret). Apart from the
 * rotation policies of the types that make their values by themselves.
 */

export interface Rotator {
  /** As it was given: the URL of a hook, or the name of one that is built in. */
  readonly lambdaArn: string;
  /** False once rotation has been cancelled: nothing falls due, and the rest is kept for when it is turned on again. */
  readonly isEnabled: boolean;
  readonly rules: RotationRules | null;
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
  readonly dueAt: number;
  readonly startedAt: number;
  /** When the window closes: what has not been done by then has failed. */
  readonly endsAt: number;
}

export const ROTATION_STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

export type RotationStep = (typeof ROTATION_STEPS)[number];
