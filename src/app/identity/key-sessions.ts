/** Sessions whose requests are signed: each has an access key of its own and a token, and ends like any other session. */
import {
  newAccessKey,
  newSessionToken,
  SESSION_PREFIX,
  type SessionTerms,
} from "../../identity/access-key.ts";
import { credentialId, type Credential } from "../../identity/api-key.ts";
import { DEFAULT_CLIENT_ID } from "../../identity/refresh-token.ts";
import { newSessionId, type Session } from "../../identity/session.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import { toRfc3339 } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import type { Identity } from "../call.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { keepAccessKey } from "./sealed-access-keys.ts";
import { makeRoomForSession } from "./sessions.ts";

/** AWS's bounds ("AWS Security Token Service API Reference"), in seconds. */
export const MIN_KEY_SESSION_S = 900;
export const MAX_USER_SESSION_S = 129_600;
export const DEFAULT_USER_SESSION_S = 43_200;
/** Of whoever stands for the account itself, and of a role that was assumed by a role. */
export const MAX_GUARDED_SESSION_S = 3_600;

/** The only answer in which the secret and the token are. */
export interface KeySession {
  readonly accessKeyId: string;
  readonly secret: Sensitive<string>;
  readonly token: Sensitive<string>;
  /** RFC 3339, to the second. */
  readonly expiration: string;
  readonly session: string;
}

export interface KeySessionTerms extends SessionTerms {
  readonly durationS: number;
}

/** What of the caller a session comes out of. */
export interface Opener {
  readonly caller: Identity;
  readonly credential: Credential;
  /** The session of the call; null for a lasting key. The new one ends when that one is ended. */
  readonly from: Session | null;
}

/** Refuses callers who have not signed, since nothing but a signed request makes a session of this kind. */
export async function openerOf({ caller, store }: Context<View>): Promise<Opener> {
  if (caller.kind !== "identity" || !caller.signedBy) {
    throw new Refusal("forbidden", "This is for callers who sign with an access key.");
  }
  const credential = await store.identity.credential(caller.credentialId);
  if (!credential) throw new Refusal("unauthenticated", "The access key is not known.");
  const from = caller.session ? ((await store.logins.session(caller.session.id)) ?? null) : null;
  return { caller, credential, from };
}

/** Whether the caller's own key ends with a session. */
export function isInSession({ caller }: Opener): boolean {
  return caller.credentialType === "session-key";
}

/** No session outlives the API key that it comes from; the oldest end where an identity may have no more of them. */
export async function openKeySession(
  { opener, profile }: { readonly opener: Opener; readonly profile: TrustedProfile | null },
  { durationS, ...terms }: KeySessionTerms,
  context: Context<Transaction>,
): Promise<KeySession> {
  const { store, now } = context;
  const { credential, from } = opener;
  const { account, iamId } = credential.owner;
  await store.logins.forgetExpiredLogins(now);
  await makeRoomForSession(credential, context);
  // Whole seconds, as clients are told.
  const wanted = Math.floor(now / 1_000) * 1_000 + durationS * 1_000;
  const endsAt = Math.min(wanted, credential.key?.expiresAt ?? Infinity);
  const session: Session = {
    id: newSessionId(),
    account,
    iamId,
    credentialId: credentialId(credential),
    parent: from?.id ?? null,
    clientId: DEFAULT_CLIENT_ID,
    grantType: GRANT_TYPES[terms.kind],
    profile: profile?.id ?? null,
    profilesByClaims: [],
    realm: null,
    startedAt: now,
    endsAt,
    isEnded: false,
  };
  await store.logins.putSession(session);
  const accessKey = newAccessKey(SESSION_PREFIX);
  const { value: token, hash: tokenHash } = newSessionToken();
  const of = { kind: "session", session: session.id, tokenHash, terms } as const;
  await keepAccessKey(accessKey, { account: profile?.account ?? account, of }, context);
  return {
    accessKeyId: accessKey.id,
    secret: accessKey.secret,
    token,
    expiration: toRfc3339(endsAt),
    session: session.id,
  };
}

const GRANT_TYPES: Readonly<Record<SessionTerms["kind"], string>> = {
  user: "access-key",
  role: "access-key-role",
  federated: "access-key-federation",
};
