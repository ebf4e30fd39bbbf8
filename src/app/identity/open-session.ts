/** Logging in as a client that names itself: good credentials, or the last refresh token, for an access token and the next one. */
import type { AccountSettings } from "../../identity/account-settings.ts";
import { credentialId, type Credential } from "../../identity/api-key.ts";
import { newSessionId, type Session } from "../../identity/session.ts";
import { TOKEN_SCOPE } from "../../identity/token-claims.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { changeOperation, type Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { nameOf } from "./caller.ts";
import { targetOf } from "./find.ts";
import {
  API_KEY_GRANT,
  locateByKey,
  locateByRefresh,
  type BadLogin,
  type GoodLogin,
  type IssuedTokens,
  type Login,
  type LoginInput,
} from "./login.ts";

/** Of a session that was opened with an API key, however often it is refreshed. */
export const MAX_KEY_SESSION_MS = 30 * 24 * 60 * 60 * 1_000;

/** Recorded as the login that it is: by a user's key, by a service ID's, or by a refresh token. */
export const openSession = changeOperation<LoginInput, Login, IssuedTokens>({
  name: "refreshtoken.login",
  forAnyone: true,
  locate(input, context) {
    return input.grant_type === API_KEY_GRANT
      ? locateByKey(input, context)
      : locateByRefresh(input, context);
  },
  async run(input, { subject: login }, context) {
    if (login.kind === "bad") {
      await endIfReplayed(login, context);
      return login.refusal;
    }
    return openedBy(login, input, context);
  },
});

export interface Opening {
  readonly client_id: string;
  readonly grant_type: string;
  /** Profiles that the claims of a federated login made it one of. */
  readonly profilesByClaims?: readonly string[];
  readonly realm?: string;
}

/** Opens a session for good credentials, or goes on with the one that a refresh token belongs to. */
export async function openedBy(
  login: GoodLogin,
  opening: Opening,
  context: Context<Transaction>,
): Promise<IssuedTokens> {
  const { store, capabilities, now } = context;
  await store.logins.forgetExpiredLogins(now);
  const settings = await store.identity.settings(login.credential.owner.account);
  const session = login.going?.session ?? (await begun(login, opening, { context, settings }));
  const issued = await capabilities.tokens.issue(login, {
    session: { id: session.id, beganAt: session.startedAt, isKept: true },
    clientId: opening.client_id,
    grantType: opening.grant_type,
    now,
    lifetimeS: Math.min(settings.accessTokenLifetimeS, Math.ceil((session.endsAt - now) / 1_000)),
  });
  return {
    accessToken: issued.token,
    refreshToken: await nextRefreshToken(login, session, { context, settings }),
    expiresInS: issued.expiresInS,
    expiration: issued.expiration,
    scope: TOKEN_SCOPE,
    apikeyId: login.credential.key?.id,
    session: session.id,
  };
}

interface Under {
  readonly context: Context<Transaction>;
  readonly settings: AccountSettings;
}

/** The oldest sessions end where an identity may have no more of them. */
async function begun(
  { credential, profile }: GoodLogin,
  opening: Opening,
  { context: { store, now }, settings }: Under,
): Promise<Session> {
  const { account, iamId } = credential.owner;
  const session: Session = {
    id: newSessionId(),
    account,
    iamId,
    credentialId: credentialId(credential),
    clientId: opening.client_id,
    grantType: opening.grant_type,
    profile: profile?.id ?? null,
    profilesByClaims: opening.profilesByClaims ?? [],
    realm: opening.realm ?? null,
    startedAt: now,
    endsAt: now + lifetimeMs(credential, settings),
    isEnded: false,
  };
  const { maxSessionsPerIdentity: most } = settings;
  if (most !== null) {
    const open = await store.logins.sessionsOf(account, iamId, now);
    for (const { id } of open.slice(0, Math.max(0, open.length + 1 - most))) {
      await store.logins.endSession(id);
    }
  }
  await store.logins.putSession(session);
  return session;
}

/** The account's settings bound the sessions of people; a program with an API key opens another one anyway. */
function lifetimeMs({ key }: Credential, { sessionLifetimeS }: AccountSettings): number {
  return key ? MAX_KEY_SESSION_MS : sessionLifetimeS * 1_000;
}

/** Uses up the token that was brought, and gives the next of its session; or the first of a new one. */
async function nextRefreshToken(
  { going, credential }: GoodLogin,
  session: Session,
  { context: { store, capabilities, now }, settings }: Under,
): Promise<Sensitive<string>> {
  const { value, hash } = capabilities.credentials.makeRefreshToken();
  if (going) await store.logins.useRefreshToken(going.used.hash);
  const isPerson = credential.key === null;
  const idleS = isPerson ? settings.sessionIdleS : settings.refreshTokenLifetimeS;
  const lifetimeS = Math.min(settings.refreshTokenLifetimeS, idleS);
  await store.logins.putRefreshToken({
    hash,
    session: session.id,
    clientId: session.clientId,
    account: session.account,
    expiresAt: Math.min(now + lifetimeS * 1_000, session.endsAt),
    isUsed: false,
  });
  return value;
}

/**
 * Somebody holds a copy of a refresh token that comes twice, and nobody can tell whose it is: all tokens of its session
 * are dropped (RFC 9700, section 4.14.2). The refusal stands in the operator's stream, the end of the session, which
 * the server decides on, in the trail of its account.
 */
export async function endIfReplayed(
  { replayed }: BadLogin,
  { store, call, also }: Context<Transaction>,
): Promise<void> {
  if (!replayed) return;
  const { session, credential } = replayed;
  const { owner, key } = credential;
  await store.logins.endSession(session.id);
  const inItsAccount = { ...call, place: { ...call.place, account: owner.account } };
  const id = owner.kind === "user" ? owner.iamId : owner.id;
  also({
    operation: "session.end",
    target: targetOf(inItsAccount, { kind: owner.kind, id, name: nameOf(owner) }),
    input: { session: session.id, because: "refresh-token-replayed" },
    output: { apikeyId: key?.id },
    caller: { kind: "internal", job: "sessions" },
  });
}
