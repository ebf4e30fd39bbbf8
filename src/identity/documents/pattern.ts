/**
 * Patterns of policy documents: text with regular expressions in angle brackets, `users:<bob|alice>` (ory/ladon, "Regular
 * expression matching"). They match whole texts, in time linear in their length (RE2).
 */
import { RE2JS } from "re2js";
import { Refusal } from "../../kernel/errors.ts";

export interface DocumentPattern {
  readonly text: string;
  /** What stands before the first bracket: whatever matches begins with it. */
  readonly head: string;
  matches(text: string): boolean;
}

export const MAX_PATTERN_CHARS = 512;
/** Repetitions are unrolled: a short text could stand for a large program. */
const REPETITION = /\{[\d,]+\}/;
/** What is quoted would reach beyond its brackets. */
const QUOTING = /\\[QE]/;

/** Both stand for everything in DSV's documents, with and without the brackets. */
const EVERYTHING: ReadonlySet<string> = new Set(["*", ".*"]);
export const ANYTHING = "<.*>";

/** What is written for everything, as it is kept. */
export function normalized(text: string): string {
  return EVERYTHING.has(text) ? ANYTHING : text;
}

/** What a pattern is made of, in turn: text as it is, and what stands in brackets. */
interface Piece {
  readonly isExpression: boolean;
  readonly text: string;
}

/**
 * Throws `invalid_request` for a text that is no pattern: too long, brackets without their other half, or what is no
 * regular expression of RE2 by itself.
 */
export function documentPattern(written: string, field: string): DocumentPattern {
  const text = normalized(written);
  if (text.length > MAX_PATTERN_CHARS) {
    throw bad(field, `is longer than ${MAX_PATTERN_CHARS} characters`);
  }
  if (text === ANYTHING) return { text, head: "", matches: () => true };
  const pieces = piecesOf(text, field);
  if (pieces.every(({ isExpression }) => !isExpression)) {
    return { text, head: text, matches: (other) => other === text };
  }
  const first = pieces[0];
  const head = first && !first.isExpression ? first.text : "";
  const whole = compile(pieces, field);
  const matches = (other: string) => other.startsWith(head) && whole.matcher(other).matches();
  return { text, head, matches };
}

/** The same text with something done to what is no expression, and to what is. */
export function mapped(
  text: string,
  to: { readonly literal: (text: string) => string; readonly expression: (text: string) => string },
  field: string,
): string {
  return piecesOf(text, field)
    .map((piece) =>
      piece.isExpression ? `<${to.expression(piece.text)}>` : to.literal(piece.text),
    )
    .join("");
}

const CAPITALS = /[A-Z]+/g;
/** Escapes and names of groups are no letters of what is matched. */
const LETTERS = /\\[pP]\{[^}]*\}|\\[pP]?.|\(\?P?<[^>]*>|[A-Z]+/gs;

/** Of the letters that every store compares without their case, and of no others: two names are never made one. */
export function lowerCased(text: string): string {
  return text.replace(CAPITALS, (letters) => letters.toLowerCase());
}

/** The pattern in lower case: `users:<Bob|\D+>` as `users:<bob|\D+>`. */
export function loweredPattern(text: string, field: string): string {
  const expression = (inner: string): string =>
    inner.replace(LETTERS, (found) => (/^[A-Z]/.test(found) ? found.toLowerCase() : found));
  return mapped(text, { literal: lowerCased, expression }, field);
}

function piecesOf(text: string, field: string): readonly Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length;) {
    const open = text.indexOf("<", at);
    const literal = text.slice(at, open < 0 ? undefined : open);
    if (literal.includes(">")) throw bad(field, "has a bracket that is not opened");
    if (literal !== "") pieces.push({ isExpression: false, text: literal });
    if (open < 0) break;
    const close = closing(text, open);
    if (close < 0) throw bad(field, "has a bracket that is not closed");
    pieces.push({ isExpression: true, text: text.slice(open + 1, close) });
    at = close + 1;
  }
  return pieces;
}

function compile(pieces: readonly Piece[], field: string): RE2JS {
  const source = pieces.map(({ isExpression, text }) =>
    isExpression ? `(?:${checkedExpression(text, field)})` : RE2JS.quote(text),
  );
  return compiled(source.join(""), field);
}

/** By itself as well: what closes a group that it has not opened, `a)|(?:b`, would be about more than its brackets. */
function checkedExpression(text: string, field: string): string {
  if (REPETITION.test(text)) throw bad(field, "has a counted repetition, which is not allowed");
  if (QUOTING.test(text)) throw bad(field, "has a quotation, which is not allowed");
  compiled(text, field);
  return text;
}

function compiled(source: string, field: string): RE2JS {
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
