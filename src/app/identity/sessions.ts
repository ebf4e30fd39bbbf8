/** Sessions: how they begin, what they give out as they go on, and how the server ends one. */
import type { AccountSettings } from "../../identity/account-settings.ts";
import { credentialId, type Credential } from "../../identity/api-key.ts";
import { principalName } from "../../audit/render/dsv.ts";
import type { MadeCredential } from "../../identity/credentials.ts";
import { CONFIG } from "../../identity/documents/document.ts";
import { DEFAULT_CLIENT_ID } from "../../identity/refresh-token.ts";
import { newSessionId, type Session } from "../../identity/session.ts";
import { TOKEN_SCOPE } from "../../identity/token-claims.ts";
import type { Millis } from "../../kernel/clock.ts";
import type { Context } from "../operation.ts";
import { stillByClaims } from "../profiles/trust.ts";
import type { Transaction } from "../state.ts";
import { identityBehind, nameOf } from "./caller.ts";
import { targetOf } from "./find.ts";
import type { GoodLogin, IssuedTokens } from "./login.ts";

/** Of a session that was opened with an API key, however often it is refreshed. */
export const MAX_KEY_SESSION_MS = 30 * 24 * 60 * 60 * 1_000;

/** By what a session can be gone on with: the default client gets nothing, and logs in again. */
type Leaving = "nothing" | "refresh-token" | "cookie";

export interface Opening {
  readonly client_id: string;
  readonly grant_type: string;
  /** `cookie` after a login on a page; where it is not said, it depends on the client. */
  readonly leaves?: "cookie" | "nothing" | undefined;
  /** As in the input of a login. */
  readonly subject?: "principal" | undefined;
  readonly slides?: boolean | undefined;
  /** Profiles that the claims of a federated login made it one of. */
  readonly profilesByClaims?: readonly string[];
  readonly realm?: string;
}

interface Under {
  readonly context: Context<Transaction>;
  readonly settings: AccountSettings;
  readonly leaving: Leaving;
  /** How long a refresh token lasts that stays the same, where the account's configuration says so. */
  readonly slidingMs: number | null;
}

/** Opens a session for good credentials, or goes on with the one that was brought; spends what was brought. */
export async function openedBy(
  login: GoodLogin,
  opening: Opening,
  context: Context<Transaction>,
): Promise<IssuedTokens> {
  const { store, capabilities, now } = context;
  await store.logins.forgetExpiredLogins(now);
  const settings = await store.identity.settings(login.credential.owner.account);
  const leaving = leavingOf(login, opening);
  const slidingMs = opening.slides ? await slidingMsIn(login, context) : null;
  const under: Under = { context, settings, leaving, slidingMs };
  const session = login.going ?? (await begun(login, opening, under));
  const issued = await capabilities.tokens.issue(login, {
    session: { id: session.id, beganAt: session.startedAt, isKept: true },
    clientId: session.clientId,
    grantType: opening.grant_type,
    now,
    lifetimeS: Math.min(settings.accessTokenLifetimeS, Math.ceil((session.endsAt - now) / 1_000)),
    ...(opening.subject ? { subject: principalOf(login) } : {}),
  });
  await spend(login, session, under);
  const left = await leave(login, session, under);
  return {
    accessToken: issued.token,
    refreshToken: refreshTokenOf(login, left, leaving),
    cookie:
      leaving === "cookie" && left
        ? { value: left.value, expiresInS: Math.floor((session.endsAt - now) / 1_000) }
        : null,
    expiresInS: issued.expiresInS,
    expiration: issued.expiration,
    scope: TOKEN_SCOPE,
    apikeyId: login.credential.key?.id,
    session: session.id,
    ...(login.spent?.kind === "client" ? { usedCount: login.spent.after.content.usedCount } : {}),
  };
}

function leavingOf({ spent }: GoodLogin, { client_id, leaves }: Opening): Leaving {
  if (leaves) return leaves;
  // It has one still.
  const hasOne = spent?.kind === "cookie" || spent?.kind === "sliding-token";
  return client_id === DEFAULT_CLIENT_ID || hasOne ? "nothing" : "refresh-token";
}

function refreshTokenOf(
  { spent }: GoodLogin,
  left: MadeCredential | undefined,
  leaving: Leaving,
): IssuedTokens["refreshToken"] {
  if (spent?.kind === "sliding-token") return spent.value;
  return leaving === "refresh-token" && left ? left.value : null;
}

/** `users:bob`, `roles:deployers` */
function principalOf({ credential, profile }: GoodLogin): string {
  return principalName(identityBehind(credential, profile));
}

async function slidingMsIn(
  { credential: { owner } }: GoodLogin,
  { store }: Context<Transaction>,
): Promise<number | null> {
  const [config] = await store.items.allItems(CONFIG, owner.account);
  const hours = config?.content.refreshTokenTTLHours ?? 0;
  return hours > 0 ? hours * 3_600_000 : null;
}

async function begun(login: GoodLogin, opening: Opening, under: Under): Promise<Session> {
  const { credential, profile, from } = login;
  const { context } = under;
  const { store, now } = context;
  const { account, iamId } = credential.owner;
  const session: Session = {
    id: newSessionId(),
    account,
    iamId,
    credentialId: credentialId(credential),
    parent: from?.id ?? null,
    clientId: opening.client_id,
    grantType: opening.grant_type,
    profile: profile?.id ?? null,
    profilesByClaims:
      opening.profilesByClaims ?? (from ? await stillByClaims(from, account, store.profiles) : []),
    realm: opening.realm ?? login.realm ?? from?.realm ?? null,
    startedAt: now,
    endsAt: endOf(login, under),
    isEnded: false,
  };
  await makeRoomForSession(credential, context);
  await store.logins.putSession(session);
  return session;
}

/** The oldest sessions of an identity end where its account lets it have no more of them. */
export async function makeRoomForSession(
  credential: Credential,
  context: Context<Transaction>,
): Promise<void> {
  const { store, now } = context;
  const { account, iamId } = credential.owner;
  const { maxSessionsPerIdentity: most } = await store.identity.settings(account);
  if (most === null) return;
  const open = await store.logins.sessionsOf(account, iamId, now);
  for (const oldest of open.slice(0, Math.max(0, open.length + 1 - most))) {
    await endedByServer(oldest, { credential, because: "too-many-sessions" }, context);
  }
}

/**
 * The account's settings bound the sessions of people; a program with an API key opens another one anyway. What came
 * out of a session does not outlive it, and one that nothing goes on with lasts as long as its access token.
 */
function endOf(
  { credential, from, lifetimeS }: GoodLogin,
  { context, settings, leaving }: Under,
): Millis {
  const { now } = context;
  const ends = [now + (credential.key ? MAX_KEY_SESSION_MS : settings.sessionLifetimeS * 1_000)];
  if (leaving === "nothing") ends.push(now + settings.accessTokenLifetimeS * 1_000);
  if (lifetimeS !== undefined && lifetimeS !== null) ends.push(now + lifetimeS * 1_000);
  if (from) ends.push(from.endsAt);
  return Math.min(...ends);
}

async function spend(
  { spent, credential }: GoodLogin,
  session: Session,
  under: Under,
): Promise<void> {
  const { logins } = under.context.store;
  switch (spent?.kind) {
    case "refresh-token":
      return logins.useRefreshToken(spent.token.hash);
    case "cookie":
    case "sliding-token":
      return logins.putRefreshToken({
        ...spent.token,
        expiresAt: idleEnd(session, credential, under),
      });
    case "passcode":
      return logins.deletePasscode(spent.hash);
    case "password":
      return logins.putUserCredentials(spent.after);
    case "challenge":
      await logins.deleteCertificateChallenge(spent.id);
      if (spent.after) await logins.putUserCredentials(spent.after);
      return undefined;
    case "client":
      return under.context.store.items.putItem(spent.after);
    case undefined:
      return undefined;
  }
}

/** The next refresh token of the session, or its cookie. */
async function leave(
  { credential }: GoodLogin,
  session: Session,
  under: Under,
): Promise<MadeCredential | undefined> {
  const { context, leaving } = under;
  const { store, capabilities } = context;
  if (leaving === "nothing") return undefined;
  const { credentials } = capabilities;
  const made = leaving === "cookie" ? credentials.makeCookie() : credentials.makeRefreshToken();
  await store.logins.putRefreshToken({
    hash: made.hash,
    session: session.id,
    clientId: session.clientId,
    account: session.account,
    expiresAt: idleEnd(session, credential, under),
    isUsed: false,
  });
  return made;
}

/** When the session is over unless somebody goes on with it. */
function idleEnd(
  session: Session,
  { key }: Credential,
  { context, settings, slidingMs }: Under,
): Millis {
  if (slidingMs !== null) return Math.min(context.now + slidingMs, session.endsAt);
  const { refreshTokenLifetimeS, sessionIdleS } = settings;
  const idleS = key ? refreshTokenLifetimeS : Math.min(refreshTokenLifetimeS, sessionIdleS);
  return Math.min(context.now + idleS * 1_000, session.endsAt);
}

export interface EndedByServer {
  readonly credential: Credential;
  readonly because: string;
}

/** Ends a session that nobody logged out of, with an event in the trail of its account. */
export async function endedByServer(
  session: Session,
  { credential: { owner, key }, because }: EndedByServer,
  { store, call, also }: Context<Transaction>,
): Promise<void> {
  const endedSessions = await store.logins.endSession(session.id);
  const inItsAccount = { ...call, place: { ...call.place, account: owner.account } };
  const id = owner.kind === "user" ? owner.iamId : owner.id;
  also({
    operation: "session.end",
    target: targetOf(inItsAccount, { kind: owner.kind, id, name: nameOf(owner) }),
    input: { session: session.id, because },
    output: { apikeyId: key?.id, endedSessions },
    caller: { kind: "internal", job: "sessions" },
  });
}
