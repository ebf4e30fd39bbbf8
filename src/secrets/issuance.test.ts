import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  GIVE_UP_AFTER_MS,
  isGivenUp,
  later,
  MAX_WAIT_MS,
  orderedIssuance,
  RENEWAL_LEAD_MS,
  renewalOf,
  renewalRetry,
} from "./issuance.ts";

const DAY_MS = 24 * 3_600_000;
const NOW = Date.UTC(2026, 10, 21);
const issuance = orderedIssuance(
  {
    id: "one",
    secretId: "secret",
    at: { account: "a", instance: "i" },
    autoRotated: false,
    rotatesKeys: false,
    failures: 0,
  },
  undefined,
  NOW,
);

describe("when a certificate is renewed", () => {
  it.each([
    [90, 59],
    [398, 367],
    [62, 31],
    [45, 30],
    [6, 4],
    [1, 2 / 3],
  ])("is, of %d days of life, on day %d", (days, day) => {
    const certificate = { notBefore: NOW, notAfter: NOW + days * DAY_MS };
    expect(renewalOf(certificate)).toBe(NOW + day * DAY_MS);
  });

  it("is within its life and never more than 31 days before its end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 * DAY_MS }), (lifeMs) => {
        const at = renewalOf({ notBefore: NOW, notAfter: NOW + lifeMs });
        expect(at).toBeGreaterThanOrEqual(NOW);
        expect(at).toBeLessThanOrEqual(NOW + lifeMs);
        expect(NOW + lifeMs - at).toBeLessThanOrEqual(RENEWAL_LEAD_MS);
      }),
    );
  });

  it("is, after failures, an hour later, and then up to a day", () => {
    expect([1, 2, 5, 6, 60].map((failures) => renewalRetry(failures, NOW) - NOW)).toEqual(
      [1, 2, 16, 24, 24].map((hours) => hours * 3_600_000),
    );
  });
});

describe("a stage that has come to nothing", () => {
  it("is due again later each time, but no later than after an hour, or than the authority asks", () => {
    const wait = { firstMs: 60_000, atLeastMs: 0 };
    let at = issuance;
    const waits: number[] = [];
    for (let times = 0; times < 8; times++) {
      at = later(at, NOW, wait);
      waits.push((at.dueAt ?? 0) - NOW);
    }
    expect(waits.map((ms) => ms / 60_000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(waits.at(-1)).toBe(MAX_WAIT_MS);
    expect(later(issuance, NOW, { firstMs: 1, atLeastMs: DAY_MS }).dueAt).toBe(NOW + DAY_MS);
  });

  it("is given up after a day, or when the authority waits no longer", () => {
    expect(isGivenUp(issuance, NOW + GIVE_UP_AFTER_MS - 1)).toBe(false);
    expect(isGivenUp(issuance, NOW + GIVE_UP_AFTER_MS)).toBe(true);
    const expiring = { ...issuance, orderExpiresAt: NOW + 1_000 };
    expect(isGivenUp(expiring, NOW + 999)).toBe(false);
    expect(isGivenUp(expiring, NOW + 1_000)).toBe(true);
  });
});
