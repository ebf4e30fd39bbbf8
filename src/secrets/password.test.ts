import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { checkPasswordPolicy, DEFAULT_PASSWORD_POLICY, generatePassword } from "./password.ts";

const policies = fc.record({
  length: fc.integer({ min: 12, max: 256 }),
  includeDigits: fc.boolean(),
  includeSymbols: fc.boolean(),
  includeUppercase: fc.boolean(),
});

describe("a generated password", () => {
  it("has the length and exactly the classes of characters of its policy", () => {
    fc.assert(
      fc.property(policies, (policy) => {
        const text = generatePassword(policy).reveal();
        expect(text).toHaveLength(policy.length);
        expect(/[a-z]/.test(text)).toBe(true);
        expect(/[A-Z]/.test(text)).toBe(policy.includeUppercase);
        expect(/\d/.test(text)).toBe(policy.includeDigits);
        expect(/[^A-Za-z\d]/.test(text)).toBe(policy.includeSymbols);
      }),
    );
  });

  it("draws every character about as often as any other", () => {
    const policy = {
      length: 256,
      includeDigits: true,
      includeSymbols: false,
      includeUppercase: false,
    };
    const counts = new Map<string, number>();
    for (let i = 0; i < 400; i++) {
      for (const char of generatePassword(policy).reveal()) {
        counts.set(char, (counts.get(char) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(36);
    const expected = (400 * 256) / 36;
    const deviations = [...counts.values()].map((count) => (count - expected) ** 2 / expected);
    // Chi-squared with 35 degrees of freedom: beyond 100 by chance once in 10^7 runs or so.
    expect(deviations.reduce((sum, one) => sum + one, 0)).toBeLessThan(100);
  });

  it("is not the same twice", () => {
    const drawn = new Set(
      Array.from({ length: 100 }, () => generatePassword(DEFAULT_PASSWORD_POLICY).reveal()),
    );
    expect(drawn.size).toBe(100);
  });

  it("is neither shorter than 12 nor longer than 256 characters", () => {
    for (const length of [11, 257, 12.5, Number.NaN]) {
      expect(() => checkPasswordPolicy({ ...DEFAULT_PASSWORD_POLICY, length })).toThrow(Refusal);
    }
    for (const length of [12, 256]) checkPasswordPolicy({ ...DEFAULT_PASSWORD_POLICY, length });
  });
});
