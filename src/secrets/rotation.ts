/** Rotation on time: how often a secret is given a new version, and when next. */
import { Refusal } from "../kernel/errors.ts";
import type { Millis } from "../kernel/clock.ts";

export const ROTATION_UNITS = ["hour", "day", "month"] as const;

export type RotationUnit = (typeof ROTATION_UNITS)[number];

export type RotationPolicy =
  | { readonly autoRotate: false }
  | { readonly autoRotate: true; readonly interval: number; readonly unit: RotationUnit };

export const NO_ROTATION: RotationPolicy = { autoRotate: false };

/**
 * The longest interval in each unit at which a generated password may be rotated; the shortest is
 * one day.
 */
export const MAX_PASSWORD_INTERVAL = { day: 730, month: 24 } as const;

/** Refuses an interval outside of 1 day to 24 months. */
export function checkPasswordRotation(policy: RotationPolicy): void {
  if (!policy.autoRotate) return;
  const { interval, unit } = policy;
  const max = unit === "hour" ? 0 : MAX_PASSWORD_INTERVAL[unit];
  if (!Number.isInteger(interval) || interval < 1 || interval > max) {
    throw new Refusal(
      "invalid_request",
      `A password is rotated every 1 to ${MAX_PASSWORD_INTERVAL.day} days or 1 to ${MAX_PASSWORD_INTERVAL.month} months.`,
      { field: "rotation" },
    );
  }
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
