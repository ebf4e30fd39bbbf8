/** Times as people write them in queries: RFC 3339 and its beginnings, epoch numbers, and `now` with arithmetic. */
import type { Millis } from "../kernel/clock.ts";

/** What a time literal covers: `2026-11-21` is a day, `now` a millisecond. `end` is exclusive. */
export interface Span {
  readonly start: Millis;
  readonly end: Millis;
}

const DATE_TIME =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?$/i;
const EPOCH_SECONDS = /^\d{9,10}$/;
const EPOCH_MILLIS = /^\d{12,13}$/;
const NOW = /^now((?:[+-]\d{1,6}[smhdwMy])*)(?:\/([smhdwMy]))?$/;

type Unit = "s" | "m" | "h" | "d" | "w" | "M" | "y";

const UNITS: readonly Unit[] = ["s", "m", "h", "d", "w", "M", "y"];

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
/** The moment of a Monday, from which weeks are counted: 1970-01-05. */
const A_MONDAY = 4 * UNIT_MS.d;

/** Undefined when the text is not a time. A time without an offset is UTC. */
export function parseTime(text: string, now: Millis): Span | undefined {
  if (EPOCH_SECONDS.test(text))
    return { start: Number(text) * 1000, end: Number(text) * 1000 + 1000 };
  if (EPOCH_MILLIS.test(text)) return { start: Number(text), end: Number(text) + 1 };
  const relative = NOW.exec(text);
  if (relative !== null) return relativeTime(relative[1] ?? "", relative[2], now);
  const parts = DATE_TIME.exec(text);
  return parts === null ? undefined : dateTime(parts);
}

function dateTime(parts: RegExpExecArray): Span | undefined {
  const [, year, month, day, hour, minute, second, fraction, offset] = parts;
  const shift = offsetMs(offset);
  const fields = [year, month ?? "1", day ?? "1", hour ?? "0", minute ?? "0", second ?? "0"].map(
    Number,
  );
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = fields;
  const start = utc([y, mo, d, h, mi, s]);
  const written = new Date(start);
  const real = written.getUTCMonth() === mo - 1 && written.getUTCDate() === d;
  if (!real || h > 23 || mi > 59 || s > 59 || shift === undefined) return undefined;
  if (month === undefined) return { start, end: utc([y + 1, 1]) };
  if (day === undefined) return { start, end: utc([y, mo + 1]) };
  if (hour === undefined) return { start, end: start + UNIT_MS.d };
  if (minute === undefined) return { start: start - shift, end: start - shift + UNIT_MS.h };
  if (second === undefined) return { start: start - shift, end: start - shift + UNIT_MS.m };
  if (fraction === undefined) return { start: start - shift, end: start - shift + UNIT_MS.s };
  const step = 10 ** Math.max(0, 3 - fraction.length);
  const exact = start - shift + Math.floor(Number(`0.${fraction}`) * 1000 + 1e-6);
  return { start: exact, end: exact + step };
}

function offsetMs(offset: string | undefined): number | undefined {
  if (offset === undefined || offset.toUpperCase() === "Z") return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith("-") ? -1 : 1) * (hours * UNIT_MS.h + minutes * UNIT_MS.m);
}

function utc([
  year = 1970,
  month = 1,
  day = 1,
  hour = 0,
  minute = 0,
  second = 0,
]: number[]): Millis {
  return (
    new Date(0).setUTCFullYear(year, month - 1, day) + ((hour * 60 + minute) * 60 + second) * 1000
  );
}

/** `now-1d/d`: arithmetic first, then down to the beginning of the unit, which the literal then covers. */
function relativeTime(steps: string, rounding: string | undefined, now: Millis): Span | undefined {
  let at = now;
  for (const [step] of steps.matchAll(/[+-]\d+[smhdwMy]/g)) {
    at = shifted(at, Number(step.slice(0, -1)), unitOf(step.slice(-1)));
  }
  if (Number.isNaN(at)) return undefined;
  if (rounding === undefined) return { start: at, end: at + 1 };
  const unit = unitOf(rounding);
  const start = floored(at, unit);
  return { start, end: shifted(start, 1, unit) };
}

function unitOf(letter: string): Unit {
  return UNITS.find((unit) => unit === letter) ?? "s";
}

function shifted(at: Millis, count: number, unit: Unit): Millis {
  if (unit !== "M" && unit !== "y") return at + count * UNIT_MS[unit];
  const date = new Date(at);
  const months = date.getUTCMonth() + (unit === "M" ? count : 12 * count);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), months + 1, 0)).getUTCDate();
  return date.setUTCMonth(months, Math.min(date.getUTCDate(), lastDay));
}

function floored(at: Millis, unit: Unit): Millis {
  const date = new Date(at);
  if (unit === "y") return Date.UTC(date.getUTCFullYear(), 0);
  if (unit === "M") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  const from = unit === "w" ? A_MONDAY : 0;
  return Math.floor((at - from) / UNIT_MS[unit]) * UNIT_MS[unit] + from;
}
