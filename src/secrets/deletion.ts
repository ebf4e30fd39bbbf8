/** Deletion that can be taken back: until its day comes, nothing can be done with a secret's value. */
import { MARKED_FOR_DELETION } from "../audit/reason.ts";
import { Refusal } from "../kernel/errors.ts";
import type { Millis } from "../kernel/clock.ts";
import type { Secret } from "./secret.ts";

/** How long a secret can be restored, in days, where it was not said; and what may be said (AWS, DeleteSecret). */
export const DEFAULT_RECOVERY_DAYS = 30;
export const MIN_RECOVERY_DAYS = 7;
export const MAX_RECOVERY_DAYS = 30;

export const DAY_MS = 24 * 3_600_000;

/** The day from which on it is gone, by its record. */
export function deletionDue(now: Millis, recoveryDays: number): Millis {
  return now + recoveryDays * DAY_MS;
}

/** Why nothing can be done with it, for those who may do that; undefined for a secret that nobody wants deleted. */
export function deletionRefusal({ deletion }: Pick<Secret, "deletion">): Refusal | undefined {
  if (!deletion) return undefined;
  return new Refusal("precondition_failed", MARKED_FOR_DELETION, { reason: "marked-for-deletion" });
}

/** Why it cannot be changed here: it follows a secret of another region. */
export function replicaRefusal({ replicaOf }: Pick<Secret, "replicaOf">): Refusal | undefined {
  if (!replicaOf) return undefined;
  const sentence =
    "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
  return new Refusal("precondition_failed", sentence, { reason: "replica" });
}
