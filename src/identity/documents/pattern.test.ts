/** Patterns: what they match, that they stay in their brackets, and that no text takes them long. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { documentPattern, lowerCased, loweredPattern, MAX_PATTERN_CHARS } from "./pattern.ts";

const matches = (pattern: string, text: string): boolean =>
  documentPattern(pattern, "resources").matches(text);

describe("a pattern", () => {
  it.each([
    ["secrets:db", "secrets:db", true],
    ["secrets:db", "secrets:db2", false],
    ["secrets:<.*>", "secrets:a:b", true],
    ["secrets:<.*>", "secrets", false],
    ["secrets:<[^:]+>:key", "secrets:a:key", true],
    ["secrets:<[^:]+>:key", "secrets:a:b:key", false],
    ["users:<bob|alice>", "users:alice", true],
    ["users:<bob|alice>", "users:alicea", false],
    ["users:<bob|alice>", "users:bob|alice", false],
    ["users:<bob>.<jr|sr>", "users:bob.jr", true],
    ["users:<bob>.<jr|sr>", "users:bobxjr", false],
    ["<(?P<who>bob)>", "bob", true],
    ["<.*>", "line\nbreak", true],
    ["*", "anything", true],
    [".*", "anything", true],
    ["a.c", "abc", false],
    ["a$", "a", false],
  ])("%s and %s: %s", (pattern, text, isMatch) => {
    expect(matches(pattern, text)).toBe(isMatch);
  });

  it.each([
    "a<b",
    "a>b",
    "<a)|(?:.*>",
    "<(>",
    "<[>a<]>",
    "<a\\>",
    "<\\Qa>b<\\E)|(?:.*>",
    "<(?=a)>",
    "<(a)\\1>",
    "<a{1000}>",
    "<a{2,}>",
    "a".repeat(MAX_PATTERN_CHARS + 1),
  ])("%s is none", (pattern) => {
    expect(() => documentPattern(pattern, "resources")).toThrow(
      "A pattern of the policy's resources",
    );
  });

  it.each([
    "<(a+)+>",
    "<(a|a)*>",
    "<(a|aa)+b>",
    "<(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)z>",
    `<${"(a?)".repeat(60)}${"a".repeat(60)}>`,
    `<${"(".repeat(80)}a${")*".repeat(80)}>`,
  ])("%s takes no text long", (pattern) => {
    const compiled = documentPattern(pattern, "resources");
    const before = performance.now();
    compiled.matches(`${"a".repeat(2_000)}!`);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it("is lower case but for what is no letter of a text", () => {
    const lowered = (text: string) => loweredPattern(text, "subjects");
    expect(lowered("Users:<BOB|\\D+|\\p{Lu}|(?P<Who>X)>@Example.com")).toBe(
      "users:<bob|\\D+|\\p{Lu}|(?P<Who>x)>@example.com",
    );
    // The sign of the kelvin is no k: whoever is called by it is somebody else.
    expect(lowerCased("Users:\u212Aim")).toBe("users:\u212Aim");
  });
});

/** A pattern and its meaning, by the language's own backtracking expressions. */
const anyPiece = fc.oneof(
  fc.stringMatching(/^[a-c:.]{1,3}$/).map((text) => ({ text, source: escaped(text) })),
  fc
    .constantFrom(".*", "[^:]+", "a|b", "a+", "(?:ab)*c?", ".", "b|", "(a|b)(c|:)", "\\.")
    .map((inner) => ({ text: `<${inner}>`, source: `(?:${inner})` })),
);

it("means what the expressions in its brackets mean, and the text between them", () => {
  fc.assert(
    fc.property(
      fc.array(anyPiece, { minLength: 1, maxLength: 5 }),
      fc.array(fc.stringMatching(/^[a-c:.]{0,8}$/), { minLength: 10, maxLength: 20 }),
      (pieces, texts) => {
        const text = pieces.map((piece) => piece.text).join("");
        const slow = new RegExp(`^${pieces.map(({ source }) => source).join("")}$`, "s");
        const pattern = documentPattern(text, "resources");
        for (const one of texts)
          expect([text, one, pattern.matches(one)]).toEqual([text, one, slow.test(one)]);
      },
    ),
    { numRuns: 2_000 },
  );
});

it("matches nothing that does not begin as it does before its first bracket", () => {
  const sign = fc.constantFrom(
    "a",
    "<",
    ">",
    "(",
    ")",
    "|",
    "*",
    ".",
    "[",
    "]",
    "\\",
    "?",
    ":",
    "Q",
    "E",
    "^",
    "$",
    "#",
  );
  fc.assert(
    fc.property(
      fc.array(sign, { maxLength: 14 }),
      fc.array(sign, { maxLength: 8 }),
      (signs, others) => {
        let pattern;
        try {
          pattern = documentPattern(`x:<${signs.join("")}>y`, "resources");
        } catch {
          return;
        }
        const text = others.join("");
        expect(pattern.matches(text)).toBe(false);
        expect(pattern.matches(`x:${text}`)).toBe(false);
        expect(pattern.matches(`${text}y`)).toBe(false);
      },
    ),
    { numRuns: 20_000 },
  );
});

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
