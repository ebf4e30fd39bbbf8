/** From a value as typed to the test of a text. */
import type { Millis } from "../kernel/clock.ts";
import { toRfc3339 } from "../kernel/clock.ts";
import type { Bound, GlobPart, Operator, Value } from "./ast.ts";
import { fold } from "./fold.ts";
import { MAX_PATTERN_STATES, stateCount } from "./pattern-matcher.ts";
import { foldPattern } from "./pattern.ts";
import type { Pattern } from "./pattern.ts";
import type { Limit, TextTest } from "./plan.ts";
import { queryError } from "./query-error.ts";
import { parseRegex, RegexError } from "./regex.ts";
import { parseTime } from "./time-literal.ts";

export interface TextComparison {
  readonly operator: Operator;
  readonly value: Value;
  readonly now: Millis;
}

/** Undefined for a value that any text has. The table is in `planner.ts`. */
export function textTestOf(
  query: string,
  { operator, value, now }: TextComparison,
): TextTest | undefined {
  const exactCase = operator === "prefix-case" || operator === "equals-case";
  const cased = exactCase ? (text: string) => text : fold;
  switch (value.kind) {
    case "word":
    case "phrase": {
      const isPrefix =
        operator === "prefix-case" || (operator === "match" && value.kind === "word");
      return { kind: isPrefix ? "prefix" : "equals", text: cased(value.text), exactCase };
    }
    case "glob":
      return globTest(casedParts(value.parts, cased), exactCase);
    case "regex": {
      const pattern = regexPattern(query, value);
      return { kind: "regex", pattern: exactCase ? pattern : foldPattern(pattern), exactCase };
    }
    case "range": {
      const [min, max] = [textLimit(value.min, now), textLimit(value.max, now)];
      if (min === undefined && max === undefined) return undefined;
      return { kind: "between", min, max, exactCase: false };
    }
    case "present":
    default:
      return undefined;
  }
}

/** A test for the value anywhere in a text, in any case. */
export function containsTest(value: Value): TextTest {
  if (value.kind === "glob") {
    const run: GlobPart = { kind: "run" };
    return { kind: "glob", parts: [run, ...casedParts(value.parts, fold), run], exactCase: false };
  }
  const text = value.kind === "word" || value.kind === "phrase" ? value.text : "";
  return { kind: "contains", text: fold(text), exactCase: false };
}

/** A beginning and `*` is what people write most, and needs no pattern. */
function globTest(parts: readonly GlobPart[], exactCase: boolean): TextTest {
  const [first, second, ...others] = parts;
  return first?.kind === "text" && second?.kind === "run" && others.length === 0
    ? { kind: "prefix", text: first.text, exactCase }
    : { kind: "glob", parts, exactCase };
}

function casedParts(
  parts: readonly GlobPart[],
  cased: (text: string) => string,
): readonly GlobPart[] {
  return parts.map((part) =>
    part.kind === "text" ? { kind: "text", text: cased(part.text) } : part,
  );
}

function regexPattern(query: string, value: Extract<Value, { kind: "regex" }>): Pattern {
  let pattern: Pattern;
  try {
    pattern = parseRegex(value.source);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw queryError({ query, at: value.at + 1 + error.at }, error.message);
  }
  if (stateCount(foldPattern(pattern)) > MAX_PATTERN_STATES) {
    throw queryError({ query, at: value.at }, "This regular expression repeats too much");
  }
  return pattern;
}

/** An end of a range of texts. `now` and its arithmetic stand for RFC 3339, whose order is that of the times. */
function textLimit(bound: Bound | undefined, now: Millis): Limit<string> | undefined {
  if (bound === undefined) return undefined;
  const time = bound.text.startsWith("now") ? parseTime(bound.text, now) : undefined;
  const text = time === undefined ? bound.text : toRfc3339(time.start);
  return { value: fold(text), inclusive: bound.inclusive };
}
