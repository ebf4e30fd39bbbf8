/** The port to rotators: what is called to make a new value, put it where it is used, and try it. */
import type { Place } from "../../audit/crn.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { RotationStep } from "../../secrets/rotator.ts";

export interface Rotators {
  /** By the name or the address that was given for it; undefined where nothing is called by that. */
  find(lambdaArn: string): FoundRotator | undefined;
}

export type FoundRotator = HookRotator | BuiltInRotator;

/** Somebody outside, who does all four steps, and calls back to read and to change the secret. */
export interface HookRotator {
  readonly kind: "hook";
  /** Resolves once the step is done. Rejects with a RotatorFault. Asked twice, it has to do no harm. */
  take(step: HookStep): Promise<void>;
}

export interface HookStep {
  readonly step: RotationStep;
  readonly place: Place;
  readonly secret: { readonly id: string; readonly name: string };
  /** The id of the version that it is for. */
  readonly token: string;
}

/** One that knows only of values: the server itself keeps them, and moves the labels. Everything throws RotatorFaults. */
export interface BuiltInRotator {
  readonly kind: "built-in";
  /** The value after this one; null where there is none yet. */
  next(current: Sensitive<string> | null): Sensitive<string>;
  /** Which secret it needs besides, if any: the one that the value names. */
  masterOf?(current: Sensitive<string>): MasterRef | undefined;
  /** Makes the pending value the one that counts. Done twice, it is done once. */
  set?(values: RotationValues): Promise<void>;
  /** Tries the pending value where it is used. */
  test?(values: RotationValues): Promise<void>;
}

/** A secret by its name, and by the suffix of its ARN where that was given. */
export interface MasterRef {
  readonly name: string;
  readonly suffix: string | null;
}

export interface RotationValues {
  readonly pending: Sensitive<string>;
  readonly current: Sensitive<string> | null;
  readonly previous: Sensitive<string> | null;
  /** Of the secret that `masterOf` names. */
  readonly master: Sensitive<string> | null;
}

/** Why a step is not done. The sentence is ours, and goes into the record: nothing of a value, nothing of an answer. */
export class RotatorFault extends Error {
  override readonly name = "RotatorFault";
  /** Whether the same would come of it another time. */
  readonly isFinal: boolean;

  constructor(sentence: string, { isFinal, cause }: { isFinal: boolean; cause?: unknown }) {
    super(sentence, cause === undefined ? {} : { cause });
    this.isFinal = isFinal;
  }
}
