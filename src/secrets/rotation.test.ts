import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../kernel/errors.ts";
import { usernamePassword } from "./kinds/username-password.ts";
import { checkRotation, nextRotation, type RotationPolicy } from "./rotation.ts";

const every = (interval: number, unit: "hour" | "day" | "month"): RotationPolicy => ({
  autoRotate: true,
  interval,
  unit,
});
const next = (policy: RotationPolicy, from: string): string =>
  new Date(nextRotation(policy, Date.parse(from)) ?? Number.NaN).toISOString();

describe("the next rotation", () => {
  it("is so many hours or days on", () => {
    expect(next(every(6, "hour"), "2026-11-21T22:00:00Z")).toBe("2026-11-22T04:00:00.000Z");
    expect(next(every(30, "day"), "2026-11-21T09:30:00Z")).toBe("2026-12-21T09:30:00.000Z");
  });

  it("is on the same day of a month, or on its last one", () => {
    expect(next(every(1, "month"), "2026-01-15T09:30:01.234Z")).toBe("2026-02-15T09:30:01.234Z");
    expect(next(every(1, "month"), "2026-01-31T09:30:00Z")).toBe("2026-02-28T09:30:00.000Z");
    expect(next(every(1, "month"), "2028-01-31T00:00:00Z")).toBe("2028-02-29T00:00:00.000Z");
    expect(next(every(24, "month"), "2028-02-29T00:00:00Z")).toBe("2030-02-28T00:00:00.000Z");
    expect(next(every(2, "month"), "2026-12-31T23:59:59Z")).toBe("2027-02-28T23:59:59.000Z");
  });

  it("lies between 28 and 31 days on for each month, whenever it is asked for", () => {
    const from = fc.date({
      min: new Date("1971-01-01"),
      max: new Date("2200-01-01"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(from, fc.integer({ min: 1, max: 24 }), (date, months) => {
        const days =
          ((nextRotation(every(months, "month"), date.getTime()) ?? 0) - date.getTime()) /
          86_400_000;
        expect(days).toBeGreaterThanOrEqual(28 * months);
        expect(days).toBeLessThanOrEqual(31 * months);
      }),
    );
  });

  it("is never, without a policy", () => {
    expect(nextRotation({ autoRotate: false }, 0)).toBeNull();
    expect(nextRotation(null, 0)).toBeNull();
  });
});

describe("the rotation of a password", () => {
  it.each([
    every(1, "day"),
    every(730, "day"),
    every(1, "month"),
    every(24, "month"),
    { autoRotate: false } as const,
  ])("may be %o", (policy) =>
    expect(() => checkRotation(policy, usernamePassword.rotation)).not.toThrow(),
  );

  it.each([
    every(0, "day"),
    every(-1, "day"),
    every(731, "day"),
    every(25, "month"),
    every(1.5, "month"),
    every(24, "hour"),
    every(Number.NaN, "day"),
  ])("may not be %o", (policy) =>
    expect(() => checkRotation(policy, usernamePassword.rotation)).toThrow(Refusal),
  );
});
