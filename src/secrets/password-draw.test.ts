import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { drawPassword, PUNCTUATION, type PasswordDraw } from "./password-draw.ts";

const LOWERCASE = "abcdefghijklmnopqrstuvwxyz";
const KINDS = [
  ["hasLowercase", LOWERCASE],
  ["hasUppercase", LOWERCASE.toUpperCase()],
  ["hasDigits", "0123456789"],
  ["hasPunctuation", PUNCTUATION],
] as const;

const draws: fc.Arbitrary<PasswordDraw> = fc.record({
  length: fc.integer({ min: 1, max: 40 }),
  hasLowercase: fc.boolean(),
  hasUppercase: fc.boolean(),
  hasDigits: fc.boolean(),
  hasPunctuation: fc.boolean(),
  hasSpace: fc.boolean(),
  without: fc.string({ unit: "grapheme-ascii", maxLength: 60 }),
  hasEach: fc.boolean(),
});

const ALL: PasswordDraw = {
  length: 32,
  hasLowercase: true,
  hasUppercase: true,
  hasDigits: true,
  hasPunctuation: true,
  hasSpace: false,
  without: "",
  hasEach: true,
};

describe("a password that is drawn", () => {
  it("has its length, nothing that is excluded, and one of each kind where that is asked", () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const kinds = KINDS.filter(([has]) => draw[has]).map(([, chars]) =>
          Array.from(chars).filter((char) => !draw.without.includes(char)),
        );
        const space = draw.hasSpace && !draw.without.includes(" ") ? [" "] : [];
        const allowed = new Set([...kinds.flat(), ...space]);
        const isPossible =
          allowed.size > 0 &&
          (!draw.hasEach ||
            (kinds.every(({ length }) => length > 0) && draw.length >= kinds.length));
        if (!isPossible) {
          expect(() => drawPassword(draw)).toThrow(Refusal);
          return;
        }
        const chars = Array.from(drawPassword(draw).reveal());
        expect(chars).toHaveLength(draw.length);
        expect(chars.every((char) => allowed.has(char))).toBe(true);
        if (!draw.hasEach) return;
        for (const kind of kinds) expect(chars.some((char) => kind.includes(char))).toBe(true);
      }),
    );
  });

  it("comes within a moment where one character is left of nearly every kind, and when it is long", () => {
    const gone = `${LOWERCASE.slice(1)}${LOWERCASE.slice(1).toUpperCase()}012345678`;
    const short = drawPassword({ ...ALL, length: 4, without: gone }).reveal();
    expect(short).toMatch(/^(?=.*a)(?=.*A)(?=.*9)/);
    expect(drawPassword({ ...ALL, length: 4_096 }).reveal()).toHaveLength(4_096);
  });

  it("has every character about as often as any other", () => {
    const drawn = drawPassword({ ...ALL, length: 94 * 1_000, hasEach: false }).reveal();
    const counts = new Map<string, number>();
    for (const char of drawn) counts.set(char, (counts.get(char) ?? 0) + 1);
    expect(counts.size).toBe(94);
    // Six standard deviations of a count: more than that is no chance.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(190);
  });
});
