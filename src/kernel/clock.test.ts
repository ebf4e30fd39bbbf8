import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toRfc3339 } from "./clock.ts";

describe("the text of a time", () => {
  it("is RFC 3339 in UTC, whatever times were asked for before", () => {
    const millis = fc.date({ noInvalidDate: true }).map(Number);
    const near = fc.integer({ min: 1_763_715_067_000, max: 1_763_715_069_000 });
    fc.assert(
      fc.property(fc.array(fc.oneof(millis, near), { maxLength: 400 }), (times) => {
        const texts = times.map(toRfc3339);
        expect(texts).toEqual(times.map((time) => new Date(time).toISOString()));
      }),
    );
  });

  it("is refused of what is no time", () => {
    expect(() => toRfc3339(Number.NaN)).toThrow(RangeError);
  });
});
