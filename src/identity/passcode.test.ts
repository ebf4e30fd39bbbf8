import { describe, expect, it } from "vitest";
import { newPasscode, passcodeAsMade } from "./passcode.ts";

describe("a passcode", () => {
  it("has 128 bits in groups that can be read, and is never the same", () => {
    const one = newPasscode();
    expect(one).toMatch(/^ktp(-[0-9a-hjkmnp-tv-z]{5}){5}-[0-9a-hjkmnp-tv-z]$/);
    expect(newPasscode()).not.toBe(one);
  });

  it("is recognised however it was typed", () => {
    const made = "ktp-01234-56789-abcde-fghjk-mnpqr-s";
    for (const typed of [
      made,
      made.toUpperCase(),
      made.replaceAll("-", ""),
      ` ${made.replaceAll("-", " ")}\n`,
      "ktp-O1234-56789-abcde-fghjk-mnpqr-s",
      "ktp-0I234-56789-abcde-fghjk-mnpqr-s",
      "ktp-0l234-56789-abcde-fghjk-mnpqr-s",
    ]) {
      expect(passcodeAsMade(typed)).toBe(made);
    }
    const another = newPasscode();
    expect(passcodeAsMade(another)).toBe(another);
  });

  it("is nothing of another form or length", () => {
    for (const text of ["", "hunter2", "ktk_01234", `${newPasscode()}0`, "ktp-".repeat(1_000)]) {
      expect(passcodeAsMade(text)).toBeUndefined();
    }
  });
});
