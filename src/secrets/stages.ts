/**
 * Staging labels: names that move from version to version of a secret (AWS Secrets Manager, "Versions"). Each sits on one
 * version at most. Two of them every secret has: which version is current, and which one was before it.
 */
import { Refusal } from "../kernel/errors.ts";
import type { Secret } from "./secret.ts";

export const CURRENT_STAGE = "AWSCURRENT";
export const PREVIOUS_STAGE = "AWSPREVIOUS";
/** Of the version that a rotation is making. */
export const PENDING_STAGE = "AWSPENDING";

export const MAX_STAGES_PER_VERSION = 20;
export const MAX_STAGE_CHARS = 256;

/** Where the labels of a secret are: what moves them gives back another one of these. */
export type Staging = Pick<Secret, "currentVersion" | "previousVersion" | "stages">;

export const NO_STAGING: Staging = { currentVersion: 0, previousVersion: 0, stages: {} };

/** The labels of a version, by its number: the two that every secret has first, then the others by name. */
export function stagesOf(staging: Staging, number: number): readonly string[] {
  return [
    ...(number === staging.currentVersion ? [CURRENT_STAGE] : []),
    ...(number === staging.previousVersion ? [PREVIOUS_STAGE] : []),
    ...Object.entries(staging.stages)
      .filter(([, at]) => at === number)
      .map(([label]) => label)
      .toSorted(),
  ];
}

/** The number of the version that carries the label; 0, which no version has, where none does. */
export function versionAt(staging: Staging, stage: string): number {
  if (stage === CURRENT_STAGE) return staging.currentVersion;
  if (stage === PREVIOUS_STAGE) return staging.previousVersion;
  return Object.hasOwn(staging.stages, stage) ? (staging.stages[stage] ?? 0) : 0;
}

/** The version becomes the current one, and the one that was becomes the previous one. */
export function withCurrent(staging: Staging, number: number): Staging {
  const { currentVersion, previousVersion, stages } = staging;
  if (number === currentVersion) return { currentVersion, previousVersion, stages };
  return { currentVersion: number, previousVersion: currentVersion, stages };
}

/**
 * The label on the version of this number, or on none (0). Moving the current one moves the previous one with it;
 * removing it is refused, since a secret with a value has a current one.
 */
export function withStage(staging: Staging, stage: string, number: number): Staging {
  if (stage === CURRENT_STAGE) {
    if (number === 0) {
      const sentence = `The staging label ${CURRENT_STAGE} can be moved and not removed.`;
      throw new Refusal("invalid_request", sentence, { reason: "current-stage-removed" });
    }
    return withCurrent(staging, number);
  }
  const { currentVersion, previousVersion } = staging;
  if (stage === PREVIOUS_STAGE) {
    return { currentVersion, previousVersion: number, stages: staging.stages };
  }
  const { [stage]: _moved, ...others } = staging.stages;
  const stages = number === 0 ? others : { ...others, [stage]: number };
  return { currentVersion, previousVersion, stages };
}

/** With the labels that a version takes when it gets its value: the first one of a secret becomes the current one. */
export function withNewValue(
  staging: Staging,
  number: number,
  stages: readonly string[] = [CURRENT_STAGE],
): Staging {
  const isFirst = staging.currentVersion === 0;
  const { currentVersion, previousVersion, stages: further } = staging;
  const start: Staging = isFirst
    ? withCurrent(staging, number)
    : { currentVersion, previousVersion, stages: further };
  // The current one last: it takes the previous one along.
  const isCurrent = (stage: string) => stage === CURRENT_STAGE;
  return [...stages.filter((stage) => !isCurrent(stage)), ...stages.filter(isCurrent)].reduce(
    (at, stage) => withStage(at, stage, number),
    start,
  );
}

/** Refuses more labels on the version than one can carry. */
export function assertFewStages(staging: Staging, number: number): void {
  if (stagesOf(staging, number).length <= MAX_STAGES_PER_VERSION) return;
  const sentence = `A version has at most ${MAX_STAGES_PER_VERSION} staging labels.`;
  throw new Refusal("limit_reached", sentence);
}

/** Takes every label off a version that is about to go. */
export function withoutVersion(staging: Staging, number: number): Staging {
  const kept = Object.entries(staging.stages).filter(([, at]) => at !== number);
  return {
    currentVersion: staging.currentVersion === number ? 0 : staging.currentVersion,
    previousVersion: staging.previousVersion === number ? 0 : staging.previousVersion,
    stages: Object.fromEntries(kept),
  };
}
