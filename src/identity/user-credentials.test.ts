import { describe, expect, it } from "vitest";
import {
  afterFailure,
  afterSuccess,
  FIRST_LOCK_OUT_MS,
  isLockedOut,
  MAX_LOCK_OUT_MS,
  MAX_LOGIN_FAILURES,
  noCredentials,
  type UserCredentials,
} from "./user-credentials.ts";

const none = noCredentials("account", "IBMid-1");

const failing = (times: number, from: UserCredentials, now: number): UserCredentials => {
  let credentials = from;
  for (let n = 0; n < times; n++) credentials = afterFailure(credentials, now);
  return credentials;
};

describe("the lock-out", () => {
  it("begins with the fifth login in a row that fails", () => {
    expect(failing(MAX_LOGIN_FAILURES - 1, none, 0).lockedUntil).toBeNull();
    const locked = failing(MAX_LOGIN_FAILURES, none, 0);
    expect(locked).toMatchObject({ failures: 5, lockedUntil: FIRST_LOCK_OUT_MS });
    expect(isLockedOut(locked, FIRST_LOCK_OUT_MS - 1)).toBe(true);
    expect(isLockedOut(locked, FIRST_LOCK_OUT_MS)).toBe(false);
  });

  it("is not made longer by guesses while it lasts", () => {
    const locked = failing(MAX_LOGIN_FAILURES, none, 0);
    expect(failing(100, locked, 1)).toEqual(locked);
  });

  it("lasts twice as long each time, and a day at most", () => {
    let credentials: UserCredentials = none;
    let now = 0;
    const lasted: number[] = [];
    for (let n = 0; n < 9; n++) {
      credentials = failing(MAX_LOGIN_FAILURES, credentials, now);
      lasted.push((credentials.lockedUntil ?? 0) - now);
      now = credentials.lockedUntil ?? 0;
    }
    expect(lasted.slice(0, 3)).toEqual([1, 2, 4].map((times) => times * FIRST_LOCK_OUT_MS));
    expect(lasted.slice(-2)).toEqual([MAX_LOCK_OUT_MS, MAX_LOCK_OUT_MS]);
  });

  it("is forgotten with a login that does not fail", () => {
    expect(afterSuccess(failing(MAX_LOGIN_FAILURES, none, 0))).toEqual(none);
  });
});
