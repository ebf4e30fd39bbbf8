import { describe, expect, it } from "vitest";
import { MAX_RETRY_AFTER_MS } from "../kernel/backoff.ts";
import { FIRST_WAIT_MS, MAX_DENIED_WAIT_MS, MAX_WAIT_MS, waitAfter } from "./backoff.ts";

const waits = (kind: "unavailable" | "denied", random: number) =>
  Array.from({ length: 40 }, (_, i) =>
    waitAfter(
      i + 1,
      { kind, retryAfterMs: undefined },
      { firstWaitMs: FIRST_WAIT_MS, random: () => random },
    ),
  );

describe("a wait", () => {
  it("doubles up to the most, and longer where somebody has to act first", () => {
    expect(waits("unavailable", 1).slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(Math.max(...waits("unavailable", 1))).toBe(MAX_WAIT_MS);
    expect(Math.max(...waits("denied", 1))).toBe(MAX_DENIED_WAIT_MS);
  });

  it("is half of that at least, whatever chance says", () => {
    expect(waits("unavailable", 0).map((ms, i) => ms / waits("unavailable", 1)[i]!)).toEqual(
      Array.from({ length: 40 }, () => 0.5),
    );
  });

  it("is as long as the receiver asks for, within reason", () => {
    const waiting = { firstWaitMs: 500, random: () => 0 };
    const asked = (retryAfterMs: number) =>
      waitAfter(1, { kind: "unavailable", retryAfterMs }, waiting);
    expect(asked(90_000)).toBe(90_000);
    expect(asked(1)).toBe(250);
    expect(asked(10 ** 12)).toBe(MAX_RETRY_AFTER_MS);
  });
});
