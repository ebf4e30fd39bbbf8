/**
 * Cron expressions of AWS's six fields, in UTC: minutes, hours, day of the month, month, day of the week, year ("Schedule
 * expressions in Secrets Manager rotation"). `L`, `W` and `#` count from the calendar; one of the two days is `?`.
 */
import type { Millis } from "../kernel/clock.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");
const WEEKDAYS = "SUN MON TUE WED THU FRI SAT".split(" ");
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;
export const MAX_CRON_ITEMS = 64;

/** A day as the fields see it. */
interface Day {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  /** 1 is Sunday. */
  readonly weekday: number;
  /** The last of its month. */
  readonly lastDay: number;
}

type Fits = (day: Day) => boolean;

export interface Cron {
  readonly minute: number;
  /** Ascending; at least one. */
  readonly hours: readonly number[];
  readonly isDay: Fits;
}

/** What stands between `cron(` and `)`; undefined for what is no such expression. */
export function parseCron(text: string): Cron | undefined {
  const fields = text.trim().toUpperCase().split(/\s+/);
  if (fields.length !== 6) return undefined;
  const [minutes = "", hourField = "", days = "", months = "", weekdays = "", years = ""] = fields;
  const minute = /^\d{1,2}$/.test(minutes) ? Number(minutes) : NaN;
  const hours = numbers(hourField, [0, 23]);
  const month = numbers(months, [1, 12], MONTHS);
  const year = numbers(years, [FIRST_YEAR, LAST_YEAR]);
  const isDay = (days === "?") === (weekdays === "?") ? undefined : dayField(days, weekdays);
  if (!(minute < 60) || !hours || !month || !year || !isDay) return undefined;
  return {
    minute,
    hours: [...hours].toSorted((one, other) => one - other),
    isDay: (day) => year.has(day.year) && month.has(day.month) && isDay(day),
  };
}

/** The first time after `from`; null where there is none before the year 2200. */
export function nextOfCron({ minute, hours, isDay }: Cron, from: Millis): Millis | null {
  const end = Date.UTC(LAST_YEAR + 1, 0, 1);
  for (let at = from - (from % DAY_MS); at < end; at += DAY_MS) {
    if (!isDay(dayAt(at))) continue;
    const times = hours.map((hour) => at + hour * HOUR_MS + minute * 60_000);
    const found = times.find((time) => time > from);
    if (found !== undefined) return found;
  }
  return null;
}

function dayAt(at: Millis): Day {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return {
    year,
    month: month + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay() + 1,
    lastDay: new Date(Date.UTC(year, month + 1, 0)).getUTCDate(),
  };
}

function dayField(days: string, weekdays: string): Fits | undefined {
  return weekdays === "?" ? anyOf(days, dayOfMonth) : anyOf(weekdays, dayOfWeek);
}

function anyOf(field: string, read: (item: string) => Fits | undefined): Fits | undefined {
  const items = field.split(",");
  const fits = items.slice(0, MAX_CRON_ITEMS).map(read);
  if (items.length > MAX_CRON_ITEMS || fits.includes(undefined)) return undefined;
  return (day) => fits.some((one) => one?.(day));
}

function dayOfMonth(item: string): Fits | undefined {
  if (item === "L") return ({ day, lastDay }) => day === lastDay;
  if (item === "LW") return (day) => day.day === nearestWeekday(day, day.lastDay);
  const [, near] = /^(\d{1,2})W$/.exec(item) ?? [];
  if (near !== undefined) {
    const wanted = Number(near);
    if (wanted < 1 || wanted > 31) return undefined;
    return (day) => wanted <= day.lastDay && day.day === nearestWeekday(day, wanted);
  }
  const found = numbers(item, [1, 31]);
  return found && (({ day }) => found.has(day));
}

/** Of the weekdays from Monday to Friday the one that is nearest, within the month. */
function nearestWeekday({ day, weekday, lastDay }: Day, wanted: number): number {
  const at = (((weekday - 1 + wanted - day) % 7) + 7) % 7;
  if (at === 6) return wanted > 1 ? wanted - 1 : wanted + 2;
  if (at === 0) return wanted < lastDay ? wanted + 1 : wanted - 2;
  return wanted;
}

function dayOfWeek(item: string): Fits | undefined {
  if (item === "L") return ({ weekday }) => weekday === 7;
  const [, name = "", kind, count] = /^([A-Z]{3}|\d)(?:(L)|#(\d))$/.exec(item) ?? [];
  if (name !== "") {
    const [wanted] = numbers(name, [1, 7], WEEKDAYS) ?? [];
    const nth = Number(count ?? 1);
    if (wanted === undefined || nth < 1 || nth > 5) return undefined;
    return ({ weekday, day, lastDay }) =>
      weekday === wanted && (kind === "L" ? day > lastDay - 7 : Math.ceil(day / 7) === nth);
  }
  const found = numbers(item, [1, 7], WEEKDAYS);
  return found && (({ weekday }) => found.has(weekday));
}

type Range = readonly [min: number, max: number];

/** `*`, `5`, `MON-FRI`, `0/6`, `/6`, `2-20/4`, and lists of these. */
function numbers(
  field: string,
  range: Range,
  names: readonly string[] = [],
): ReadonlySet<number> | undefined {
  const items = field.split(",");
  if (items.length > MAX_CRON_ITEMS) return undefined;
  const found = new Set<number>();
  for (const item of items) {
    const span = spanOf(item, range, names);
    if (!span) return undefined;
    for (let n = span.from; n <= span.to; n += span.step) found.add(n);
  }
  return found;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

const ITEM = /^(?:(\*)|([A-Z]{3}|\d{1,4})(?:-([A-Z]{3}|\d{1,4}))?)?(?:\/(\d{1,4}))?$/;

function spanOf(item: string, [min, max]: Range, names: readonly string[]): Span | undefined {
  const match = ITEM.exec(item);
  if (!match || item === "") return undefined;
  const [, , first, last, increment] = match;
  const step = increment === undefined ? 1 : Number(increment);
  const from = first === undefined ? min : numberOf(first, min, names);
  const isOne = first !== undefined && last === undefined && increment === undefined;
  const to = last === undefined ? (isOne ? from : max) : numberOf(last, min, names);
  const isWithin = from >= min && to <= max && from <= to && step >= 1 && step <= max;
  return isWithin ? { from, to, step } : undefined;
}

/** NaN, which is within no range, for a name that there is not. */
function numberOf(text: string, min: number, names: readonly string[]): number {
  if (/^\d+$/.test(text)) return Number(text);
  const index = names.indexOf(text);
  return index < 0 ? NaN : index + min;
}
