/** Rotation on time: how often a secret is given a new version, and when next. */
import { Refusal } from "../kernel/errors.ts";
import type { Millis } from "../kernel/clock.ts";

export const ROTATION_UNITS = ["hour", "day", "month"] as const;

export type RotationUnit = (typeof ROTATION_UNITS)[number];

export type RotationPolicy =
  | { readonly autoRotate: false }
  | { readonly autoRotate: true; readonly interval: number; readonly unit: RotationUnit };

/**
 * Of the certificates of public authorities, whose end says when they are to be renewed: whether they are, and whether
 * it is for a new key. What is left out of a change stays.
 */
export interface RenewalPolicy {
  readonly autoRotate: boolean;
  readonly rotateKeys?: boolean | undefined;
}

export const NO_ROTATION: RotationPolicy = { autoRotate: false };

/** The shortest and the longest interval in each unit; null for a unit that is not to be had. */
export type RotationBounds = Readonly<Record<RotationUnit, readonly [number, number] | null>>;

/** Refuses an interval outside of the type's bounds; without bounds, any rotation on time. */
export function checkRotation(policy: RotationPolicy, bounds: RotationBounds | null): void {
  if (!policy.autoRotate) return;
  if (!bounds) throw refused("Secrets of this type are not rotated on time.");
  const [min, max] = bounds[policy.unit] ?? [1, 0];
  if (!Number.isInteger(policy.interval) || policy.interval < min || policy.interval > max) {
    throw refused(`Secrets of this type are rotated every ${spelt(bounds)}.`);
  }
}

/** `1 to 730 days or 1 to 24 months` */
function spelt(bounds: RotationBounds): string {
  return ROTATION_UNITS.flatMap((unit) => {
    const range = bounds[unit];
    return range ? [`${range[0]} to ${range[1]} ${unit}s`] : [];
  }).join(" or ");
}

function refused(sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field: "rotation" });
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The first rotation due after `from`, or null without a policy. Months are the calendar's, in UTC:
 * a month after 31 January is the last day of February, at the same time of day.
 */
export function nextRotation(policy: RotationPolicy | null, from: Millis): Millis | null {
  if (!policy?.autoRotate) return null;
  switch (policy.unit) {
    case "hour":
      return from + policy.interval * HOUR_MS;
    case "day":
      return from + policy.interval * DAY_MS;
    case "month":
      return addMonths(from, policy.interval);
  }
}

function addMonths(from: Millis, months: number): Millis {
  const date = new Date(from);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime();
}
