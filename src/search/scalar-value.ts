/** From a value as typed to numbers, times and flags. */
import type { Millis } from "../kernel/clock.ts";
import type { Bound, Value } from "./ast.ts";
import type { Field } from "./fields.ts";
import { fold } from "./fold.ts";
import { NUMBER_TEXT } from "./plan.ts";
import type { Limit, NumberRange } from "./plan.ts";
import { queryError } from "./query-error.ts";
import { parseTime } from "./time-literal.ts";
import type { Span } from "./time-literal.ts";

interface Compared {
  readonly field: Field;
  readonly value: Value;
}

export function numberRangeOf(query: string, { field, value }: Compared): NumberRange {
  const read = (text: string, at: number): number => {
    if (NUMBER_TEXT.test(text)) return Number(text);
    throw queryError(
      { query, at },
      `${field.name} takes numbers, as in ${field.name}:[400 TO 499]`,
    );
  };
  if (value.kind === "range") {
    const limit = (bound: Bound | undefined): Limit<number> | undefined =>
      bound && { value: read(bound.text, bound.at), inclusive: bound.inclusive };
    return { min: limit(value.min), max: limit(value.max) };
  }
  const same = { value: read(plainText(value), value.at), inclusive: true };
  return { min: same, max: same };
}

/**
 * Times are spans: from the beginning of the first to the end of the last. `[2026-11-20 TO 2026-11-21]` are two
 * whole days, `>2026-11-21` begins on the 22nd.
 */
export function timeRangeOf(
  query: string,
  { field, value, now }: Compared & { readonly now: Millis },
): NumberRange {
  const read = (text: string, at: number): Span => {
    const span = parseTime(text, now);
    if (span !== undefined) return span;
    throw queryError(
      { query, at },
      `${field.name} takes times, as in ${field.name}:[now-2h TO now] or ${field.name}:2026-11-21`,
    );
  };
  if (value.kind !== "range") {
    const { start, end } = read(plainText(value), value.at);
    return { min: from(start), max: before(end) };
  }
  const [min, max] = [value.min, value.max].map((bound) => bound && read(bound.text, bound.at));
  return {
    min: min && from(value.min?.inclusive === true ? min.start : min.end),
    max: max && before(value.max?.inclusive === true ? max.end : max.start),
  };
}

export function flagOf(query: string, { field, value }: Compared): boolean {
  const text = fold(plainText(value));
  if (text === "true" || text === "false") return text === "true";
  throw queryError({ query, at: value.at }, `${field.name} is either true or false`);
}

function from(time: Millis): Limit<number> {
  return { value: time, inclusive: true };
}

function before(time: Millis): Limit<number> {
  return { value: time, inclusive: false };
}

/** A wildcard or an expression gives a text that is neither a number, a time nor a flag. */
function plainText(value: Value): string {
  return value.kind === "word" || value.kind === "phrase" ? value.text : "*";
}
