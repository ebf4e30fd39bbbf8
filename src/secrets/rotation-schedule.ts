/**
 * When a secret is rotated by its rotator: the windows that its rules open, in UTC ("Rotation schedules" in AWS Secrets
 * Manager's user guide). What can be said in rules is refused here if it never happens, or would happen too often.
 */
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { nextOfCron, parseCron, type Cron } from "./cron.ts";
import type { RotationRules } from "./rotator.ts";
import type { Secret } from "./secret.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const MAX_DAYS_BETWEEN = 1_000;
/** Of `rate(…)`. */
export const MAX_RATE_DAYS = 999;
export const MIN_HOURS_BETWEEN = 4;
export const MAX_EXPRESSION_CHARS = 256;
const MAX_WINDOW_HOURS = 24;

/** While it is open a rotation may be tried again. */
export interface Window {
  readonly opensAt: Millis;
  readonly closesAt: Millis;
}

type Schedule =
  | { readonly kind: "days"; readonly days: number }
  | { readonly kind: "hours"; readonly hours: number }
  | { readonly kind: "cron"; readonly cron: Cron };

/** Refuses rules that say nothing, contradict themselves, or whose window would reach into the next. */
export function checkRotationRules(rules: RotationRules): void {
  const schedule = scheduleOf(rules);
  const hours = hoursOf(rules);
  const longest = longestWindow(schedule);
  if (hours !== undefined && hours > longest) {
    throw refused(
      "The window for a rotation must not extend into the next one, or into the next day in UTC.",
    );
  }
  if (schedule.kind === "cron" && nextOfCron(schedule.cron, Date.UTC(2026, 0, 1)) === null) {
    throw refused("The schedule expression names no time that there is.");
  }
}

/** The first window that opens after `from`, when the secret was rotated last; null where none does. */
export function windowAfter(rules: RotationRules, from: Millis): Window | null {
  const opensAt = openingAfter(scheduleOf(rules), from);
  return opensAt === null ? null : windowAt(rules, opensAt);
}

/** The window that opens at this moment. */
export function windowAt(rules: RotationRules, opensAt: Millis): Window {
  const hours = hoursOf(rules);
  if (hours !== undefined) return { opensAt, closesAt: opensAt + hours * HOUR_MS };
  const closesAt = isByHours(scheduleOf(rules)) ? opensAt + HOUR_MS : endOfDay(opensAt);
  return { opensAt, closesAt };
}

type Rotated = Pick<Secret, "rotator" | "nextRotationAt">;

/** When a window opens next for a secret that is rotated now; null where its rotator is off, or has no rules. */
export function openingFor({ rotator }: Pick<Secret, "rotator">, now: Millis): Millis | null {
  if (!rotator?.isEnabled || !rotator.rules) return null;
  return windowAfter(rotator.rules, now)?.opensAt ?? null;
}

/** The same of one that somebody has given a new value: where days are counted, that counts as a rotation. */
export function openingAfterValue(secret: Rotated, now: Millis): Millis | null {
  const counts = secret.rotator?.rules?.automaticallyAfterDays !== undefined;
  return counts ? openingFor(secret, now) : secret.nextRotationAt;
}

/** By when at the latest it will have been rotated: AWS's `NextRotationDate`. Null where nothing is planned. */
export function rotatedBy({ rotator, nextRotationAt }: Rotated): Millis | null {
  if (nextRotationAt === null || !rotator?.isEnabled || !rotator.rules) return nextRotationAt;
  return windowAt(rotator.rules, nextRotationAt).closesAt;
}

function scheduleOf({ automaticallyAfterDays, scheduleExpression }: RotationRules): Schedule {
  if ((automaticallyAfterDays === undefined) === (scheduleExpression === undefined)) {
    throw refused(
      "Rotation rules have either AutomaticallyAfterDays or a ScheduleExpression, and not both.",
    );
  }
  if (automaticallyAfterDays !== undefined) {
    if (!(automaticallyAfterDays >= 1) || automaticallyAfterDays > MAX_DAYS_BETWEEN) {
      throw refused(`AutomaticallyAfterDays is from 1 to ${MAX_DAYS_BETWEEN}.`);
    }
    return { kind: "days", days: automaticallyAfterDays };
  }
  const text = scheduleExpression ?? "";
  const found = text.length > MAX_EXPRESSION_CHARS ? undefined : (rateIn(text) ?? cronIn(text));
  if (!found) {
    throw refused(
      `A ScheduleExpression is rate(N hours), rate(N days) or cron(minute hours day-of-month month day-of-week year), at most every ${MIN_HOURS_BETWEEN} hours.`,
    );
  }
  return found;
}

function rateIn(text: string): Schedule | undefined {
  const [, count = "", unit = ""] = /^rate\(\s*(\d{1,5})\s+(hour|day)s?\s*\)$/.exec(text) ?? [];
  const n = Number(count);
  if (unit === "day" && n >= 1 && n <= MAX_RATE_DAYS) return { kind: "days", days: n };
  const isSound = n >= MIN_HOURS_BETWEEN && n <= MAX_RATE_DAYS * 24;
  return unit === "hour" && isSound ? { kind: "hours", hours: n } : undefined;
}

/** Hours begin anew each day, so only those of one day have to keep their distance. */
function cronIn(text: string): Schedule | undefined {
  const [, fields = ""] = /^cron\((.*)\)$/.exec(text) ?? [];
  const cron = parseCron(fields);
  return cron && shortestGap(cron) >= MIN_HOURS_BETWEEN ? { kind: "cron", cron } : undefined;
}

function shortestGap({ hours }: Cron): number {
  return Math.min(24, ...hours.slice(1).map((hour, i) => hour - (hours[i] ?? 0)));
}

function isByHours(schedule: Schedule): boolean {
  return schedule.kind === "hours" || (schedule.kind === "cron" && schedule.cron.hours.length > 1);
}

/** In hours. */
function longestWindow(schedule: Schedule): number {
  switch (schedule.kind) {
    case "days":
      return MAX_WINDOW_HOURS;
    case "hours":
      return Math.min(schedule.hours, MAX_WINDOW_HOURS);
    case "cron": {
      const { cron } = schedule;
      const last = Math.max(...cron.hours) + cron.minute / 60;
      return Math.min(shortestGap(cron), MAX_WINDOW_HOURS - last);
    }
  }
}

function openingAfter(schedule: Schedule, from: Millis): Millis | null {
  switch (schedule.kind) {
    case "days":
      return from - (from % DAY_MS) + schedule.days * DAY_MS;
    case "hours":
      return from - (from % HOUR_MS) + schedule.hours * HOUR_MS;
    case "cron":
      return nextOfCron(schedule.cron, from);
  }
}

/** The last second of it, as AWS shows it. */
function endOfDay(at: Millis): Millis {
  return at - (at % DAY_MS) + DAY_MS - 1_000;
}

function hoursOf({ duration }: RotationRules): number | undefined {
  if (duration === undefined) return undefined;
  const hours = /^\d{1,2}h$/.test(duration) ? Number(duration.slice(0, -1)) : 0;
  if (hours < 1 || hours > MAX_WINDOW_HOURS) {
    throw refused(`A Duration is from 1h to ${MAX_WINDOW_HOURS}h.`);
  }
  return hours;
}

function refused(sentence: string): Refusal {
  return new Refusal("invalid_request", sentence, { field: "rotationRules" });
}
