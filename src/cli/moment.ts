/** Moments as people type them: `2h` ago, `7d` ago, a date, or RFC 3339. */
import { systemClock, toRfc3339 } from "../kernel/clock.ts";
import type { Clock } from "../kernel/clock.ts";
import { UsageError } from "./command.ts";

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const AGO = /^(\d{1,6})([smhdw])$/;
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** RFC 3339 in UTC. A date alone is its first moment in UTC. Throws a UsageError for anything else. */
export function momentOf(text: string, clock?: Clock): string;
export function momentOf(text: string | undefined, clock?: Clock): string | undefined;
export function momentOf(text: string | undefined, clock = systemClock): string | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = AGO.exec(text) ?? [];
  if (count !== undefined && isUnit(unit)) {
    return toRfc3339(clock.now() - Number(count) * UNIT_MS[unit]);
  }
  const millis = DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(millis)) {
    throw new UsageError(`"${text}" is no time: give 2h, 7d, 2026-11-01 or 2026-11-01T09:00:00Z`);
  }
  return toRfc3339(millis);
}

function isUnit(unit: string | undefined): unit is keyof typeof UNIT_MS {
  return unit !== undefined && unit in UNIT_MS;
}
