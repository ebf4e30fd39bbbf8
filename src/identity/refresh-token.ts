/**
 * What goes on with a session. Refresh tokens: opaque, bound to the client they were given to, good for one use. Each
 * use gives the next one of its session; one that comes a second time has been copied, and ends the session (RFC 9700,
 * section 4.14.2).
 */
import type { Millis } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { loginRefusal, type LoginFault } from "./api-key.ts";

/** A refresh token; or, never used up, the cookie by which a browser goes on with its session. */
export interface RefreshToken {
  /** SHA-256 of the token, or of the cookie, in hex: itself it is not kept. */
  readonly hash: string;
  /** The session it belongs to, and ends with. */
  readonly session: string;
  readonly clientId: string;
  readonly account: string;
  readonly expiresAt: Millis;
  readonly isUsed: boolean;
}

/** As long as IBM's: a session that is not refreshed for three days is over. */
export const REFRESH_TOKEN_LIFETIME_MS = 72 * 60 * 60 * 1_000;

/** The client of a caller that names none. It gets no refresh token: it has its API key at hand. */
export const DEFAULT_CLIENT_ID = "default";

/** What stands in place of a refresh token for the default client, as on IBM's wire. */
export const REFRESH_NOT_SUPPORTED = "not_supported";

/** Why the token gives nothing to this client now, or undefined. */
export function refreshRefusal(
  token: RefreshToken,
  { clientId, now }: { readonly clientId: string; readonly now: Millis },
): Refusal | undefined {
  // First: that there is a copy of it shows by whatever name it is brought.
  if (token.isUsed) {
    const details = { reason: "refresh-token-used" satisfies LoginFault, session: token.session };
    return new Refusal(
      "unauthenticated",
      "The refresh token has been used before: its session ends.",
      details,
    );
  }
  if (token.clientId !== clientId) {
    const sentence = "The refresh token was issued to another client.";
    return loginRefusal("refresh-token-of-another-client", sentence);
  }
  if (token.expiresAt <= now) {
    return loginRefusal("refresh-token-expired", "The refresh token has expired.");
  }
  return undefined;
}

/** IBM's clients switch accounts with a refresh token; here an identity belongs to one, and that may be named. */
export function accountRefusal(
  token: RefreshToken,
  account: string | undefined,
): Refusal | undefined {
  if (account === undefined || account === token.account) return undefined;
  const sentence = "The refresh token belongs to another account than the one asked for.";
  return loginRefusal("refresh-token-of-another-account", sentence);
}
