/**
 * Patterns over a whole value: wildcards, and a subset of regular expressions that means the same in every
 * store and can be matched in time linear in the text.
 *
 * In it: literals, `.`, classes `[a-z]` `[^…]`, `\d \w \s` and their opposites (ASCII), groups, `|`, and the
 * quantifiers `* + ? {m} {m,} {m,n}`. Not in it, and refused: lazy and possessive quantifiers, look-around,
 * back-references, anchors in the middle (the whole value has to match, as in Lucene), Unicode properties.
 */
import type { GlobPart } from "./ast.ts";
import { fold } from "./fold.ts";

export type CodeRange = readonly [first: number, last: number];

export type Pattern =
  /** One character, as a code point. */
  | { readonly kind: "char"; readonly code: number }
  /** Any one character, a line break included. */
  | { readonly kind: "any" }
  | { readonly kind: "class"; readonly negated: boolean; readonly ranges: readonly CodeRange[] }
  | { readonly kind: "sequence"; readonly of: readonly Pattern[] }
  | { readonly kind: "choice"; readonly of: readonly Pattern[] }
  /** `max` is Infinity where there is no upper bound. */
  | {
      readonly kind: "repeat";
      readonly of: Pattern;
      readonly min: number;
      readonly max: number;
    };

const ANY_RUN: Pattern = { kind: "repeat", of: { kind: "any" }, min: 0, max: Infinity };

export function literal(text: string): Pattern {
  return {
    kind: "sequence",
    of: Array.from(text, (char) => ({ kind: "char", code: codeOf(char) })),
  };
}

/** The pattern of a wildcard term; its texts are taken as they are. */
export function globPattern(parts: readonly GlobPart[]): Pattern {
  return {
    kind: "sequence",
    of: parts.map((part): Pattern => {
      if (part.kind === "text") return literal(part.text);
      return part.kind === "run" ? ANY_RUN : { kind: "any" };
    }),
  };
}

/** The pattern for folded text: what matches a text matches, folded, that text folded. */
export function foldPattern(pattern: Pattern): Pattern {
  switch (pattern.kind) {
    case "char":
      return literal(fold(String.fromCodePoint(pattern.code)));
    case "class":
      return { ...pattern, ranges: pattern.ranges.flatMap(foldRange) };
    case "sequence":
    case "choice":
      return { kind: pattern.kind, of: pattern.of.map(foldPattern) };
    case "repeat":
      return { ...pattern, of: foldPattern(pattern.of) };
    case "any":
    default:
      return pattern;
  }
}

const UPPER: CodeRange = [0x41, 0x5a];
const TO_LOWER = 0x20;

/** Adds the small ASCII letters of the capital ones in a range; single letters of any script are folded. */
function foldRange([first, last]: CodeRange): readonly CodeRange[] {
  if (first === last) {
    const folded = Array.from(fold(String.fromCodePoint(first)), codeOf);
    return folded.map((code): CodeRange => [code, code]);
  }
  const low = Math.max(first, UPPER[0]);
  const high = Math.min(last, UPPER[1]);
  const lower: readonly CodeRange[] = low <= high ? [[low + TO_LOWER, high + TO_LOWER]] : [];
  return [[first, last], ...lower];
}

/** The pattern in RE2's syntax, for a full match. Every literal is escaped; nothing is passed on as typed. */
export function toRe2(pattern: Pattern): string {
  switch (pattern.kind) {
    case "char":
      return re2Char(pattern.code);
    case "class": {
      const ranges = pattern.ranges.map(([first, last]) => `${re2Char(first)}-${re2Char(last)}`);
      return `[${pattern.negated ? "^" : ""}${ranges.join("")}]`;
    }
    case "sequence":
      return pattern.of.map(toRe2).join("");
    case "choice":
      return `(?:${pattern.of.map(toRe2).join("|")})`;
    case "repeat":
      return `(?:${toRe2(pattern.of)})${quantifier(pattern.min, pattern.max)}`;
    case "any":
    default:
      return "(?s:.)";
  }
}

function re2Char(code: number): string {
  return `\\x{${code.toString(16)}}`;
}

function quantifier(min: number, max: number): string {
  if (max !== Infinity) return `{${min},${max}}`;
  return min === 0 ? "*" : `{${min},}`;
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
