import { describe, expect, it } from "vitest";
import { utf8 } from "../kernel/bytes.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { newTotpKey, totpKeyText, totpStep, totpUri } from "./totp.ts";

/** RFC 6238, appendix B: its key, and the last six of its eight digits. */
const KEY = new Sensitive(utf8("12345678901234567890"));
const VECTORS = [
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
] as const;

const stepOf = (code: string, nowS: number, lastStep = 0): number | undefined =>
  totpStep(KEY, { code: new Sensitive(code), now: nowS * 1_000, lastStep });

describe("a code of the second factor", () => {
  it.each(VECTORS)("at %i seconds is RFC 6238's", (nowS, code) => {
    expect(stepOf(code, nowS)).toBe(Math.floor(nowS / 30));
    expect(stepOf(`${code.slice(0, 3)} ${code.slice(3)}`, nowS)).toBe(Math.floor(nowS / 30));
  });

  it("is good one step early and one step late, and no more", () => {
    const [[, code]] = VECTORS;
    for (const nowS of [0, 29, 30, 59, 60, 89]) expect(stepOf(code, nowS)).toBe(1);
    for (const nowS of [90, 120]) expect(stepOf(code, nowS)).toBeUndefined();
  });

  it("is good once, and no earlier one after it", () => {
    const [[, code]] = VECTORS;
    expect(stepOf(code, 59, 0)).toBe(1);
    expect(stepOf(code, 59, 1)).toBeUndefined();
    expect(stepOf(code, 59, 2)).toBeUndefined();
  });

  it("is six digits and nothing else", () => {
    for (const code of ["", "28708", "2870822", "28708a", "-28708", "٢٨٧٠٨٢"]) {
      expect(stepOf(code, 59)).toBeUndefined();
    }
  });
});

describe("the key of a second factor", () => {
  it("has 160 bits and goes to an app by a URI", () => {
    const key = newTotpKey();
    expect(key.reveal()).toHaveLength(20);
    const uri = new URL(totpUri(key, "ada@example.com").reveal());
    expect(uri.protocol).toBe("otpauth:");
    expect(decodeURIComponent(uri.pathname)).toContain("ada@example.com");
    expect(uri.searchParams.get("secret")).toBe(totpKeyText(key).reveal());
    expect(JSON.stringify([key, totpKeyText(key), totpUri(key, "")])).not.toContain("otpauth");
  });
});
