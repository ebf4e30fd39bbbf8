import { describe, expect, it } from "vitest";
import { faultOfAnswer, isTaken, retryAfter } from "./answers.ts";

const NOW = Date.UTC(2026, 10, 21, 9, 0, 0);

describe("what an answer means", () => {
  it.each([
    ["unavailable", [408, 425, 429, 500, 501, 502, 503, 504, 520, 599]],
    ["denied", [300, 301, 302, 304, 307, 308, 401, 402, 403, 404, 405, 407, 410, 421, 426]],
    ["too-large", [413]],
    ["rejected", [400, 409, 415, 418, 422, 424]],
  ] as const)("%s: %j", (kind, statuses) => {
    for (const status of statuses) {
      const fault = faultOfAnswer({ status, headers: {} }, NOW);
      expect(fault.kind).toBe(kind);
      expect(fault.message).toContain(`the receiver answered ${status}`);
    }
  });

  it("is that it was taken for every 2xx, and for nothing else", () => {
    const taken = [100, 199, 200, 201, 202, 204, 299, 300].filter((status) =>
      isTaken({ status, headers: {} }),
    );
    expect(taken).toEqual([200, 201, 202, 204, 299]);
  });

  it("says nothing of what the receiver has said", () => {
    const headers = {
      "www-authenticate": "Bearer secret",
      location: "https://elsewhere/?t=secret",
    };
    for (const status of [301, 401, 500]) {
      expect(faultOfAnswer({ status, headers }, NOW).message).not.toContain("secret");
    }
  });
});

describe("Retry-After", () => {
  it.each([
    ["120", 120_000],
    ["0", 0],
    [" 5 ", 5_000],
    ["Sat, 21 Nov 2026 09:01:30 GMT", 90_000],
    ["Sat, 21 Nov 2026 08:00:00 GMT", 0],
    ["-5", undefined],
    ["soon", undefined],
    ["1.5", undefined],
    ["", undefined],
    ["99999999999999999999", undefined],
  ])("%j", (text, expected) => {
    expect(retryAfter({ "retry-after": text }, NOW)).toBe(expected);
  });

  it("is heard where another attempt is worth it, and not where somebody has to change something", () => {
    const headers = { "retry-after": "7" };
    expect(faultOfAnswer({ status: 503, headers }, NOW).retryAfterMs).toBe(7_000);
    expect(faultOfAnswer({ status: 429, headers }, NOW).retryAfterMs).toBe(7_000);
    expect(faultOfAnswer({ status: 403, headers }, NOW).retryAfterMs).toBeUndefined();
  });
});
