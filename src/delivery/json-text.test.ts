import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wellFormedJson } from "./json-text.ts";

const anyString = fc.string({
  unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)),
});

describe("JSON without halves of surrogate pairs", () => {
  it("has U+FFFD for each of them, and everything else as it was", () => {
    fc.assert(
      fc.property(anyString, (text) => {
        const whole = JSON.parse(wellFormedJson(JSON.stringify({ [text]: text }))) as object;
        const expected = text.toWellFormed();
        return JSON.stringify(whole) === JSON.stringify({ [expected]: expected });
      }),
    );
  });

  it("leaves alone what only looks like one", () => {
    const text = JSON.stringify(["\\ud800", "\\\\ud800", "😀"]);
    expect(wellFormedJson(text)).toBe(text);
  });
});
