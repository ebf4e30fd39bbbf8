/** What a person logs in with besides API keys: a password, a second factor, a one-time passcode; and the lock-out. */
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

/** A one-time passcode, for a command line: good once, and not for long. */
export interface Passcode {
  /** SHA-256, in hex. */
  readonly hash: string;
  readonly account: string;
  readonly iamId: string;
  /** The session it was asked for in: a passcode does not outlive it. */
  readonly session: string | null;
  readonly expiresAt: Millis;
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
