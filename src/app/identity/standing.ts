/** What a session stands on: the credential it was opened with, and the trusted profile it acts as. */
import {
  credentialRefusal,
  hasEndedSince,
  loginRefusal,
  type Credential,
} from "../../identity/api-key.ts";
import type { Session } from "../../identity/session.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Refusal } from "../../kernel/errors.ts";
import type { View } from "../state.ts";

export interface Standing {
  readonly session: Session;
  readonly credential: Credential;
  /** Null for a session of whoever logged in, and where the profile is gone: `standingRefusal` tells. */
  readonly profile: TrustedProfile | null;
}

/**
 * Undefined when the session, or what it was opened with, is no longer there. A profile of another account than that of
 * whoever logged in is found where that account is named.
 */
export async function standingOf(
  id: string,
  view: View,
  profileAccount?: string,
): Promise<Standing | undefined> {
  const session = await view.logins.session(id);
  const credential = session && (await view.identity.credential(session.credentialId));
  if (!session || !credential) return undefined;
  const profile =
    session.profile === null
      ? undefined
      : await view.profiles.profile(profileAccount ?? session.account, session.profile);
  return { session, credential, profile: profile ?? null };
}

/** Why the session does not go on, or undefined when it does. */
export function standingRefusal(
  { session, credential, profile }: Standing,
  now: Millis,
): Refusal | undefined {
  const isOver =
    session.isEnded ||
    session.endsAt <= now ||
    hasEndedSince(credential, session.startedAt) ||
    (session.profile !== null && (!profile || session.startedAt < profile.sessionsSince));
  if (isOver) return loginRefusal("session-over", "The session is over.");
  return credentialRefusal(credential, now);
}
