/**
 * Patterns of policy documents: text with regular expressions in angle brackets, `users:<bob|alice>` (ory/ladon, "Regular
 * expression matching"). They match whole texts, in time linear in their length (RE2).
 */
import { RE2JS } from "re2js";
import { Refusal } from "../../kernel/errors.ts";

export interface DocumentPattern {
  readonly text: string;
  matches(text: string): boolean;
}

export const MAX_PATTERN_CHARS = 512;
/** Repetitions are unrolled: a short text could stand for a large program. */
const REPETITION = /\{[\d,]+\}/;

/** Both stand for everything in DSV's documents, with and without the brackets. */
const EVERYTHING: ReadonlySet<string> = new Set(["*", ".*"]);
export const ANYTHING = "<.*>";

/** What is written for everything, as it is kept. */
export function normalized(text: string): string {
  return EVERYTHING.has(text) ? ANYTHING : text;
}

/** Throws `invalid_request` for a text that is no pattern. */
export function documentPattern(written: string, field: string): DocumentPattern {
  const text = normalized(written);
  if (text.length > MAX_PATTERN_CHARS) {
    throw bad(field, `is longer than ${MAX_PATTERN_CHARS} characters`);
  }
  if (text === ANYTHING) return { text, matches: () => true };
  if (!text.includes("<") && !text.includes(">")) {
    return { text, matches: (other) => other === text };
  }
  const compiled = compile(text, field);
  return { text, matches: (other) => compiled.matcher(other).matches() };
}

function compile(text: string, field: string): RE2JS {
  let source = "";
  for (let at = 0; at < text.length;) {
    const open = text.indexOf("<", at);
    const literal = text.slice(at, open < 0 ? undefined : open);
    if (literal.includes(">")) throw bad(field, "has a bracket that is not opened");
    source += RE2JS.quote(literal);
    if (open < 0) break;
    const close = closing(text, open);
    if (close < 0) throw bad(field, "has a bracket that is not closed");
    const inner = text.slice(open + 1, close);
    if (REPETITION.test(inner)) throw bad(field, "has a counted repetition, which is not allowed");
    source += `(?:${inner})`;
    at = close + 1;
  }
  try {
    return RE2JS.compile(source, RE2JS.DOTALL);
  } catch {
    throw bad(field, "has no regular expression of RE2 in its brackets");
  }
}

/** Of nested brackets, named groups say, the outer pair counts. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === "<") depth++;
    else if (text[i] === ">" && --depth === 0) return i;
  }
  return -1;
}

function bad(field: string, what: string): Refusal {
  return new Refusal("invalid_request", `A pattern of the policy's ${field} ${what}.`, { field });
}
