/** What a person logs in with besides API keys: a password and a second factor; and the lock-out of who guesses them. */
import type { Millis } from "../kernel/clock.ts";

export interface UserCredentials {
  readonly account: string;
  readonly iamId: string;
  /** argon2id, in the PHC string form; null while the user has none. */
  readonly password: string | null;
  readonly passwordSetAt: Millis | null;
  /** The key of the second factor (RFC 6238), sealed; null while there is none. */
  readonly totp: Uint8Array | null;
  /** Whether a code of it has been shown once; before that it is asked of nobody. */
  readonly isTotpConfirmed: boolean;
  /** The time step of the last code that was taken: no code is good twice (RFC 6238, section 5.2). */
  readonly lastTotpStep: number;
  /** Logins that failed since the last one that did not. */
  readonly failures: number;
  readonly lockedUntil: Millis | null;
}

/** What a user has before anything was set. */
export function noCredentials(account: string, iamId: string): UserCredentials {
  return {
    account,
    iamId,
    password: null,
    passwordSetAt: null,
    totp: null,
    isTotpConfirmed: false,
    lastTotpStep: 0,
    failures: 0,
    lockedUntil: null,
  };
}

/** How many logins in a row may fail: the last of them locks the user out. */
export const MAX_LOGIN_FAILURES = 5;
/** Of the first lock-out; each one after it, with no good login in between, lasts twice as long. */
export const FIRST_LOCK_OUT_MS = 15 * 60 * 1_000;
export const MAX_LOCK_OUT_MS = 24 * 60 * 60 * 1_000;

export function isLockedOut({ lockedUntil }: UserCredentials, now: Millis): boolean {
  return lockedUntil !== null && lockedUntil > now;
}

/**
 * The credentials after one more login that failed. Nothing is counted while the user is locked out: who keeps
 * guessing does not make it last longer.
 */
export function afterFailure(credentials: UserCredentials, now: Millis): UserCredentials {
  if (isLockedOut(credentials, now)) return credentials;
  const failures = credentials.failures + 1;
  if (failures % MAX_LOGIN_FAILURES !== 0) return { ...credentials, failures, lockedUntil: null };
  const doublings = failures / MAX_LOGIN_FAILURES - 1;
  const lastsMs = Math.min(FIRST_LOCK_OUT_MS * 2 ** doublings, MAX_LOCK_OUT_MS);
  return { ...credentials, failures, lockedUntil: now + lastsMs };
}

/** The credentials after a login that did not fail, or after an administrator let the user in again. */
export function afterSuccess(credentials: UserCredentials): UserCredentials {
  return { ...credentials, failures: 0, lockedUntil: null };
}
