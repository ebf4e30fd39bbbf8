/** A session: what one login opened, and every token that descends from it belongs to. */
import { randomId } from "../kernel/ids.ts";
import type { Millis } from "../kernel/clock.ts";

export interface Session {
  readonly id: string;
  readonly account: string;
  /** Who logged in: the IAM id of a user or a service ID. */
  readonly iamId: string;
  /** What was logged in with: the id of an API key, or the user's own IAM id for all that people log in with. */
  readonly credentialId: string;
  /** The session that this one came out of, by a passcode or as a trusted profile: it ends with that one. */
  readonly parent: string | null;
  readonly clientId: string;
  /** Of the login that opened it. */
  readonly grantType: string;
  /** The trusted profile it acts as (`Profile-…`), or null for whoever logged in. */
  readonly profile: string | null;
  /** Profiles that the claims of a federated login made it one of; they are not asked for again in a session. */
  readonly profilesByClaims: readonly string[];
  /** The realm of the identity provider that vouched for the login, or null. */
  readonly realm: string | null;
  readonly startedAt: Millis;
  /** Whatever is done with it: no token outlives this. */
  readonly endsAt: Millis;
  /** Logged out, replaced or revoked; its row is kept until its tokens have expired. */
  readonly isEnded: boolean;
}

/** What a new session is to know of the one that it comes out of. */
export type SessionOrigin = Pick<
  Session,
  "id" | "startedAt" | "endsAt" | "profilesByClaims" | "realm"
>;

/** Also of logins that leave no session behind: every access token names one. */
export function newSessionId(): string {
  return randomId();
}
