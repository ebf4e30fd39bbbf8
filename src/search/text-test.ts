/** Runs text tests in memory. */
import { compareText } from "./fold.ts";
import { compilePattern, stateCount } from "./pattern-matcher.ts";
import { globPattern } from "./pattern.ts";
import type { Limit, TextTest } from "./plan.ts";

/** The test as a function of the text it looks at: already folded, unless the test is of exact case. */
export function compileTextTest(test: TextTest): (text: string) => boolean {
  switch (test.kind) {
    case "equals":
      return (text) => text === test.text;
    case "prefix":
      return (text) => text.startsWith(test.text);
    case "contains":
      return (text) => text.includes(test.text);
    case "glob":
      return compilePattern(globPattern(test.parts));
    case "regex":
      return compilePattern(test.pattern);
    case "between":
    default:
      return (text) => isAtLeast(text, test.min) && isAtMost(text, test.max);
  }
}

/** What the test adds to MAX_PATTERN_STATES; nothing, unless it matches a pattern. */
export function testStates(test: TextTest): number {
  switch (test.kind) {
    case "glob":
      return stateCount(globPattern(test.parts));
    case "regex":
      return stateCount(test.pattern);
    case "equals":
    case "prefix":
    case "contains":
    case "between":
    default:
      return 0;
  }
}

function isAtLeast(text: string, min: Limit<string> | undefined): boolean {
  if (min === undefined) return true;
  const order = compareText(text, min.value);
  return order > 0 || (order === 0 && min.inclusive);
}

function isAtMost(text: string, max: Limit<string> | undefined): boolean {
  if (max === undefined) return true;
  const order = compareText(text, max.value);
  return order < 0 || (order === 0 && max.inclusive);
}
