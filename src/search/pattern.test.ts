import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fold } from "./fold.ts";
import { compilePattern, MAX_PATTERN_STATES, stateCount } from "./pattern-matcher.ts";
import { foldPattern } from "./pattern.ts";
import { parseRegex } from "./regex.ts";

const ATOMS = ["a", "b", "B", "\\.", ".", "[a-c]", "[^b]", "\\d", "\\W", "É", "😀", "[A-Z]", "\\n"];
const QUANTIFIERS = ["", "", "*", "+", "?", "{2}", "{1,3}", "{2,}"];
const regexSource = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc
      .tuple(fc.constantFrom(...ATOMS), fc.constantFrom(...QUANTIFIERS))
      .map((parts) => parts.join("")),
    fc.tuple(tie("node"), tie("node")).map((parts) => parts.join("")),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie("node"), fc.constantFrom(...QUANTIFIERS)).map(([a, q]) => `(?:${a})${q}`),
  ),
})).node;
const text = fc
  .array(fc.constantFrom("a", "b", "B", "c", ".", "1", "É", "é", "😀", "\n", "Z"), { maxLength: 8 })
  .map((chars) => chars.join(""));

describe("the subset of regular expressions", () => {
  test("matches what JavaScript's own engine matches as a whole", () => {
    fc.assert(
      fc.property(regexSource, text, (source, value) => {
        const pattern = parseRegex(source);
        fc.pre(stateCount(pattern) <= MAX_PATTERN_STATES);
        const native = new RegExp(`^(?:${source})$`, "su");
        expect(compilePattern(pattern)(value)).toBe(native.test(value));
      }),
      { numRuns: 500 },
    );
  });

  test("what a text matches, its folded form matches folded", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("a", "B", "[A-C]", "É", "[É]", "a|B|\\d", "(B)+"),
        text,
        (source, value) => {
          const pattern = parseRegex(source);
          if (!compilePattern(pattern)(value)) return;
          expect(compilePattern(foldPattern(pattern))(fold(value))).toBe(true);
        },
      ),
    );
  });

  test("takes time linear in the text where backtracking takes forever", () => {
    const matches = compilePattern(parseRegex("(a|a)*(a*)*b"));
    expect(matches("a".repeat(5_000))).toBe(false);
    expect(matches(`${"a".repeat(5_000)}b`)).toBe(true);
  });

  test("a class is as much work as it has ranges", () => {
    const ranges = "bdfhjlnp".split("");
    expect(stateCount(parseRegex(`[${ranges.join("")}]{50}`))).toBeGreaterThan(ranges.length * 50);
  });

  test("anchors at the ends say nothing more; an escaped dollar is a dollar", () => {
    expect(compilePattern(parseRegex("^ab$"))("ab")).toBe(true);
    expect(compilePattern(parseRegex("a\\$"))("a$")).toBe(true);
    expect(compilePattern(parseRegex("a\\\\$"))("a\\")).toBe(true);
  });

  test.each([
    ["a+?", 2],
    ["(?=a)", 1],
    ["(?<n>a)", 1],
    ["\\1", 0],
    ["\\bword", 0],
    ["\\p{L}", 0],
    ["a^b", 1],
    ["a$b", 1],
    ["*a", 0],
    ["(a", 0],
    ["a)", 1],
    ["[a", 0],
    ["[]", 0],
    ["a{101}", 1],
    ["a{3,2}", 1],
    ["[\\D]", 3],
  ])("%s is refused at offset %i", (source, at) => {
    expect(() => parseRegex(source)).toThrow(expect.objectContaining({ name: "RegexError", at }));
  });
});
