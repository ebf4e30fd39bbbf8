import { describe, expect, it } from "vitest";
import { MAX_RETRY_AFTER_MS } from "../kernel/backoff.ts";
import {
  isLastAttempt,
  MAX_ATTEMPTS,
  MAX_REFUSED_ATTEMPTS,
  MAX_WAIT_MS,
  waitAfter,
} from "./backoff.ts";
import type { Sent } from "./webhooks.ts";

const TIMEOUT: Sent = { kind: "unreachable", problem: "timeout" };
const refused = (status: number, retryAfterMs: number | null = null): Sent => ({
  kind: "refused",
  status,
  retryAfterMs,
});
const slowest = { firstWaitMs: 1_000, random: () => 1 };
const fastest = { firstWaitMs: 1_000, random: () => 0 };

describe("the wait before another attempt", () => {
  it("doubles up to the most, between half of it and the whole", () => {
    const waits = [1, 2, 3, 10, 11, 40].map((attempt) => waitAfter(attempt, TIMEOUT, slowest));
    expect(waits).toEqual([1_000, 2_000, 4_000, 512_000, MAX_WAIT_MS, MAX_WAIT_MS]);
    expect(waitAfter(1, TIMEOUT, fastest)).toBe(500);
  });

  it("is no shorter than the receiver asks for, up to an hour", () => {
    expect(waitAfter(1, refused(429, 30_000), fastest)).toBe(30_000);
    expect(waitAfter(1, refused(503, 86_400_000), fastest)).toBe(MAX_RETRY_AFTER_MS);
    expect(waitAfter(3, refused(503, 1), slowest)).toBe(4_000);
  });
});

describe("the last attempt", () => {
  it.each([
    [TIMEOUT, MAX_ATTEMPTS],
    [refused(500), MAX_ATTEMPTS],
    [refused(429), MAX_ATTEMPTS],
    [refused(408), MAX_ATTEMPTS],
    [refused(425), MAX_ATTEMPTS],
    [refused(404), MAX_REFUSED_ATTEMPTS],
    [refused(410), MAX_REFUSED_ATTEMPTS],
    [refused(302), MAX_REFUSED_ATTEMPTS],
  ])("after %j is number %i", (sent, last) => {
    expect(isLastAttempt(last - 1, sent)).toBe(false);
    expect(isLastAttempt(last, sent)).toBe(true);
  });
});
